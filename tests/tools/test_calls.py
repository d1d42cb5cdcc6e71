"""search_calls answers briefly, the same from either API version."""

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from mcp.types import CallToolResult

from withallo_sandbox import LONG_CALL_ID

if TYPE_CHECKING:
    from tests.tools.conftest import OpenWorld, World

V2_SEARCH = "/v2/api/conversations/items"


@pytest.mark.anyio
async def test_ten_calls_cost_at_most_900_tokens_and_hold_what_matters(
    world: "World", cost: Callable[[CallToolResult], tuple[int, int]]
) -> None:
    result = await world.mcp.call_tool("search_calls", {"limit": 10})
    text, facts = cost(result)
    assert text <= 900
    assert facts <= 1300
    calls = (result.structured_content or {})["calls"]
    assert len(calls) == 10
    assert [call["at"] for call in calls] == sorted((call["at"] for call in calls), reverse=True)
    assert "transcript" not in json.dumps(result.structured_content)
    assert "recording" not in json.dumps(result.structured_content)


@pytest.mark.anyio
async def test_names_stand_beside_numbers_and_the_zone_is_named_once(modern: "World") -> None:
    text = await modern.call("search_calls", contact="Sarah Whitfield", limit=3)
    assert text.count("with Sarah Whitfield +12125550133") == 1
    everybody = await modern.facts("search_calls", line="New York", limit=10)
    text = await modern.call("search_calls", line="New York", limit=10)
    assert all(f"{call['number']} {call['name']}" in text for call in everybody["calls"] if "name" in call)
    assert text.count("Europe/Paris") == 1


@pytest.mark.anyio
async def test_paging_goes_through_every_call_once(modern: "World") -> None:
    seen: list[str] = []
    cursor = ""
    while True:
        facts = await modern.facts("search_calls", since="last 12 days", until="6 days ago", limit=20, cursor=cursor)
        seen += [call["id"] for call in facts["calls"]]
        cursor = facts.get("next_cursor", "")
        if not cursor:
            break
    assert len(seen) == len(set(seen)) > 40
    assert re.fullmatch(r"\d{4}-\d\d-\d\d 00:00.* to \d{4}-\d\d-\d\d \d\d:\d\d.*, Europe/Paris.*", facts["range"])


@pytest.mark.anyio
async def test_both_api_versions_give_the_same_answer(open_world: "OpenWorld") -> None:
    asked: list[dict[str, str]] = [
        {},
        {"result": "missed", "since": "last 14 days"},
        {"result": "voicemail"},
        {"direction": "outbound", "since": "last 5 days", "until": "yesterday"},
        {"line": "New York", "result": "answered"},
        {"contact": "Robert Chen"},
        {"contact": "+33600000101", "direction": "inbound"},
    ]
    not_reached = {"failed": "no answer"}
    async with open_world(calls=600) as world:
        await world.know_people()
        v2 = [await world.facts("search_calls", limit=15, **filters) for filters in asked]
        world.closed = (V2_SEARCH,)
        v1 = [await world.facts("search_calls", limit=15, **filters) for filters in asked]
    for filters, new, old in zip(asked, v2, v1, strict=True):
        assert old["calls"], filters
        assert [call["id"] for call in old["calls"]] == [call["id"] for call in new["calls"]], filters
        results = [[not_reached.get(call["result"], call["result"]) for call in facts["calls"]] for facts in (old, new)]
        assert results[0] == results[1], filters


@pytest.mark.anyio
async def test_a_key_that_v2_refuses_is_tried_there_again_after_some_minutes(open_world: "OpenWorld") -> None:
    async def asked_v2() -> bool:
        world.requests.clear()
        assert (await world.facts("search_calls", limit=3))["calls"]
        return any(V2_SEARCH in request for request in world.requests)

    async with open_world() as world:
        world.closed = (V2_SEARCH,)
        assert [await asked_v2(), await asked_v2()] == [True, False]
        world.closed = ()
        world.sandbox.clock.advance(6 * 60)
        assert [await asked_v2(), await asked_v2()] == [True, True]


