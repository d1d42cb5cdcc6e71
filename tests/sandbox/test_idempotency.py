"""Repeated v2 writes get the first answer; v1 has no such thing."""

import httpx
import pytest

from withallo_sandbox import NEW_YORK, SARAH, Sandbox

pytestmark = pytest.mark.anyio

PERSON = {"numbers": ["+33600000997"], "name": "Ada"}
KEY = {"idempotency-key": "order-1"}


async def test_repeated_write_is_answered_from_memory_and_done_once(api: httpx.AsyncClient, sandbox: Sandbox) -> None:
    before = len(sandbox.account.contacts)
    first = await api.post("/v2/api/crm/people", json=PERSON, headers=KEY)
    again = await api.post("/v2/api/crm/people", json=PERSON, headers=KEY)

    assert len(sandbox.account.contacts) == before + 1
    assert again.json() == first.json()
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"


async def test_key_on_another_route_is_409(api: httpx.AsyncClient) -> None:
    await api.post("/v2/api/crm/people", json=PERSON, headers=KEY)

    answer = await api.put(f"/v2/api/crm/people/{SARAH.person_id}", json={"name": "S"}, headers=KEY)

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "IDEMPOTENCY_KEY_REUSE")


async def test_refusal_does_not_use_the_key_up(api: httpx.AsyncClient) -> None:
    assert (await api.post("/v2/api/crm/people", json={"numbers": []}, headers=KEY)).status_code == 422

    assert (await api.post("/v2/api/crm/people", json=PERSON, headers=KEY)).status_code == 200


async def test_answer_is_kept_for_an_hour(api: httpx.AsyncClient, sandbox: Sandbox) -> None:
    await api.post("/v2/api/crm/people", json=PERSON, headers=KEY)
    sandbox.clock.advance(3601)

    answer = await api.post("/v2/api/crm/people", json=PERSON, headers=KEY)

    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "PERSON_ALREADY_EXISTS"


async def test_text_is_sent_twice_whatever_the_key(api: httpx.AsyncClient, sandbox: Sandbox) -> None:
    body = {"from": NEW_YORK.number, "to": SARAH.numbers[0], "message": "Hello"}
    for _ in range(2):
        assert (await api.post("/v1/api/sms", json=body, headers=KEY)).status_code == 200

    assert [message.content for message in sandbox.sent] == ["Hello", "Hello"]
