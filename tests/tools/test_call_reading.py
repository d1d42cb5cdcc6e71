"""One call at any zoom: the exact words are always within reach, and nothing is cut in silence."""

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from mcp.types import CallToolResult, TextContent

if TYPE_CHECKING:
    from tests.tools.conftest import OpenWorld, World

AGREEMENT = "Twelve oak consoles at 4,200 dollars each, delivered on the 14th"


async def _long_call(world: "World") -> str:
    facts = await world.facts("search_calls", contact="Sarah Whitfield", limit=100)
    return str(max(facts["calls"], key=lambda call: call.get("seconds", 0))["id"])


@pytest.mark.anyio
async def test_what_was_agreed_in_the_last_minute_of_49_is_found_within_2000_tokens(
    world: "World", cost: Callable[[CallToolResult], tuple[int, int]]
) -> None:
    listed = await world.mcp.call_tool(
        "search_calls", {"contact": "Sarah Whitfield", "since": "last 14 days", "limit": 10}
    )
    read = await world.mcp.call_tool("get_call", {"call_id": await _long_call(world)})
    assert AGREEMENT in str(read.structured_content)
    assert sum(cost(result)[0] for result in (listed, read)) <= 2000


@pytest.mark.anyio
async def test_the_summary_comes_with_the_end_and_says_what_is_left_out(modern: "World") -> None:
    call_id = await _long_call(modern)
    text = await modern.call("get_call", call_id=call_id)
    assert "> Long working session with Sarah Whitfield" in text
    assert "turns left out, 00:01-" in text
    assert f"turns are not shown: get_call with call_id={call_id}, zoom='transcript'" in text
    assert AGREEMENT not in await modern.call("get_call", call_id=call_id, skip_ending=True)


@pytest.mark.anyio
async def test_a_very_long_summary_is_read_to_its_end(
    modern: "World", cost: Callable[[CallToolResult], tuple[int, int]]
) -> None:
    call_id = await _long_call(modern)
    call = next(call for call in modern.sandbox.account.timeline.calls() if call.id == call_id)
    kept, points = call.summary, [f"- point {number}: " + "they want it in oak " * 8 for number in range(400)]
    call.summary = "\n".join([*points, "endless " * 2_000])
    seen = ""
    start = ""
    for _ in range(20):
        result = await modern.mcp.call_tool("get_call", {"call_id": call_id, "start": start})
        assert max(cost(result)) <= 6_000
        text = "".join(part.text for part in result.content if isinstance(part, TextContent))
        seen += (result.structured_content or {})["summary"] + "\n"
        assert AGREEMENT in text
        if "start='line " not in text:
            break
        start = text.split("start='")[1].split("'", maxsplit=1)[0]
    call.summary = kept
    assert [point for point in points if point.strip() not in seen] == []
    assert seen.count("endless") == 2_000


@pytest.mark.anyio
async def test_an_outline_tells_who_spoke_how_long_and_where_it_turns(modern: "World") -> None:
    facts = await modern.facts("get_call", call_id=await _long_call(modern), zoom="outline")
    assert abs(sum(facts["spoke"].values()) - 49 * 60) < 120
    assert 6 <= len(facts["sections"]) <= 12
    starts = [section.split(" ")[0] for section in facts["sections"]]
    assert starts == sorted(starts)
    assert starts[-1] > "35:00"


@pytest.mark.anyio
async def test_a_call_without_words_has_neither_outline_nor_transcript(modern: "World") -> None:
    call_id = (await modern.facts("search_calls", result="missed", limit=20))["calls"][0]["id"]
    for zoom in ("summary", "outline", "transcript"):
        assert "No transcript." in await modern.call("get_call", call_id=call_id, zoom=zoom)


@pytest.mark.anyio
async def test_words_are_shown_where_they_were_said(modern: "World") -> None:
    text = await modern.call("get_call", call_id=await _long_call(modern), find="consoles 4,200", skip_ending=True)
    assert AGREEMENT in text
    assert "them: Agreed. Twelve consoles" in text
    nothing = await modern.call("get_call", call_id=await _long_call(modern), find="xylophone")
    assert "Never said: xylophone" in nothing
    assert AGREEMENT in nothing


@pytest.mark.anyio
async def test_a_slice_of_time_and_a_speaker_can_be_asked_for(modern: "World") -> None:
    call_id = await _long_call(modern)
    facts = await modern.facts(
        "get_call", call_id=call_id, zoom="transcript", start="10:00", end="10:30", speaker="them", skip_ending=True
    )
    said = [line for line in facts["lines"] if "left out" not in line]
    assert said
    assert all("10:00" <= line[:5] <= "10:30" and line[6:].startswith("them:") for line in said)
    assert "is no offset" in await modern.refusal("get_call", call_id=call_id, start="ten")


