import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import respx

from withallo_client import AlloClient, InvalidArgumentError, ItemFilter, NotFoundError, ValidationError

pytestmark = pytest.mark.anyio

CALL = {
    "id": "cll-1",
    "type": "CALL",
    "direction": "INBOUND",
    "allo_number": "+14155550100",
    "contact_number": "+14155550177",
    "contacts": [{"id": "cnt-1", "name": "Marie", "company": None, "deals": None}],
    "user": {"id": "usr-1", "name": "Ada"},
    "date": "2026-03-02T09:15:00Z",
    "duration": 61,
    "result": "ANSWERED",
    "recording_url": None,
    "summary": "A quote.",
    "tags": ["vip"],
    "transcript": None,
    "content": None,
    "extracted_data": {"contact": {"name": "null"}},
}
TEXT = {
    "id": "msg-1",
    "type": "TEXT_MESSAGE",
    "direction": "OUTBOUND",
    "date": "2026-03-02T09:10:00",
    "content": "Hi",
    "status": "DELIVERED",
    "message_type": "SMS",
    "tags": None,
    "contacts": None,
}
PAGINATION = {"page": 1, "size": 20, "total_count": 2, "total_pages": 1, "has_more": False}


async def test_list_asks_for_the_inbox_of_a_line(allo: AlloClient, api: respx.MockRouter) -> None:
    row = {"contact_number": "+14155550177", "contacts": [], "last_activity": "2026-03-02T09:15:00Z", "last_item": TEXT}
    route = api.get("/v2/api/conversations").respond(json={"data": [row], "pagination": PAGINATION})
    since = datetime(2026, 3, 1, 1, 0, tzinfo=timezone(timedelta(hours=1)))

    found = await allo.conversations.list("+14155550100", since, unread=True, page=1, size=5)

    assert route.calls.last.request.url.raw_path == (
        b"/v2/api/conversations?allo_number=%2B14155550100&last_activity_since=2026-03-01T00%3A00%3A00Z"
        b"&unread=true&page=1&size=5"
    )
    assert (found.page, found.total_count, found.has_more) == (1, 2, False)
    assert found.items[0].last_item is not None
    assert (found.items[0].last_item.kind, found.items[0].last_item.content) == ("SMS", "Hi")


async def test_list_wants_a_time_with_a_zone(allo: AlloClient, api: respx.MockRouter) -> None:
    with pytest.raises(InvalidArgumentError):
        await allo.conversations.list("+14155550100", datetime(2026, 3, 1))  # noqa: DTZ001 # the mistake under test

    assert not api.calls


async def test_search_posts_every_filter_in_the_documented_form(allo: AlloClient, api: respx.MockRouter) -> None:
    recorded = {**CALL, "recording_url": "https://api.withallo.com/v1/assets/recordings/1"}
    route = api.post("/v2/api/conversations/items/search").respond(json={"data": [recorded], "pagination": PAGINATION})
    wanted = ItemFilter(
        allo_number="+14155550100",
        contact_number="+14155550177",
        user_id="usr-1",
        direction="INBOUND",
        type="CALL",
        result="ANSWERED",
        tags=("vip",),
        unread=False,
        unresponded=True,
        has_recording=True,
        search="quote",
        since=datetime(2026, 3, 1, tzinfo=UTC),
        until=datetime(2026, 3, 3, tzinfo=UTC),
        sort="RELEVANCE",
    )

    found = await allo.conversations.search(wanted, page=2, size=50, extend="transcript")

    request = route.calls.last.request
    assert request.url.raw_path == b"/v2/api/conversations/items/search"
    assert json.loads(request.content) == {
        "allo_number": "+14155550100",
        "contact_number": "+14155550177",
        "user_id": "usr-1",
        "direction": "INBOUND",
        "type": "CALL",
        "result": "ANSWERED",
        "tags": ["vip"],
        "unread": False,
        "unresponded": True,
        "has_recording": True,
        "search": "quote",
        "date": {"from": "2026-03-01", "to": "2026-03-02"},
        "sort": "RELEVANCE",
        "extend": "transcript",
        "page": 2,
        "size": 50,
    }
    assert (len(found.items), found.page, found.filtered, found.total_count) == (1, 2, False, 2)


async def test_search_without_a_filter_sends_paging_alone(allo: AlloClient, api: respx.MockRouter) -> None:
    route = api.post("/v2/api/conversations/items/search").respond(
        json={"data": [CALL, TEXT], "pagination": PAGINATION}
    )

    found = await allo.conversations.search(ItemFilter())

    assert json.loads(route.calls.last.request.content) == {"page": 1, "size": 20}
    call, text = found.items
    assert (call.kind, call.duration, call.tags, call.contacts[0].name) == ("CALL", 61, ("vip",), "Marie")
    assert (text.kind, text.tags, text.contacts, text.status) == ("SMS", (), (), "DELIVERED")
    assert text.date == datetime(2026, 3, 2, 9, 10, tzinfo=UTC)


async def test_get_reads_one_item(allo: AlloClient, api: respx.MockRouter) -> None:
    line = {"source": "EXTERNAL", "time": "2026-03-02T09:15:03Z", "text": "Hello", "start_seconds": 3.5}
    route = api.get("/v2/api/conversations/items/cll-1").respond(json={"data": {**CALL, "transcript": [line]}})

    item = await allo.conversations.get("cll-1", extend="transcript")

    assert route.calls.last.request.url.raw_path == b"/v2/api/conversations/items/cll-1?extend=transcript"
    assert item.transcript is not None
    assert (item.transcript[0].text, item.transcript[0].start_seconds) == ("Hello", 3.5)


