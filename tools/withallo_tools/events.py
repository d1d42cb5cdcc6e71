"""What came in by webhook."""

from collections.abc import Sequence
from typing import Annotated

from mcp.types import CallToolResult
from pydantic import Field

from withallo_tools.answers import Answer, Facts
from withallo_tools.event_rows import EventRow, event_row
from withallo_tools.lines import known_line_names
from withallo_tools.moments import span_words
from withallo_tools.names import names_for
from withallo_tools.outsiders import EVERYBODY
from withallo_tools.paging import next_cursor, read_cursor
from withallo_tools.parameters import EMPTY, NO, Contact, Cursor, Limit, Since, Until
from withallo_tools.resolve import find_reading
from withallo_tools.services import EventQuery, InboxEvent, Services, services
from withallo_tools.times import parse_range
from withallo_tools.tool import Effect, ToolContext, tool

_CALLS = ("call.received", "call.triggered", "call.answered", "call.completed")
_TEXTS = ("sms.received", "sms.sent")
_CONTACTS = ("contact.created", "contact.updated")
_FAMILIES = {
    **dict.fromkeys(("call", "calls"), _CALLS),
    **dict.fromkeys(("sms", "text", "texts"), _TEXTS),
    **dict.fromkeys(("contact", "contacts"), _CONTACTS),
}

Topic = Annotated[
    str, Field(max_length=100, description="'call', 'sms', 'contact', or exactly, like 'sms.received'."), EMPTY
]


class Events(Facts):
    """Events, newest first."""

    events: tuple[EventRow, ...] = ()
    total: int
    range: str = ""
    next_cursor: str = ""


@tool(title="List inbox events", effect=Effect.READ, toolset="events")
async def list_events(
    ctx: ToolContext,
    *,
    topic: Topic = "",
    contact: Contact = "",
    since: Since = "",
    until: Until = "",
    unread: Annotated[bool, Field(description="Only what nobody has marked as read."), NO] = False,
    limit: Limit = 20,
    cursor: Cursor = "",
) -> Annotated[CallToolResult, Events]:
    """List what reached this server by webhook: calls, texts and contact changes, newest first.

    Rows with verified: false carry no proof that Allo sent them. Use wait_for_event for what is yet to come,
    search_calls or get_contact_conversation for the full history in Allo.
    """
    reach = services(ctx)
    asked = {"events": [topic, contact, since, until, unread, limit]}
    before = read_cursor("events", asked, cursor)
    span = parse_range(since, until, zone=reach.zone, now=reach.now())
    page = await reach.inbox.list(
        EventQuery(
            topics=topics_of(topic),
            contact_numbers=await numbers_of(reach, contact),
            since=span.start,
            until=span.end,
            unread=unread,
            before=before if isinstance(before, int) else None,
            limit=limit + 1,
        )
    )
    rows = await event_rows(reach, page.events[:limit])
    count = f"{page.total}{'' if page.total_is_exact else ' or more'}"
    answer = Answer(reach.answer_budget).say(
        f"{len(rows)} of {count} events, newest first ({span_words(span, reach)}):"
        if rows
        else f"No events ({span_words(span, reach)})."
    )
    shown = answer.rows([text for text, _ in rows], EVERYBODY)
    more = next_cursor("events", asked, page.events[shown - 1].sequence) if shown < len(page.events) else ""
    answer.say(f"More: cursor={more}" if more else "")
    events = tuple(row for _, row in rows[:shown])
    return answer.result(Events(events=events, total=page.total, range=span_words(span, reach), next_cursor=more))


def topics_of(words: str) -> tuple[str, ...]:
    """The topics somebody means by a family, a topic, or several of them with commas."""
    wanted = [word.strip() for word in words.split(",") if word.strip()]
    return tuple(topic for word in wanted for topic in _FAMILIES.get(word.lower(), (word,)))


async def numbers_of(reach: Services, contact: str) -> tuple[str, ...]:
    """All numbers of the person who is meant; none when nobody was named."""
    return (await find_reading(reach, contact)).numbers if contact.strip() else ()


async def event_rows(reach: Services, events: Sequence[InboxEvent]) -> list[tuple[str, EventRow]]:
    """Events with the names of people and lines."""
    names = await names_for(reach, [event.contact_number for event in events])
    lines = await known_line_names(reach) if events else {}
    return [event_row(reach, event, names, lines) for event in events]
