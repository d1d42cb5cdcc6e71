"""What the usual questions cost, and that what is needed to answer them is in the answers."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from withallo_sandbox import AGREEMENT, LINES, LONG_CALL_ID, ROBERT, SARAH, Message

if TYPE_CHECKING:
    from tests.tools.conftest import World

pytestmark = pytest.mark.anyio

Tokens = Callable[[str], int]
SEARCH = "/v2/api/conversations/items/search"


async def answers(world: "World", *calls: tuple[str, dict[str, Any]]) -> str:
    """All text a model reads when it makes these calls."""
    said = []
    for name, arguments in calls:
        result = await world.mcp.call_tool(name, arguments)
        assert not result.is_error, result
        said += [part.text for part in result.content if part.type == "text"]
    return "\n".join(said)


async def test_ten_recent_calls_are_ten_lines_with_who_when_how_and_what(modern: "World", tokens: Tokens) -> None:
    said = await answers(modern, ("search_calls", {"limit": 10}))
    newest = sorted(modern.sandbox.account.timeline.calls(), key=lambda call: call.date, reverse=True)[:10]
    for call in newest:
        (row,) = [line for line in said.splitlines() if call.id in line]
        assert call.contact_number in row or call.contact_number == "anonymous"
        assert (call.summary or "")[:40] in row
        assert call.direction.lower() in row
    raw = [await modern.allo("GET", "/v1/api/calls", allo_number=line.number, size=10) for line in LINES]
    assert tokens(said) <= 900
    assert tokens(said) * 10 <= tokens("".join(raw))


async def test_what_was_agreed_at_the_end_of_a_long_call_is_found(modern: "World", tokens: Tokens) -> None:
    found = await modern.facts("search_calls", contact=SARAH.full_name, since="last 14 days")
    assert LONG_CALL_ID in [call["id"] for call in found["calls"]]
    said = await answers(
        modern,
        ("search_calls", {"contact": SARAH.full_name, "since": "last 14 days"}),
        ("get_call", {"call_id": LONG_CALL_ID}),
    )
    assert AGREEMENT in said
    raw = await modern.allo("GET", f"/v2/api/conversations/items/{LONG_CALL_ID}", extend="transcript")
    assert tokens(said) <= 2000
    assert tokens(said) * 10 <= tokens(raw)


async def test_words_lead_to_the_agreement_without_reading_the_call(modern: "World", tokens: Tokens) -> None:
    asked = {"query": "agreed", "contact": SARAH.full_name, "since": "last 14 days"}
    said = await answers(modern, ("search_conversations", asked))
    assert "48:45 them: Agreed. Twelve consoles, 4,200 each, on the 14th." in said
    assert LONG_CALL_ID in said
    assert tokens(said) <= 400


async def test_all_texts_with_one_person_are_there_word_for_word(modern: "World", tokens: Tokens) -> None:
    asked = {"contact": ROBERT.full_name, "kind": "text", "since": "last 90 days", "limit": 100}
    said = await answers(modern, ("search_conversations", asked))
    texts = [
        item.content
        for number in ROBERT.numbers
        for item in modern.sandbox.account.timeline.newest_first(contact=number)
        if isinstance(item, Message)
    ]
    assert len(texts) > 20
    assert [text for text in texts if " / ".join(text.splitlines()) not in said] == []
    contact = (await modern.facts("search_contacts", query=ROBERT.numbers[0]))["people"][0]["id"]
    raw = await modern.allo("GET", f"/v1/api/contact/{contact}/conversation", size=100)
    assert tokens(said) * 10 <= tokens(raw)
    assert tokens(said) <= 40 * len(texts)


async def test_each_of_ten_hits_shows_the_words_in_their_place(modern: "World", tokens: Tokens) -> None:
    said = await answers(modern, ("search_conversations", {"query": "delivery", "limit": 10}))
    hits = [line for line in said.splitlines() if " | " in line]
    assert len(hits) == 10
    assert all("deliver" in hit.casefold() for hit in hits)
    raw = await modern.allo("POST", SEARCH, search="delivery", page=1, size=10, extend="transcript")
    assert tokens(said) * 10 <= tokens(raw)


async def test_an_inbox_of_twenty_shows_who_what_and_what_waits(modern: "World", tokens: Tokens) -> None:
    said = await answers(modern, ("list_conversations", {"limit": 20}))
    facts = await modern.facts("list_conversations", limit=20)
    assert len(facts["conversations"]) == 20
    for row in facts["conversations"]:
        assert row["contact"] in said
        assert row["last"] in said
    texts = [item for item in modern.sandbox.account.timeline.newest_first() if isinstance(item, Message)]
    assert " / ".join(texts[0].content.splitlines())[:60] in said
    assert any(row.get("waiting") and row.get("unread") for row in facts["conversations"])
    pages = [
        await modern.allo("GET", "/v2/api/conversations", allo_number=line.number, size=20, **which)
        for line in LINES
        for which in ({}, {"unread": "true"})
    ]
    assert tokens(said) * 10 <= tokens("".join(pages))


async def test_no_answer_exceeds_the_ceiling_whatever_is_asked(modern: "World", cost: Any) -> None:
    ids = [call.id for call in modern.sandbox.account.timeline.calls()][:100]
    for name, arguments in (
        ("get_call", {"call_id": LONG_CALL_ID, "zoom": "transcript"}),
        ("get_calls", {"call_ids": ids}),
        ("search_calls", {"limit": 100}),
        ("search_conversations", {"query": "the", "limit": 100}),
        ("list_conversations", {"limit": 100}),
        ("list_follow_ups", {"since": "last 60 days", "limit": 100}),
        ("get_contact_conversation", {"contact": ROBERT.full_name, "limit": 100}),
    ):
        text, facts = cost(await modern.mcp.call_tool(name, arguments))
        assert text <= 6_000, name
        assert facts <= 6_000, name