@pytest.mark.anyio
async def test_a_transcript_that_is_too_long_keeps_its_end_and_says_where_to_go_on(
    modern: "World", cost: Callable[[CallToolResult], tuple[int, int]]
) -> None:
    call_id = await _long_call(modern)
    seen: set[str] = set()
    start = ""
    for _ in range(10):
        result = await modern.mcp.call_tool("get_call", {"call_id": call_id, "zoom": "transcript", "start": start})
        assert cost(result)[0] <= 6000
        lines = (result.structured_content or {})["lines"]
        assert any(AGREEMENT in line for line in lines)
        seen |= {line for line in lines if "left out" not in line}
        text = str(result.content[0])
        if "start='" not in text:
            break
        start = text.split("start='")[1].split("'", maxsplit=1)[0]
    assert len(seen) == (result.structured_content or {})["turns"]


@pytest.mark.anyio
async def test_one_side_of_a_long_call_is_read_to_its_end_without_a_gap(
    modern: "World", cost: Callable[[CallToolResult], tuple[int, int]]
) -> None:
    call_id = await _long_call(modern)
    asked = {"call_id": call_id, "zoom": "transcript", "speaker": "them"}
    seen: list[str] = []
    start = ""
    for _ in range(10):
        result = await modern.mcp.call_tool("get_call", {**asked, "start": start})
        assert cost(result)[0] <= 6000
        text = "".join(part.text for part in result.content if isinstance(part, TextContent))
        lines = (result.structured_content or {})["lines"]
        assert AGREEMENT in text
        assert [line for line in lines if line not in text and "left out" not in line] == []
        assert len([line for line in lines if "left out" in line]) <= 2
        assert "⟦1 turns" not in text
        seen += [line for line in lines if " them: " in line]
        if "start='" not in text:
            break
        start = text.split("start='")[1].split("'", maxsplit=1)[0]
    raw = json.loads(await modern.allo("GET", f"/v2/api/conversations/items/{call_id}", extend="transcript"))
    said = [line for line in raw["data"]["transcript"] if line["source"] == "EXTERNAL"]
    assert len(set(seen)) == len(said)


@pytest.mark.anyio
async def test_a_transcript_that_tells_no_times_is_read_to_its_end_by_turns(modern: "World") -> None:
    call_id = await _long_call(modern)
    modern.rewrite = lambda answer: re.sub(r'"(time|start_seconds|end_seconds)":("[^"]*"|[\d.]+)', r'"\1":null', answer)
    seen: list[str] = []
    asked = {"call_id": call_id, "zoom": "transcript", "speaker": "them", "skip_ending": True}
    start = ""
    for _ in range(10):
        text = await modern.call("get_call", **asked, start=start)
        facts = await modern.facts("get_call", **asked, start=start)
        seen += [line.removeprefix("them: ") for line in facts["lines"] if "left out" not in line]
        if "start='turn " not in text:
            break
        start = text.split("start='")[1].split("'", maxsplit=1)[0]
    raw = json.loads(await modern.allo("GET", f"/v2/api/conversations/items/{call_id}", extend="transcript"))
    turns = raw["data"]["transcript"]
    assert seen == [turn["text"] for turn in turns if turn["source"] == "EXTERNAL"]
    assert "tells no times. Write start='turn 1' to" in await modern.refusal("get_call", call_id=call_id, start="12:05")
    late = await modern.refusal("get_call", call_id=call_id, start="turn 99999")
    assert f"has {len(turns)} turns" in late


@pytest.mark.anyio
async def test_a_slice_that_the_call_does_not_have_is_refused_with_its_length(modern: "World") -> None:
    call_id = await _long_call(modern)
    late = await modern.refusal("get_call", call_id=call_id, zoom="transcript", start="2:00:00")
    assert "after the end of the call, which is 49:" in late
    turned = await modern.refusal("get_call", call_id=call_id, zoom="transcript", start="10:00", end="05:00")
    assert "end: 05:00 is before start, 10:00. The call is 49:" in turned


@pytest.mark.anyio
async def test_a_key_of_v1_alone_reads_the_same_call(open_world: "OpenWorld") -> None:
    async with open_world() as world:
        world.closed = ("/v2/api/conversations",)
        facts = await world.facts("search_calls", contact="+12125550133", limit=3)
        call_id = facts["calls"][0]["id"]
        assert (await world.facts("get_call", call_id=call_id))["call"]["id"] == call_id
        assert (await world.facts("get_calls", call_ids=[call_id]))["calls"][0]["id"] == call_id


