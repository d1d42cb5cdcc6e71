"""What was left open comes in one call, within a few hundred tokens."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING

import pytest
from mcp.types import CallToolResult
from tests.tools.happened import add_call, add_text

from withallo_sandbox.people import PEOPLE

if TYPE_CHECKING:
    from tests.tools.conftest import OpenWorld, World


OTHER_THOMAS, THOMAS = (person for person in PEOPLE if person.full_name == "Thomas Martin")
ROBERT, JULIEN = (next(one for one in PEOPLE if one.full_name == name) for name in ("Robert Chen", "Julien Moreau"))


@pytest.mark.anyio
async def test_missed_calls_texts_and_promises_come_in_one_call_under_2000_tokens(
    world: "World", cost: Callable[[CallToolResult], tuple[int, int]]
) -> None:
    result = await world.mcp.call_tool("list_follow_ups", {"since": "last 14 days"})
    assert cost(result)[0] <= 2000
    facts = result.structured_content or {}
    assert {matter["kind"] for matter in facts["matters"]} == {"missed call", "AI call", "text", "promise"}
    assert facts["missed_calls"] >= sum(matter["kind"] == "missed call" for matter in facts["matters"])
    promise = next(matter for matter in facts["matters"] if matter["kind"] == "promise")
    assert promise["call_id"].startswith("cll-")
    assert promise["by"] in ("us", "them")
    call = await world.call("get_call", call_id=promise["call_id"], find=" ".join(promise["words"].split()[:4]))
    assert promise["words"] in call


@pytest.mark.anyio
async def test_one_kind_one_line_and_a_range_can_be_asked_for(modern: "World") -> None:
    facts = await modern.facts("list_follow_ups", kind="promise", line="New York", since="last 14 days", limit=5)
    assert {matter["kind"] for matter in facts["matters"]} == {"promise"}
    assert len(facts["matters"]) == 5
    assert all(matter["line"] == "" for matter in facts["matters"] if "line" in matter)


@pytest.mark.anyio
async def test_a_cut_list_goes_on_until_everything_was_shown_once(modern: "World") -> None:
    seen: list[tuple[str, ...]] = []
    counts: set[int] = set()
    cursor = ""
    while True:
        facts = await modern.facts("list_follow_ups", since="last 14 days", limit=30, cursor=cursor)
        seen += [
            tuple(str(matter.get(key)) for key in ("kind", "at", "contact", "words", "offset"))
            for matter in facts["matters"]
        ]
        counts.add(sum(facts.get(kind, 0) for kind in ("missed_calls", "ai_calls", "texts", "promises")))
        cursor = facts.get("next_cursor", "")
        if not cursor:
            break
    assert counts == {len(seen)}
    assert len(set(seen)) == len(seen) > 60


@pytest.mark.anyio
async def test_only_what_a_kind_needs_is_fetched_and_no_transcript_twice(open_world: "OpenWorld") -> None:
    """Transcripts are most of what Allo answers, and promises in them do not change."""
    read = 0

    def weigh(answer: str) -> str:
        nonlocal read
        read += answer.count('"source":')
        return answer

    async with open_world(calls=300) as world:
        await world.know_people()
        world.rewrite = weigh
        for kind in ("missed call", "text", "AI call"):
            await world.facts("list_follow_ups", since="last 30 days", kind=kind)
            assert 0 < read < 500
        first = await world.facts("list_follow_ups", since="last 30 days", limit=100)
        assert read > 2000
        read = 0
        again = await world.facts("list_follow_ups", since="last 30 days", limit=100)
        assert again["matters"] == first["matters"]
        assert read == 0


@pytest.mark.anyio
async def test_calls_that_the_receptionist_took_are_listed_with_what_was_wanted(modern: "World") -> None:
    facts = await modern.facts("list_follow_ups", since="last 14 days", kind="AI call", limit=100)
    calls = {call.id: call for call in modern.sandbox.account.timeline.calls()}
    assert facts["ai_calls"] == len(facts["matters"]) > 3
    for matter in facts["matters"]:
        call = calls[matter["call_id"]]
        assert call.result == "TRANSFERRED_AI"
        assert matter["words"]
        later = [
            item
            for item in modern.sandbox.account.timeline.newest_first(contact=call.contact_number)
            if item.date > call.date and item.direction == "OUTBOUND"
        ]
        assert all(getattr(item, "result", "") == "FAILED" or getattr(item, "failed", False) for item in later)


@pytest.mark.anyio
async def test_one_person_can_be_asked_for(modern: "World") -> None:
    facts = await modern.facts("list_follow_ups", contact="Robert Chen", since="last 30 days", limit=50)
    assert facts["contact"].startswith("Robert Chen")
    assert facts["matters"]
    others = {matter["contact"] for matter in facts["matters"] if "contact" in matter}
    assert others < {*ROBERT.numbers[1:]}
    said = await modern.call("list_follow_ups", contact="Robert Chen", since="last 30 days", limit=50)
    assert said.count("Robert Chen +") == 1


@pytest.mark.anyio
async def test_a_call_returned_from_another_line_is_not_open(modern: "World") -> None:
    number = "+14155550187"
    await modern.control("inbound-call", from_number=number, to_number="+12125550100", result="MISSED")

    async def is_open() -> bool:
        facts = await modern.facts("list_follow_ups", since="today", kind="missed call", line="New York", limit=100)
        return any(number in matter["contact"] for matter in facts.get("matters", ()))

    assert await is_open()
    await modern.facts("send_sms", to=number, message="Sorry we missed you", sender="+12125550100")
    assert not await is_open()


@pytest.mark.anyio
async def test_a_text_that_is_answered_is_no_longer_open(modern: "World") -> None:
    number = "+14155550186"
    await modern.control("inbound-sms", from_number=number, to_number="+12125550100", content="Can I come by at 5?")
    opened = await modern.facts("list_follow_ups", kind="text", since="today", limit=50)
    assert any(number in matter["contact"] for matter in opened["matters"])
    await modern.facts("send_sms", to=number, message="Yes, see you at 5")
    after = await modern.facts("list_follow_ups", kind="text", since="today", limit=50)
    assert not any(number in matter["contact"] for matter in after.get("matters", ()))


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("kind", "note"),
    [
        ("any", "Texts are not seen by this key: a call answered by text still stands here."),
        ("missed call", "Texts are not seen by this key: a call answered by text still stands here."),
        ("text", "Texts are not seen by this key."),
        ("promise", "Texts are not seen by this key."),
    ],
)
async def test_where_only_v1_can_be_read_it_says_that_texts_are_missing(
    open_world: "OpenWorld", kind: str, note: str
) -> None:
    async with open_world() as world:
        world.closed = ("/v2/api/conversations",)
        text = await world.call("list_follow_ups", since="last 30 days", kind=kind)
    assert text.count(note) == text.count("Texts are not seen") == 1
    assert "not answered" not in text
    assert ("we promised" in text) is (kind in ("any", "promise"))
    assert ("taken by the AI receptionist" in text) is (kind == "any")


@pytest.mark.anyio
async def test_texts_that_need_no_answer_are_counted_and_listed_where_it_says(open_world: "OpenWorld") -> None:
    async with open_world() as world:
        asked = {"kind": "text", "since": "today"}
        for minutes, (number, note) in enumerate(
            (
                ("+33600009931", "Not counted: 1 text that needs no answer"),
                ("+33600009932", "2 texts that need no answer"),
            )
        ):
            add_text(world, number, minutes, "Merci beaucoup !")
            said = await world.call("list_follow_ups", **asked)
            assert note in said
            assert "search_conversations with kind='text', unresponded=true lists them" in said
            assert number not in said
            assert number in await world.call("search_conversations", **asked, unresponded=True)


@pytest.mark.anyio
async def test_an_answer_to_what_we_asked_before_the_range_is_listed(open_world: "OpenWorld") -> None:
    async with open_world() as world:
        number = "+33600009933"
        add_text(world, number, 40 * 60, "Bonjour, vous confirmez ?", ours=True)
        add_text(world, number, 0, "Oui")
        assert number in await world.call("list_follow_ups", since="today", kind="text")


@pytest.mark.anyio
@pytest.mark.parametrize("contact", ["", THOMAS.contact_id])
async def test_what_was_done_on_another_number_of_the_same_person_counts(open_world: "OpenWorld", contact: str) -> None:
    first, second = THOMAS.numbers
    async with open_world() as world:
        await world.know_people()
        asked = {"contact": contact, "since": "last 24 hours", "limit": 100}
        promised = add_call(world, first, 40, "ANSWERED", "Je vous envoie le devis demain matin.").id
        add_call(world, first, 30, "MISSED")
        add_text(world, first, 30, "Vous pouvez me rappeler ?")
        open_ones = await world.facts("list_follow_ups", **asked)
        add_call(world, second, 10, "ANSWERED", ours=True)
        world.requests.clear()
        settled = await world.facts("list_follow_ups", **asked)
        assert len(world.requests) <= 6
    assert settled.get("missed_calls", 0) == open_ones["missed_calls"] - 1
    assert settled.get("texts", 0) == open_ones["texts"] - 1
    (kept,) = [matter for matter in settled["matters"] if matter.get("call_id") == promised]
    assert kept["contacted_since"] == 1


@pytest.mark.anyio
@pytest.mark.parametrize("contact", ["", JULIEN.contact_id])
async def test_what_was_done_on_a_number_that_several_share_does_not_count_for_one(
    open_world: "OpenWorld", contact: str
) -> None:
    shared, own = JULIEN.numbers
    async with open_world() as world:
        await world.know_people()
        missed = add_call(world, own, 30, "MISSED").id
        add_call(world, shared, 10, "ANSWERED", ours=True)
        assert missed in await world.call("list_follow_ups", contact=contact, since="last 2 hours", kind="missed call")


@pytest.mark.anyio
async def test_people_of_one_name_are_not_taken_for_one(open_world: "OpenWorld") -> None:
    async with open_world() as world:
        await world.know_people()
        missed = add_call(world, OTHER_THOMAS.numbers[0], 30, "MISSED").id
        add_call(world, THOMAS.numbers[0], 20, "ANSWERED", ours=True)
        add_call(world, THOMAS.numbers[1], 10, "ANSWERED", ours=True)
        assert missed in await world.call("list_follow_ups", since="last 2 hours", kind="missed call")


@pytest.mark.anyio
async def test_a_promise_is_shown_whole_and_a_cut_one_says_how_to_read_on(open_world: "OpenWorld") -> None:
    begin = "Je vous envoie le devis pour la bibliothèque en chêne massif avec ses douze étagères, livraison et pose "
    usual, endless = f"{begin * 2}comprises, remise de 4512 euros.", f"{begin * 6}comprises, remise de 7777 euros."
    async with open_world() as world:
        for minutes, said in ((10, usual), (20, endless)):
            add_call(world, "+33600009941", minutes, "ANSWERED", said)
        result = await world.mcp.call_tool("list_follow_ups", {"contact": "+33600009941", "kind": "promise"})
        first, second = (result.structured_content or {})["matters"]
        assert first["words"] == usual
        assert second["words"].endswith("more: get_call with start='01:05']")
        assert "7777" in await world.call("get_call", call_id=second["call_id"], start="01:05")


@pytest.mark.anyio
async def test_transcripts_are_read_beside_the_event_loop(open_world: "OpenWorld") -> None:
    on_the_loop: set[str] = set()

    def note(frame: FrameType, _event: str, _value: object) -> None:
        on_the_loop.add(frame.f_code.co_name)

    async with open_world() as world:
        sys.setprofile(note)
        try:
            facts = await world.facts("list_follow_ups", kind="promise", since="last 14 days")
        finally:
            sys.setprofile(None)
    assert facts["matters"]
    assert "promises_in" not in on_the_loop