@pytest.mark.anyio
async def test_what_v2_does_not_find_says_nothing_about_the_key(open_world: "OpenWorld") -> None:
    async with open_world() as world:
        world.gone = (V2_SEARCH,)
        assert await world.refusal("search_calls", limit=3)
        world.gone = ()
        world.requests.clear()
        assert (await world.facts("search_calls", limit=3))["calls"]
        assert any(V2_SEARCH in request for request in world.requests)
        assert not any(request.startswith("GET /v1/api/calls") for request in world.requests)


@pytest.mark.parametrize("word", ["COMPLETED", "answered", "Answered"])
@pytest.mark.anyio
async def test_a_call_with_an_odd_word_for_its_result_is_not_missed_when_we_spoke(
    open_world: "OpenWorld", word: str
) -> None:
    async with open_world() as world:
        spoken = {call["id"] for call in (await world.facts("search_calls", result="answered", limit=5))["calls"]}
        world.rewrite = lambda text: text.replace('"ANSWERED"', f'"{word}"')
        calls = (await world.facts("search_calls", limit=50))["calls"]
        assert {call["result"] for call in calls if call["id"] in spoken} == {"answered"}


@pytest.mark.anyio
async def test_missed_calls_came_in_and_nobody_of_ours_spoke(modern: "World") -> None:
    facts = await modern.facts("search_calls", result="missed", since="last 30 days", limit=100)
    assert {call["direction"] for call in facts["calls"]} == {"inbound"}
    assert {call["result"] for call in facts["calls"]} <= {"missed", "voicemail"}


@pytest.mark.anyio
async def test_a_scan_without_dates_on_the_route_asks_for_full_pages(open_world: "OpenWorld") -> None:
    async with open_world() as world:
        world.closed = (V2_SEARCH,)
        world.requests.clear()
        await world.call("search_calls", result="transferred", until="25 days ago", limit=1)
        assert 1 < sum(request.startswith("GET /v1/api/calls") for request in world.requests) < 8


@pytest.mark.anyio
async def test_an_answer_keeps_to_the_budget_of_the_operator(
    open_world: "OpenWorld", tokens: Callable[[str], int]
) -> None:
    async with open_world(answer_tokens=500) as world:
        result = await world.mcp.call_tool("search_calls", {"limit": 100})
        facts = result.structured_content or {}
        assert 3 < len(facts["calls"]) < 40
        assert facts["next_cursor"]
        again = await world.facts("search_calls", limit=100, cursor=facts["next_cursor"])
        assert again["calls"][0]["id"] not in {call["id"] for call in facts["calls"]}
        assert again["calls"][0]["at"] <= facts["calls"][-1]["at"]


@pytest.mark.anyio
async def test_what_cannot_be_meant_is_refused_with_what_can(world: "World") -> None:
    assert "Yours: Paris showroom +33199000010" in await world.refusal("search_calls", line="Berlin")
    assert "several people match" in await world.refusal("search_calls", contact="Thomas Martin")
    assert "nobody matches" in await world.refusal("search_calls", contact="Xyzzy Plugh")
    assert "cursor" in await world.refusal("search_calls", cursor="abc")
    assert "03/04" in await world.refusal("search_calls", since="03/04")


@pytest.mark.anyio
async def test_null_for_an_optional_argument_means_leaving_it_out(world: "World") -> None:
    facts = await world.facts("search_calls", contact=None, line=None, since=None, direction=None, limit=None)
    assert len(facts["calls"]) == 20


@pytest.mark.anyio
async def test_the_longest_calls_come_in_one_short_answer(
    modern: "World", cost: Callable[[CallToolResult], tuple[int, int]]
) -> None:
    result = await modern.mcp.call_tool("search_calls", {"sort": "longest", "since": "last 14 days", "limit": 3})
    facts = result.structured_content or {}
    lengths = [call["seconds"] for call in facts["calls"]]
    every = await modern.facts("search_calls", since="last 14 days", limit=100)
    assert lengths == sorted(lengths, reverse=True)
    assert facts["calls"][0]["id"] == LONG_CALL_ID
    assert lengths[0] >= max(call.get("seconds", 0) for call in every["calls"])
    assert "next_cursor" not in facts
    assert cost(result)[0] < 400


