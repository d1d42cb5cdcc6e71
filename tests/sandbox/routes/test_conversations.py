"""Conversations and items on v2."""

from typing import Any
from urllib.parse import quote

import httpx
import pytest

from withallo_sandbox import (
    AGREEMENT,
    CLAIRE,
    JULIEN,
    LONG_CALL_ID,
    LYON,
    MARIE,
    NEW_YORK,
    PARIS,
    ROBERT,
    SARAH,
    ZOE,
    Sandbox,
    Variants,
)

pytestmark = pytest.mark.anyio


async def conversations(api: httpx.AsyncClient, **params: str | int) -> dict[str, Any]:
    answer: dict[str, Any] = (await api.get("/v2/api/conversations", params=params)).json()
    return answer


async def test_conversations_of_a_line_come_newest_first(api: httpx.AsyncClient) -> None:
    answer = await conversations(api, allo_number=NEW_YORK.number, size=5)

    dates = [row["last_activity"] for row in answer["data"]]
    assert dates == sorted(dates, reverse=True)
    assert answer["pagination"]["has_more"] is True
    assert all(row["last_item"]["allo_number"] == NEW_YORK.number for row in answer["data"])
    assert "anonymous" not in {row["contact_number"] for row in answer["data"]}


async def test_unread_and_recent_conversations_can_be_asked_for(api: httpx.AsyncClient) -> None:
    everything = (await conversations(api, allo_number=LYON.number))["pagination"]["total_count"]
    unread = await conversations(api, allo_number=LYON.number, unread="true")
    recent = await conversations(api, allo_number=LYON.number, last_activity_since="2026-03-02T00:00:00Z")

    assert MARIE.numbers[0] in {row["contact_number"] for row in unread["data"]}
    assert 0 < unread["pagination"]["total_count"] < everything
    assert all(row["last_activity"] >= "2026-03-02" for row in recent["data"])


async def test_reading_and_archiving_change_the_list(api: httpx.AsyncClient) -> None:
    path = f"/v2/api/conversations/{quote(MARIE.numbers[0])}/action"

    async def numbers(**params: str) -> set[str]:
        rows = (await conversations(api, allo_number=LYON.number, size=100, **params))["data"]
        return {row["contact_number"] for row in rows}

    assert (await api.put(path, json={"action": "READ"})).status_code == 200
    assert MARIE.numbers[0] not in await numbers(unread="true")
    await api.put(path, json={"action": "UNREAD", "allo_number": LYON.number})
    assert MARIE.numbers[0] in await numbers(unread="true")
    await api.put(path, json={"action": "ARCHIVE"})
    assert MARIE.numbers[0] not in await numbers()
    await api.put(path, json={"action": "UNARCHIVE"})
    assert MARIE.numbers[0] in await numbers()


async def test_unknown_action_and_raw_plus_are_refused(api: httpx.AsyncClient) -> None:
    good = f"/v2/api/conversations/{quote(MARIE.numbers[0])}/action"
    unknown = await api.put(good, json={"action": "DELETE"})
    raw = await api.put(f"/v2/api/conversations/{MARIE.numbers[0]}/action", json={"action": "READ"})

    assert (unknown.status_code, unknown.json()["error"]["code"]) == (400, "INVALID_ACTION")
    assert (raw.status_code, raw.json()["error"]["code"]) == (400, "INVALID_PHONE_FORMAT")


async def test_item_shows_its_transcript_only_when_asked(api: httpx.AsyncClient) -> None:
    path = f"/v2/api/conversations/items/{LONG_CALL_ID}"
    plain = (await api.get(path)).json()["data"]
    full = (await api.get(path, params={"extend": "transcript"})).json()["data"]

    assert plain["transcript"] is None
    assert plain["duration"] == 49 * 60
    assert AGREEMENT not in plain["summary"]
    [agreed] = [row for row in full["transcript"] if row["text"] == AGREEMENT]
    assert agreed["start_seconds"] > 48 * 60
    assert plain["date"].endswith("Z")


async def test_members_of_the_other_kind_are_null(api: httpx.AsyncClient) -> None:
    body = {"contact_number": ROBERT.numbers[0], "type": "SMS"}
    message = (await api.post("/v2/api/conversations/items/search", json=body)).json()["data"][0]
    call = (await api.get(f"/v2/api/conversations/items/{LONG_CALL_ID}")).json()["data"]

    assert all(message[name] is None for name in ("duration", "result", "summary", "tags", "recording_url"))
    assert message["message_type"] == "SMS"
    assert all(call[name] is None for name in ("content", "status", "message_type"))
    assert call["contacts"][0]["id"] == SARAH.card_id
    assert call["contacts"][0]["deals"][0]["status"] == "OPEN"


async def test_shared_number_shows_everybody_who_has_it(api: httpx.AsyncClient) -> None:
    body = {"contact_number": CLAIRE.numbers[0], "size": 1}

    [item] = (await api.post("/v2/api/conversations/items/search", json=body)).json()["data"]

    assert [card["id"] for card in item["contacts"]] == [CLAIRE.card_id, JULIEN.card_id]