@pytest.mark.anyio
async def test_many_calls_come_in_the_order_asked_for_and_unknown_ids_are_named(modern: "World") -> None:
    listed = (await modern.facts("search_calls", limit=4))["calls"]
    ids = [call["id"] for call in reversed(listed)]
    modern.requests.clear()
    facts = await modern.facts("get_calls", call_ids=[*ids, "cll-unknown", "nonsense", ids[0].replace("-", "_", 1)])
    assert [call["id"] for call in facts["calls"]] == ids
    assert facts["unknown"] == ["cll-unknown", "nonsense"]
    assert len(modern.requests) == 1


@pytest.mark.anyio
async def test_a_summary_is_replaced_as_a_whole(world: "World") -> None:
    call_id = (await world.facts("search_calls", contact="Robert Chen", result="answered", limit=1))["calls"][0]["id"]
    facts = await world.facts("update_call_summary", call_id=call_id, content="## New\nHe wants six desks.")
    assert facts["state"] == "sent"
    assert "> He wants six desks." in await world.call("get_call", call_id=call_id)


@pytest.mark.anyio
async def test_a_human_sees_the_summary_that_will_be_gone(open_world: "OpenWorld") -> None:
    async with open_world() as world:
        found = await world.facts("search_calls", result="answered", limit=1)
        call_id, summary = found["calls"][0]["id"], found["calls"][0]["summary"]
        await world.facts("update_call_summary", call_id=call_id, content="New words")
        assert f"Removes: {summary.split('…', maxsplit=1)[0].rstrip()}" in world.asked[-1]
    async with open_world("legacy") as world:
        await world.know_people()
        assert await world.refusal("update_call_summary", call_id="cll-nope", content="New words")
        assert "content" in await world.refusal("update_call_summary", call_id=call_id, content="  ")
        assert not world.asked, "what cannot be done is not asked about"
        await world.facts("update_call_summary", call_id=call_id, content="New words")
        assert len(world.asked) == 1, "asked even where nobody's words were read"


@pytest.mark.anyio
async def test_what_is_no_call_is_refused(modern: "World") -> None:
    assert "no recent call" in await modern.refusal("get_call", call_id="nope")
    assert await modern.refusal("get_call", call_id="cll-nope")
    message = (await modern.facts("search_conversations", kind="text", limit=1))["items"][0]["id"]
    assert "this is a text" in await modern.refusal("get_call", call_id=message)


@pytest.mark.anyio
async def test_calls_are_read_where_allo_refuses_a_batch_for_one_that_is_not_there(open_world: "OpenWorld") -> None:
    async with open_world() as world:
        ids = [call["id"] for call in (await world.facts("search_calls", limit=3))["calls"]]
        world.gone = ("/v2/api/conversations/items/batch",)
        world.requests.clear()
        facts = await world.facts("get_calls", call_ids=[*ids, "cll-unknown"])
        assert [call["id"] for call in facts["calls"]] == ids
        assert not any(request.startswith("GET /v1/api/calls") for request in world.requests)


@pytest.mark.anyio
async def test_a_call_of_v1_is_read_alone_and_among_others(open_world: "OpenWorld") -> None:
    async with open_world() as world:
        found, other = (await world.facts("search_calls", limit=2))["calls"]
        v1_id = found["id"].replace("cll-", "call_")
        world.rewrite = lambda text: text.replace(found["id"], v1_id)
        assert (await world.facts("get_call", call_id=v1_id))["call"]["id"] == v1_id
        calls = (await world.facts("get_calls", call_ids=[other["id"], v1_id]))["calls"]
        assert [call["id"] for call in calls] == [other["id"], v1_id]


@pytest.mark.anyio
async def test_a_summary_of_emoji_is_read_to_its_end(open_world: "OpenWorld") -> None:
    emoji = "".join(chr(0x1F600 + number % 64) for number in range(1_200))
    async with open_world() as world:
        call_id = (await world.facts("search_calls", limit=1))["calls"][0]["id"]
        await world.facts("update_call_summary", call_id=call_id, content=emoji)
        seen, start = "", ""
        for _ in range(10):
            seen += (await world.facts("get_call", call_id=call_id, start=start)).get("summary", "").replace(" / ", "")
            text = await world.call("get_call", call_id=call_id, start=start)
            assert "No summary." not in text
            if "start='line " not in text:
                break
            start = text.split("start='")[1].split("'", maxsplit=1)[0]
    assert seen == emoji