@pytest.mark.anyio
@pytest.mark.parametrize("part", ["00 05 55", "0555", "01 99 00 05"])
async def test_calls_are_found_by_a_part_of_a_number_in_any_format(modern: "World", part: str) -> None:
    digits = part.replace(" ", "")
    facts = await modern.facts("search_calls", contact=part, since="last 30 days", limit=50)
    assert facts["calls"]
    written = [call["number"] + " " + call["number"].replace("+33", "0") for call in facts["calls"]]
    assert [number for number in written if digits not in number] == []
    assert "+33199000555" in {call["number"] for call in facts["calls"]}


@pytest.mark.anyio
async def test_a_part_of_one_number_tells_whose_conversation_is_meant(modern: "World") -> None:
    facts = await modern.facts("get_contact_conversation", contact="550133", limit=3)
    assert facts["contact"] == "Sarah Whitfield +12125550133"
    assert "several people match" in await modern.refusal("get_contact_conversation", contact="0600 0001", limit=3)
    assert "nobody matches '98 76 54'" in await modern.refusal("get_contact", contact="98 76 54")


@pytest.mark.anyio
async def test_a_contact_whose_number_is_stored_in_another_spelling_has_calls(open_world: "OpenWorld") -> None:
    async with open_world() as world:
        world.rewrite = lambda text: text.replace("+33600000101", "+33 6 00 00 01 01")
        await world.know_people()
        calls = (await world.facts("search_calls", contact="Marie Dupont"))["calls"]
        assert calls
        assert await world.facts("get_contact_conversation", contact="Marie Dupont")


@pytest.mark.parametrize("sort", ["newest", "longest"])
@pytest.mark.anyio
async def test_the_headline_counts_what_is_shown_and_what_was_left_out_is_told(modern: "World", sort: str) -> None:
    calls = (await modern.facts("search_calls", sort=sort, limit=100))["calls"]
    text = await modern.call("search_calls", sort=sort, limit=100)
    assert 0 < len(calls) < 100
    assert re.match(rf"{len(calls)} of \d+ calls, {sort} first", text)
    if sort == "newest":
        assert "More: cursor=" in text
    else:
        assert f"{100 - len(calls)} calls left out for length" in text
        few = await modern.call("search_calls", sort=sort, limit=2)
        assert "a larger limit, up to 100, or a narrower range shows more." in few


@pytest.mark.anyio
async def test_a_page_is_not_taken_for_the_whole_where_nobody_knows_how_many_there_are(modern: "World") -> None:
    every = (await modern.facts("search_calls", since="last 48 hours", limit=100))["calls"]
    text = await modern.call("search_calls", since="last 48 hours", limit=1)
    assert len(every) > 2
    assert text.startswith("First 1 call, more may follow, newest first (")
    cursor = text.split("More: cursor=")[1].strip()
    text = await modern.call("search_calls", since="last 48 hours", limit=1, cursor=cursor)
    assert text.startswith("Next 1 call, more may follow, newest first (")


@pytest.mark.anyio
async def test_somebody_named_longest_changes_no_order(open_world: "OpenWorld") -> None:
    async with open_world() as world:
        await world.facts("create_contact", numbers=["+13125550998"], name="longest")
        await world.control("inbound-call", from_number="+13125550998", to_number="+12125550100")
        text = await world.call("search_calls", contact="longest")
    assert "newest first" in text or "No calls match" in text
    assert "longest first" not in text


@pytest.mark.anyio
async def test_a_part_of_a_number_may_begin_with_the_00_of_a_call_abroad(modern: "World") -> None:
    facts = await modern.facts("search_calls", contact="00 33 1 99", since="last 30 days", limit=20)
    assert facts["calls"]
    assert all(call["number"].startswith("+33199") for call in facts["calls"])