async def test_batch_keeps_the_order_and_leaves_out_what_nobody_has(api: httpx.AsyncClient) -> None:
    search = await api.post("/v2/api/conversations/items/search", json={"size": 3})
    ids = [item["id"] for item in search.json()["data"]]

    asked = [*reversed(ids), "cll-00000000"]
    answer = await api.post("/v2/api/conversations/items/batch", json={"ids": asked})

    assert [item["id"] for item in answer.json()["data"]] == list(reversed(ids))


@pytest.mark.parametrize(
    ("ids", "code"),
    [(["cll-0"] * 101, "BATCH_TOO_LARGE"), (["call_1"], "INVALID_ITEM_ID"), ([], "INVALID_REQUEST_BODY")],
)
async def test_batch_refuses_too_many_and_wrong_ids(api: httpx.AsyncClient, ids: list[str], code: str) -> None:
    answer = await api.post("/v2/api/conversations/items/batch", json={"ids": ids})

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


async def test_summary_is_replaced_and_counted(api: httpx.AsyncClient) -> None:
    path = f"/v2/api/conversations/items/{LONG_CALL_ID}"
    first = (await api.patch(f"{path}/summary", json={"content": "# Kurz"})).json()["data"]
    second = (await api.patch(f"{path}/summary", json={"content": "# Recap"})).json()["data"]

    assert (first["version"], second["version"]) == (2, 3)
    assert (await api.get(path)).json()["data"]["summary"] == "# Recap"


async def test_only_calls_have_summaries_and_tags(api: httpx.AsyncClient) -> None:
    [text] = (await api.post("/v2/api/conversations/items/search", json={"type": "SMS", "size": 1})).json()["data"]

    for answer in (
        await api.patch(f"/v2/api/conversations/items/{text['id']}/summary", json={"content": "x"}),
        await api.post(f"/v2/api/conversations/items/{text['id']}/tags", json={"tags": ["vip"]}),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_ITEM_ID")


async def test_tags_go_on_and_off(api: httpx.AsyncClient) -> None:
    path = f"/v2/api/conversations/items/{LONG_CALL_ID}/tags"
    added = (await api.post(path, json={"tags": ["vip", "invoice", "vip"]})).json()["data"]["tags"]
    removed = (await api.delete(f"{path}/vip")).json()["data"]["tags"]

    assert added == ["quote_requested", "vip", "invoice"]
    assert removed == ["quote_requested", "invoice"]
    assert (await api.delete(f"{path}/vip")).json()["error"]["code"] == "TAG_NOT_FOUND"
    assert (await api.post(path, json={"tags": ["nope"]})).json()["error"]["code"] == "TAG_NOT_FOUND"
    assert (await api.post(path, json={"tags": []})).json()["error"]["code"] == "TAGS_REQUIRED"


async def test_unknown_item_is_404(api: httpx.AsyncClient) -> None:
    answer = await api.get("/v2/api/conversations/items/cll-00000000")

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "CONVERSATION_ITEM_NOT_FOUND")


async def test_items_follow_the_spelling_of_the_variant(api: httpx.AsyncClient, sandbox: Sandbox) -> None:
    [missed] = (await api.post("/v2/api/conversations/items/search", json={"result": "MISSED", "size": 1})).json()[
        "data"
    ]
    path = f"/v2/api/conversations/items/{missed['id']}"

    sandbox.state.variants = Variants(enums="documented")
    documented = (await api.get(path)).json()["data"]["result"]
    sandbox.state.variants = Variants(enums="peer")
    texts = await api.post("/v2/api/conversations/items/search", json={"type": "TEXT_MESSAGE", "size": 1})

    assert documented == "VOICEMAIL"
    assert texts.json()["data"][0]["type"] == "TEXT_MESSAGE"


async def test_fresh_text_is_sent_and_then_delivered(api: httpx.AsyncClient, sandbox: Sandbox) -> None:
    await api.post("/v1/api/sms", json={"from": NEW_YORK.number, "to": SARAH.numbers[0], "message": "Hi"})
    body = {"contact_number": SARAH.numbers[0], "size": 1}

    fresh = (await api.post("/v2/api/conversations/items/search", json=body)).json()["data"][0]["status"]
    sandbox.clock.advance(10)
    later = (await api.post("/v2/api/conversations/items/search", json=body)).json()["data"][0]["status"]

    assert (fresh, later) == ("SENT", "DELIVERED")


async def test_line_without_any_item_has_no_conversations(api: httpx.AsyncClient) -> None:
    answer = await conversations(api, allo_number="+12125550177")

    assert answer["data"] == []
    assert answer["pagination"]["total_pages"] == 0
    assert ZOE.numbers[0] not in str(answer)
    assert PARIS.number not in str(answer)
