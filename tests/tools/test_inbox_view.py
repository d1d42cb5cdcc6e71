"""The inbox of each line is shown and marked as people do it in Allo."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import anyio
import httpx
import pytest

if TYPE_CHECKING:
    from tests.tools.conftest import OpenWorld, World

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
    text = await world.call("list_conversations", limit=30)
    assert text.startswith("First 30 conversations, more may follow, latest first (")


@pytest.mark.anyio
async def test_a_key_of_v1_alone_is_told_what_works_instead_of_the_inbox(open_world: "OpenWorld") -> None:
    async with open_world(calls=20) as world:
        world.closed = ("/v2/api/conversations",)
        listed = await world.refusal("list_conversations")
        marked = await world.refusal("mark_conversation", contact="+17185550134", action="read")
        works = ("search_calls", "get_contact_conversation", "list_follow_ups")
        for said in (listed, marked):
            assert [name for name in works if name not in said] == []
        assert await world.facts("search_calls", limit=3)
        assert await world.facts("list_follow_ups", limit=3)


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


@pytest.mark.anyio
async def test_paging_through_the_unread_skips_none_while_they_are_read(open_world: "OpenWorld") -> None:
    async with open_world() as world:
        asked = {"line": "New York", "unread": True}
        everybody = await _contacts(world, **asked, limit=100)
        assert len(everybody) > 5
        seen: list[str] = []
        cursor = ""
        for turn in range(len(everybody)):
            facts = await world.facts("list_conversations", **asked, limit=2, cursor=cursor)
            seen += [row["contact"] for row in facts.get("conversations", ())]
            if not (cursor := facts.get("next_cursor", "")):
                break
            if turn == 1:
                for number in seen:
                    await _mark(world, number)
        assert seen == everybody


@pytest.mark.anyio
async def test_an_old_unread_conversation_behind_a_hundred_others_is_shown_as_unread(open_world: "OpenWorld") -> None:
    async with open_world(calls=20) as world:
        for number in range(130):
            sender = f"+1312555{1000 + number}"
            await world.control("inbound-sms", from_number=sender, to_number=LINE, content="Hello")
        rows: list[Mapping[str, Any]] = []
        cursor = ""
        while len(rows) < 130:
            facts = await world.facts("list_conversations", line="New York", limit=100, cursor=cursor)
            rows += facts["conversations"]
            cursor = facts.get("next_cursor", "")
        assert [row["contact"] for row in rows[:130] if not row.get("unread")] == []


async def _contacts(world: "World", **asked: Any) -> list[str]:
    return [row["contact"] for row in (await world.facts("list_conversations", **asked))["conversations"]]


async def _mark(world: "World", number: str) -> None:
    path = f"/v2/api/conversations/{quote(number, safe='')}/action"
    headers = {"Authorization": "Api-Key ak_live_sandbox"}
    transport = httpx.ASGITransport(app=world.sandbox.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox", headers=headers) as http:
        assert (await http.put(path, json={"action": "READ"})).is_success
