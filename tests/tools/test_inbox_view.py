"""The inbox of each line is shown and marked as people do it in Allo."""

from typing import TYPE_CHECKING

import anyio
import pytest

if TYPE_CHECKING:
    from tests.tools.conftest import World

LINE = "+12125550100"


@pytest.mark.anyio
async def test_every_line_is_merged_latest_first_with_what_waits(world: "World") -> None:
    facts = await world.facts("list_conversations", limit=30)
    rows = facts["conversations"]
    assert [row["at"] for row in rows] == sorted((row["at"] for row in rows), reverse=True)
    assert len({row["line"] for row in rows}) == 3
    waiting = next(row for row in rows if row["contact"] == "+17185550134")
    assert waiting["waiting"]
    assert waiting["last"] == "they: Can you call me about the desks today?"


@pytest.mark.anyio
async def test_paging_shows_each_conversation_once(modern: "World") -> None:
    seen: list[tuple[str, str]] = []
    cursor = ""
    for _ in range(4):
        facts = await modern.facts("list_conversations", limit=15, cursor=cursor)
        seen += [(row["line"], row["contact"]) for row in facts["conversations"]]
        cursor = facts["next_cursor"]
    assert len(seen) == len(set(seen)) == 60


@pytest.mark.anyio
async def test_a_conversation_is_marked_as_read_here_and_at_allo(world: "World") -> None:
    number = "+13125550177"
    await world.control("inbound-sms", from_number=number, to_number=LINE, content="mark me")
    with anyio.fail_after(10):
        while not (await world.facts("list_events", contact=number, unread=True))["total"]:
            await anyio.lowlevel.checkpoint()
    unread = await world.facts("list_conversations", line="New York", unread=True, limit=100)
    assert number in {row["contact"] for row in unread["conversations"]}
    facts = await world.facts("mark_conversation", contact=number, action="read")
    assert (facts["state"], facts["action"]) == ("sent", "read")
    unread = await world.facts("list_conversations", line="New York", unread=True, limit=100)
    assert number not in {row["contact"] for row in unread.get("conversations", ())}
    assert (await world.facts("list_events", contact=number, unread=True))["total"] == 0
    assert not [path for path in world.requests if path == "POST /v1/api/sms"]


@pytest.mark.anyio
async def test_all_numbers_of_a_person_are_marked_and_nobody_is_guessed(modern: "World") -> None:
    await modern.facts("mark_conversation", contact="Robert Chen", action="archive", line="New York")
    assert sum(path.startswith("PUT /v2/api/conversations/") for path in modern.requests) == 3
    await modern.facts("mark_conversation", contact="Robert Chen", action="unarchive")
    assert "not certain" in await modern.refusal("mark_conversation", contact="John Smith", action="read")


@pytest.mark.anyio
async def test_what_was_never_talked_about_cannot_be_marked(modern: "World") -> None:
    stranger = await modern.refusal("mark_conversation", contact="+14155559876", action="read")
    assert "there is no conversation with them" in stranger
    elsewhere = await modern.refusal("mark_conversation", contact="+17185550134", action="read", line="Lyon")
    assert "there is no conversation on Lyon" in elsewhere
    assert not [path for path in modern.requests if path.startswith("PUT ")]
    assert "Archived:" in await modern.call("mark_conversation", contact="+17185550134", action="archive")


@pytest.mark.anyio
@pytest.mark.parametrize(("words", "waits"), [("Merci !", False), ("STOP", False), ("Ok, when?", True)])
async def test_thanks_and_stop_do_not_wait_for_anybody(modern: "World", words: str, waits: bool) -> None:
    number = "+14155550189"
    await modern.control("inbound-sms", from_number=number, to_number="+12125550100", content=words)
    rows = (await modern.facts("list_conversations", limit=20))["conversations"]
    (row,) = [row for row in rows if row["contact"] == number]
    assert row.get("waiting", False) is waits