async def test_batch_posts_ids(allo: AlloClient, api: respx.MockRouter) -> None:
    route = api.post("/v2/api/conversations/items/batch").respond(json={"data": [CALL, TEXT]})

    items = await allo.conversations.batch(["cll-1", "msg-1"], extend="transcript")

    assert json.loads(route.calls.last.request.content) == {"ids": ["cll-1", "msg-1"], "extend": "transcript"}
    assert [item.id for item in items] == ["cll-1", "msg-1"]


@pytest.mark.parametrize("ids", [[], ["cll-1"] * 101, "cll-1", [""]])
async def test_batch_refuses_too_few_and_too_many(allo: AlloClient, api: respx.MockRouter, ids: Any) -> None:
    with pytest.raises(InvalidArgumentError):
        await allo.conversations.batch(ids)

    assert not api.calls


async def test_update_summary_patches_the_whole_text(allo: AlloClient, api: respx.MockRouter) -> None:
    route = api.patch("/v2/api/conversations/items/cll-1/summary").respond(
        json={
            "data": {
                "id": "cll-1",
                "content": "# Recap",
                "version": 2,
                "updated_at": "2026-03-02T10:00:00",
                "updated_by": {"id": "usr-1", "name": None},
            }
        }
    )

    summary = await allo.conversations.update_summary("cll-1", "# Recap", "MARKDOWN_CLASSIC", idempotency_key="key-1")

    request = route.calls.last.request
    assert request.url.raw_path == b"/v2/api/conversations/items/cll-1/summary"
    assert json.loads(request.content) == {"content": "# Recap", "template_key": "MARKDOWN_CLASSIC"}
    assert request.headers["Idempotency-Key"] == "key-1"
    assert (summary.version, summary.content) == (2, "# Recap")


async def test_a_summary_of_a_message_is_refused_by_allo(allo: AlloClient, api: respx.MockRouter) -> None:
    api.patch("/v2/api/conversations/items/msg-1/summary").respond(
        400, json={"error": {"type": "validation_error", "code": "INVALID_ITEM_ID", "message": "no", "param": "id"}}
    )

    with pytest.raises(ValidationError) as caught:
        await allo.conversations.update_summary("msg-1", "# Recap")

    assert caught.value.code == "INVALID_ITEM_ID"


async def test_mark_puts_the_action_with_the_plus_sign_encoded(allo: AlloClient, api: respx.MockRouter) -> None:
    route = api.put(path__startswith="/v2/api/conversations/").respond(200)

    await allo.conversations.mark("+14155550177", "ARCHIVE", "+14155550100", idempotency_key="key-2")

    request = route.calls.last.request
    assert request.url.raw_path == b"/v2/api/conversations/%2B14155550177/action"
    assert json.loads(request.content) == {"action": "ARCHIVE", "allo_number": "+14155550100"}
    assert request.headers["Idempotency-Key"] == "key-2"


async def test_add_tags_posts_keys(allo: AlloClient, api: respx.MockRouter) -> None:
    route = api.post("/v2/api/conversations/items/cll-1/tags").respond(200)

    await allo.conversations.add_tags("cll-1", ["vip"], idempotency_key="key-3")

    request = route.calls.last.request
    assert json.loads(request.content) == {"tags": ["vip"]}
    assert request.headers["Idempotency-Key"] == "key-3"


async def test_remove_tag_encodes_the_tag(allo: AlloClient, api: respx.MockRouter) -> None:
    route = api.delete(path__startswith="/v2/api/conversations/items/cll-1/tags/").respond(200)

    await allo.conversations.remove_tag("cll-1", "à rappeler/vite", idempotency_key="key-4")

    request = route.calls.last.request
    assert request.url.raw_path == b"/v2/api/conversations/items/cll-1/tags/%C3%A0%20rappeler%2Fvite"
    assert request.headers["Idempotency-Key"] == "key-4"


async def test_an_unknown_tag_is_not_found(allo: AlloClient, api: respx.MockRouter) -> None:
    api.delete("/v2/api/conversations/items/cll-1/tags/x").respond(404, json={"error": {"code": "TAG_NOT_FOUND"}})

    with pytest.raises(NotFoundError):
        await allo.conversations.remove_tag("cll-1", "x")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"direction": "SIDEWAYS"}, "direction"),
        ({"type": "TEXT_MESSAGE"}, "type"),
        ({"result": "BUSY"}, "result"),
        ({"sort": "RECENT"}, "sort"),
        ({"search": ""}, "search"),
        ({"tags": "vip"}, "tags"),
        ({"since": datetime(2026, 3, 1)}, "since"),  # noqa: DTZ001 # the mistake under test
        ({"since": datetime(2026, 3, 2, tzinfo=UTC), "until": datetime(2026, 3, 2, tzinfo=UTC)}, "since"),
    ],
)
def test_a_filter_refuses_what_the_search_does_not_take(given: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        ItemFilter(**given)

    assert caught.value.field == field


async def test_unknown_actions_extensions_and_templates_are_refused(allo: AlloClient, api: respx.MockRouter) -> None:
    wrong: Any = "EVERYTHING"
    with pytest.raises(InvalidArgumentError):
        await allo.conversations.mark("+14155550177", wrong)
    with pytest.raises(InvalidArgumentError):
        await allo.conversations.get("cll-1", extend=wrong)
    with pytest.raises(InvalidArgumentError):
        await allo.conversations.update_summary("cll-1", "text", wrong)
    with pytest.raises(InvalidArgumentError):
        await allo.conversations.update_summary("cll-1", "x" * 100_001)

    assert not api.calls
