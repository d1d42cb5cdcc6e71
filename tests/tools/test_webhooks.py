"""Webhooks of both versions are listed together, created with their secret shown once, and deleted by id."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.tools.conftest import OpenWorld, World


@pytest.mark.anyio
async def test_a_v2_endpoint_is_created_with_its_secret_once_and_deleted(world: "World") -> None:
    made = await world.facts("create_webhook", url="https://hooks.example/v2", topics=["call.completed"])
    secret = made["signing_secret"]
    assert secret.startswith("whsec_")
    assert made["webhook"]["id"].startswith("ep_")
    assert any("https://hooks.example/v2" in question for question in world.asked)
    listed = await world.call("list_webhooks")
    assert f"{made['webhook']['id']} | v2, signed, all lines | https://hooks.example/v2 | call.completed" in listed
    assert secret not in listed
    assert made["webhook"]["id"] in await world.call("delete_webhook", webhook_id=made["webhook"]["id"])
    assert "https://hooks.example/v2" not in await world.call("list_webhooks")


@pytest.mark.anyio
async def test_the_answer_says_what_to_do_with_the_secret(modern: "World") -> None:
    text = await modern.call("create_webhook", url="https://hooks.example/s", topics=["sms.received"])
    assert "ALLO_WEBHOOK_SECRETS" in text
    assert "Shown once" in text


@pytest.mark.anyio
async def test_a_v1_webhook_covers_one_line_and_shows_its_id_once(modern: "World") -> None:
    arguments = {"url": "https://hooks.example/v1", "topics": ["CALL_RECEIVED"], "allo_number": "(212) 555-0100"}
    made = await modern.facts("create_webhook", **arguments)
    assert (made["webhook"]["kind"], made["webhook"]["line"]) == ("v1", "+12125550100")
    assert "signing_secret" not in made
    assert "id unknown | v1, unsigned, +12125550100 | https://hooks.example/v1" in await modern.call("list_webhooks")
    assert (await modern.facts("delete_webhook", webhook_id=made["webhook"]["id"]))["state"] == "sent"


@pytest.mark.anyio
async def test_what_cannot_be_done_is_said(modern: "World") -> None:
    assert "neither ep_… (v2) nor web-… (v1)" in await modern.refusal("delete_webhook", webhook_id="x1")
    assert not modern.asked
    assert "WEBHOOK_NOT_FOUND" in await modern.refusal("delete_webhook", webhook_id="web-nope")
    assert "Delete the webhook web-nope" in modern.asked[-1], "v1 lists no ids, so only Allo can tell"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"topics": ["no.such.topic"]}, "there is no no.such.topic. Possible: call.received"),
        ({"topics": ["SMS_RECEIVED"]}, "Those are v1 names: they need allo_number"),
        ({"topics": ["sms.received"], "allo_number": "+12125550100"}, "Those are v2 names: leave out allo_number"),
        ({"topics": []}, "topics"),
        ({"topics": [" "]}, "topics"),
        ({"url": "not a url"}, "url"),
        ({"url": "http://hooks.example/x"}, "url"),
        ({"url": "https://127.0.0.1/x"}, "not on the public internet"),
        ({"url": "https://192.168.1.20/x"}, "not on the public internet"),
        ({"url": "https://127.1/x"}, "not on the public internet"),
        ({"url": "https://0x7f.0x1/x"}, "not on the public internet"),
        ({"url": "https://169.254.43518/x"}, "not on the public internet"),
        ({"url": "https://[::1]/x"}, "not on the public internet"),
        ({"url": "https://localhost:8787/x"}, "not on the public internet"),
        ({"url": "https://printer.local/x"}, "not on the public internet"),
        ({"allo_number": "+12125550199", "topics": ["SMS_RECEIVED"]}, "no line of yours"),
        ({"idempotency_key": "two words"}, "idempotency_key"),
        ({"idempotency_key": "clé"}, "idempotency_key"),
    ],
)
async def test_a_wrong_webhook_is_refused_before_anybody_is_asked(
    modern: "World", wrong: dict[str, Any], problem: str
) -> None:
    right = {"url": "https://hooks.example/x", "topics": ["sms.received"]}
    assert problem in await modern.refusal("create_webhook", **{**right, **wrong})
    assert not modern.asked


@pytest.mark.anyio
@pytest.mark.parametrize("webhook_id", ["ep_nope", "ep", "web-", "ep_../../me", "ep_1 2", "x" * 500])
async def test_an_endpoint_that_is_not_there_is_not_asked_about(modern: "World", webhook_id: str) -> None:
    assert "webhook_id" in await modern.refusal("delete_webhook", webhook_id=webhook_id)
    assert not modern.asked


@pytest.mark.anyio
async def test_the_webhook_that_a_v1_one_takes_the_place_of_is_shown(open_world: "OpenWorld") -> None:
    async with open_world() as world:
        line = {"allo_number": "+12125550100", "topics": ["SMS_RECEIVED"]}
        await world.facts("create_webhook", url="https://hooks.example/first", **line)
        await world.facts("create_webhook", url="https://hooks.example/second", **line)
        assert ["Replaces: https://hooks.example/first" in each for each in world.asked] == [False, True]


@pytest.mark.anyio
async def test_a_secret_in_an_address_is_not_shown(modern: "World") -> None:
    url = "https://user:pw-canary@hooks.example:8443/allo/7f3a9c12b4d5e6f7a8b9?token=q-canary"
    text = await modern.call("create_webhook", url=url, topics=["sms.sent"])
    text += await modern.call("list_webhooks")
    assert "https://hooks.example:8443/allo/…?…" in text
    assert not [secret for secret in ("pw-canary", "q-canary", "7f3a9c12b4d5e6f7a8b9") if secret in text]
    assert any("7f3a9c12b4d5e6f7a8b9" in question for question in modern.asked)


@pytest.mark.anyio
async def test_the_human_sees_whose_address_it_is_whatever_stands_before_it(modern: "World") -> None:
    await modern.facts("create_webhook", url="https://app.withallo.com@hooks.example/x", topics=["sms.sent"])
    assert "Host: hooks.example" in modern.asked[-1]
