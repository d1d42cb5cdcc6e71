from datetime import UTC, datetime
from typing import Any

import pytest
import respx

from withallo_client import AlloClient, InvalidArgumentError

pytestmark = pytest.mark.anyio

CALL = {
    "id": "call_1",
    "from_number": "anonymous",
    "to_number": None,
    "length_in_minutes": 4.2,
    "type": "INBOUND",
    "summary": "Asked for a quote.",
    "tag": None,
    "recording_url": "https://api.withallo.com/v1/assets/recordings/1",
    "start_date": "2026-03-02T09:15:00",
    "transcript": [{"source": "EXTERNAL", "text": "Hello", "time": "2026-03-02T09:15:03", "start_seconds": 3}],
}


def page(*rows: dict[str, Any], **counters: Any) -> dict[str, Any]:
    return {"data": {"results": list(rows), "metadata": counters}}


async def test_search_asks_for_one_line_with_paging(allo: AlloClient, api: respx.MockRouter) -> None:
    route = api.get("/v1/api/calls").respond(json=page(CALL, total_pages=3, current_page=0))

    found = await allo.calls.search("+14155550100")

    assert route.calls.last.request.url.raw_path == b"/v1/api/calls?allo_number=%2B14155550100&page=0&size=10"
    assert (found.page, found.total_pages, found.has_more, found.total_count) == (0, 3, True, None)
    call = found.items[0]
    assert (call.id, call.from_number, call.to_number, call.direction) == ("call_1", "anonymous", None, "INBOUND")
    assert call.result is None
    assert call.start_date == datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
    assert call.transcript is not None
    assert (call.transcript[0].source, call.transcript[0].start_seconds) == ("EXTERNAL", 3)


async def test_search_narrows_to_a_contact(allo: AlloClient, api: respx.MockRouter) -> None:
    route = api.get("/v1/api/calls").respond(json=page(total_pages=0, current_page=2))

    found = await allo.calls.search("+14155550100", "+0987654321", page=2, size=100)

    assert route.calls.last.request.url.raw_path == (
        b"/v1/api/calls?allo_number=%2B14155550100&contact_number=%2B0987654321&page=2&size=100"
    )
    assert (found.items, found.page, found.has_more) == ([], 2, False)


@pytest.mark.parametrize(
    "metadata",
    [
        {"total_pages": 2, "current_page": 0},
        {"pagination": {"total_pages": 2, "current_page": 0}},
    ],
)
async def test_both_nestings_of_the_counters_are_read(
    allo: AlloClient, api: respx.MockRouter, metadata: dict[str, Any]
) -> None:
    api.get("/v1/api/calls").respond(json={"data": {"results": [CALL], "metadata": metadata}})

    found = await allo.calls.search("+14155550100")

    assert (found.total_pages, found.has_more) == (2, True)


async def test_without_counters_a_full_page_may_be_followed_by_another(allo: AlloClient, api: respx.MockRouter) -> None:
    api.get("/v1/api/calls").respond(json={"data": {"results": [CALL], "metadata": None}})

    assert (await allo.calls.search("+14155550100", size=1)).has_more is True
    assert (await allo.calls.search("+14155550100", size=2)).has_more is False


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"allo_number": "0612345678"}, "allo_number"),
        ({"allo_number": ""}, "allo_number"),
        ({"allo_number": "+14155550100\n"}, "allo_number"),
        ({"contact_number": " "}, "contact_number"),
        ({"page": -1}, "page"),
        ({"page": True}, "page"),
        ({"size": 0}, "size"),
        ({"size": 101}, "size"),
    ],
)
async def test_search_refuses_what_the_route_does_not_take(
    allo: AlloClient, api: respx.MockRouter, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        await allo.calls.search(**{"allo_number": "+14155550100", **given})

    assert caught.value.field == field
    assert not api.calls


@pytest.mark.parametrize("length", ["nan", "inf", "-inf", 1e300, -1, "long", [], {}])
async def test_a_call_keeps_all_but_a_length_that_is_none(allo: AlloClient, api: respx.MockRouter, length: Any) -> None:
    line = {"text": None, "time": "00:12", "start_seconds": length}
    odd = {**CALL, "length_in_minutes": length, "start_date": "yesterday", "transcript": [line, None], "tags": [None]}
    api.get("/v1/api/calls").respond(json=page(odd, CALL))

    first, second = (await allo.calls.search("+14155550100")).items

    assert (first.id, first.length_in_minutes, first.start_date, first.tags) == ("call_1", None, None, ())
    assert first.transcript is not None
    assert [(line.text, line.time, line.start_seconds) for line in first.transcript] == [("", None, None)]
    assert second.length_in_minutes == 4.2
