"""What an answer about a call leaves out it owns up to, and what it is asked for it does or refuses."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pytest

from withallo_sandbox.variants import Variants

if TYPE_CHECKING:
    from tests.tools.conftest import OpenWorld, World

pytestmark = pytest.mark.anyio

LONG = "mot " * 900 + "le prix final des ananas est 4512 euros"
SHORT = [("USER" if place % 2 else "EXTERNAL", f"phrase {place}") for place in range(20)]


async def called(world: "World", turns: Sequence[tuple[str, str]] = (), **about: Any) -> str:
    """Id of a call that just came in."""
    said = [{"source": source, "text": text} for source, text in turns]
    world.sandbox.clock.advance(1)
    await world.control("inbound-call", transcript=said, duration_seconds=100, **about)
    return str((await world.facts("search_calls", limit=1))["calls"][0]["id"])


@pytest.mark.parametrize(
    "asked",
    [
        {"find": "ananas"},
        {"find": "ananas 4512"},
        {"zoom": "transcript"},
        {"zoom": "transcript", "start": "turn 1"},
        {"zoom": "transcript", "start": "00:00", "end": "00:00"},
    ],
)
async def test_the_end_of_a_long_turn_is_read(open_world: "OpenWorld", asked: dict[str, str]) -> None:
    async with open_world() as world:
        call_id = await called(world, [("USER", LONG), *SHORT])
        assert "ananas est 4512 euros" in await world.call("get_call", call_id=call_id, **asked)


async def test_structured_content_says_what_is_left_out_as_the_text_does(open_world: "OpenWorld") -> None:
    points = "\n".join(f"ligne {number} prix {number} euros" for number in range(2_500))
    async with open_world() as world:
        call_id = await called(world, SHORT, summary=points)
        facts, text = (
            await world.facts("get_call", call_id=call_id),
            await world.call("get_call", call_id=call_id),
        )
        assert f"get_call with call_id={call_id}, start='line " in facts["more"]
        assert "14 of 20 turns are not shown" in facts["more"]
        assert all(note in facts["more"] for note in text.splitlines()[-2:])
        (read,) = (await world.mcp.read_resource(f"allo://calls/{call_id}")).contents
        assert json.loads(getattr(read, "text", ""))["more"] == facts["more"]
        assert "more" not in await world.facts("get_call", call_id=call_id, zoom="transcript")


async def test_a_side_that_said_nothing_is_named_and_the_others_are_counted(open_world: "OpenWorld") -> None:
    async with open_world() as world:
        call_id = await called(world, SHORT)
        for skip, left in ((False, 14), (True, 20)):
            text = await world.call("get_call", call_id=call_id, zoom="transcript", speaker="ai", skip_ending=skip)
            assert f"AI said nothing in this call; {left} of 20 turns are of others" in text
        facts = await world.facts("get_call", call_id=call_id, speaker="them", skip_ending=True)
        assert [line.split()[1] for line in facts["lines"]] == ["them:"] * 10
        assert facts["more"] == "10 of 20 turns are of others and not shown: speaker='any'."


async def test_words_that_no_turn_holds_together_are_told_apart(open_world: "OpenWorld") -> None:
    said = [("USER", "the oak table"), *SHORT, ("EXTERNAL", "vous le chêne, the oak"), *SHORT]
    async with open_world() as world:
        call_id = await called(world, said)
        asked = {"call_id": call_id, "skip_ending": True}
        both = (await world.facts("get_call", **asked, find="zebra oak"))["more"]
        assert "No turn holds all words; places of: oak (2). Never said: zebra" in both
        common = await world.facts("get_call", **asked, find="zebra vous le")
        assert not common.get("lines")
        assert "Never said: zebra" in common["more"]
        assert "Too common to show alone: vous, le." in common["more"]
        part = (await world.facts("get_call", **asked, find="table", start="turn 5"))["more"]
        assert "Not said in the part asked for: table" in part
        assert "No turn" not in (await world.facts("get_call", **asked, find="oak table"))["more"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"start": "line 9"}, "start: the summary has 3 lines."),
        ({"start": "line 2", "zoom": "transcript"}, "start: a line is one of the summary"),
        ({"start": "line 1", "zoom": "outline"}, "start: a line is one of the summary"),
        ({"start": "line 2", "find": "phrase"}, "start: a line is one of the summary"),
        ({"find": "👍"}, "find: holds no word"),
        ({"find": "!!!"}, "find: holds no word"),
    ],
)
async def test_what_cannot_be_done_is_refused(open_world: "OpenWorld", asked: dict[str, str], said: str) -> None:
    async with open_world() as world:
        call_id = await called(world, SHORT, summary="Un.\n\nDeux.\nTrois.")
        assert said in await world.refusal("get_call", call_id=call_id, **asked)
        assert "> Trois." in await world.call("get_call", call_id=call_id, start="line 3")


async def test_a_speaker_or_the_first_turn_counts_at_every_zoom(open_world: "OpenWorld") -> None:
    async with open_world() as world:
        call_id = await called(world, SHORT)
        for asked in ({"speaker": "them"}, {"speaker": "them", "zoom": "outline"}):
            lines = (await world.facts("get_call", call_id=call_id, skip_ending=True, **asked))["lines"]
            assert [line.split()[1] for line in lines] == ["them:"] * 10
        assert len((await world.facts("get_call", call_id=call_id, start="turn 1"))["lines"]) == 20


async def test_a_slice_ends_with_the_second_that_is_shown(open_world: "OpenWorld") -> None:
    async with open_world() as world:
        call_id = await called(world, [("USER", "un"), ("EXTERNAL", "deux")])
        world.rewrite = lambda answer: answer.replace('"start_seconds":50.0', '"start_seconds":50.4')
        facts = await world.facts("get_call", call_id=call_id, start="00:10", end="00:50", skip_ending=True)
        assert facts["lines"][-1] == "00:50 them: deux"


async def test_who_took_a_call_its_tags_and_its_recording_are_told_without_a_link(open_world: "OpenWorld") -> None:
    async with open_world() as world:
        calls = world.sandbox.account.timeline.calls()
        call = next(call for call in calls if call.user and call.tags and call.recorded)
        assert call.user
        text = await world.call("get_call", call_id=call.id)
        recording = f"allo://calls/{call.id}/recording"
        assert f"by {call.user.name}; tags: {', '.join(call.tags)}; recording: {recording}\n" in text
        facts = await world.facts("get_call", call_id=call.id)
        assert (facts["user"], facts["tags"], facts["recording"]) == (call.user.name, call.tags, recording)
        assert "http" not in text + json.dumps(facts)
        missed = await called(world, result="MISSED")
        assert not {"user", "tags", "recording"} & set(await world.facts("get_call", call_id=missed))
        world.closed = ("/v2/api/conversations",)
        told = await world.facts("get_call", call_id=call.id)
        assert (told.get("user"), told["tags"], told["recording"]) == (None, call.tags[:1], recording)


async def test_a_call_whose_result_allo_does_not_tell_stays_among_the_missed_ones(open_world: "OpenWorld") -> None:
    async with open_world() as world:
        await world.control("inbound-call", result="BLOCKED", duration_seconds=0)
        world.sandbox.state.variants = Variants("documented")
        for asked in ({}, {"result": "missed"}):
            call = (await world.facts("search_calls", limit=1, **asked))["calls"][0]
            assert call["result"] == "result not told"
        found = await world.facts("list_follow_ups", kind="missed call", since="yesterday")
        assert call["id"] in [matter["call_id"] for matter in found["matters"]]
        world.sandbox.state.variants = Variants()
        assert (await world.facts("search_calls", limit=1))["calls"][0]["result"] == "blocked"


async def test_many_summaries_own_up_to_where_they_are_cut(open_world: "OpenWorld") -> None:
    points = "Bonjour. " + "Le client veut onze tables en chêne massif. " * 20 + "PRIX FINAL 9 999 €."
    async with open_world() as world:
        call_id = await called(world, summary=points)
        facts = await world.facts("get_calls", call_ids=[call_id])
        assert facts["calls"][0]["summary"].endswith("massif. …")
        assert facts["more"] == "A summary that ends in … goes on: get_call shows the whole."
        short = await called(world, summary="Bonjour.")
        assert "more" not in await world.facts("get_calls", call_ids=[short])


async def test_the_headline_of_many_calls_counts_those_that_are_shown(open_world: "OpenWorld") -> None:
    async with open_world(answer_tokens=1_500) as world:
        told = "Le client veut onze tables en chêne massif, livrées avant la fin du mois. " * 6
        ids = [await called(world, summary=told) for _ in range(12)]
        ids += [f"cll-none{number}" for number in range(12)]
        text, facts = await world.call("get_calls", call_ids=ids), await world.facts("get_calls", call_ids=ids)
        shown = len(facts["calls"])
        assert shown < 12
        assert text.startswith(f"{shown} of 24 calls (")
        left = 12 - shown
        assert f"{left} call{'s' if left > 1 else ''} left out for length" in facts["more"]
        assert "cll-none9 and 2 more" in text
