"""What came in by webhook."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import anyio
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult
from pydantic import BeforeValidator, Field

from withallo_tools.answers import Answer, Facts, refusal
from withallo_tools.event_rows import EventRow, event_row
from withallo_tools.lines import find_line, known_line_names
from withallo_tools.moments import span_range, span_words
from withallo_tools.names import names_for
from withallo_tools.outsiders import EVERYBODY, clean
from withallo_tools.paging import next_cursor, read_sequence
from withallo_tools.parameters import NO, OPTIONAL, Contact, Cursor, Limit, Line, Since, Until
from withallo_tools.resolve import Party, find_talking
from withallo_tools.services import EventPage, EventQuery, InboxEvent, Services, services
from withallo_tools.times import TimeRange, parse_range
from withallo_tools.tool import Effect, ToolContext, tool

_BETWEEN_PROGRESS = 3.0
_LINES_SECONDS = 1.0
_SECONDS = BeforeValidator(lambda value: 50 if value is None else value)
_CALLS = ("call.received", "call.triggered", "call.answered", "call.completed")
_TEXTS = ("sms.received", "sms.sent")
_CONTACTS = ("contact.created", "contact.updated")
_TOPICS = (*_CALLS, *_TEXTS, *_CONTACTS)
_FAMILIES = {
    **dict.fromkeys(("call", "calls"), _CALLS),
    **dict.fromkeys(("sms", "text", "texts"), _TEXTS),
    **dict.fromkeys(("contact", "contacts"), _CONTACTS),
}

Topic = Annotated[str, Field(description="'call', 'sms', 'contact', or exactly, like 'sms.received'."), OPTIONAL]


class Events(Facts):
    """Events, newest first."""

    events: tuple[EventRow, ...] = ()
    total: int
    range: str = ""
    next_cursor: str = ""


class WaitedFor(Facts):
    """What came, oldest first."""

    events: tuple[EventRow, ...] = ()
    after: str = Field(description="Pass it to the next call.")


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
    before = read_sequence("events", asked, cursor)
    span = parse_range(since, until, zone=reach.zone, now=reach.now())
    party = await find_talking(reach, contact) if contact.strip() else None
    page = await reach.inbox.list(
        EventQuery(
            topics=await known_topics(reach, topic),
            contact_numbers=party.numbers if party else (),
            since=span.start,
            until=span.end,
            unread=unread,
            before=before,
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
    shown = _show(answer, rows, party)
    if rows:
        answer.restate(f"{shown} of {count} events, newest first ({span_words(span, reach)}):")
    more = next_cursor("events", asked, page.events[shown - 1].sequence) if shown < len(page.events) else ""
    answer.say(f"More: cursor={more}" if more else "")
    events = tuple(row for _, row in rows[:shown])
    return answer.result(Events(events=events, total=page.total, range=span_range(span, reach), next_cursor=more))


@tool(title="Wait for an event", effect=Effect.READ, toolset="events")
async def wait_for_event(
    ctx: ToolContext,
    *,
    topic: Topic = "",
    contact: Contact = "",
    line: Line = "",
    after: Annotated[
        str, Field(description="`after` of the last answer: continue without gap or repeat."), OPTIONAL
    ] = "",
    seconds: Annotated[int, Field(ge=1, le=50, description="How long to wait at most."), _SECONDS] = 50,
) -> Annotated[CallToolResult, WaitedFor]:
    """Wait until a call, text or contact change comes in, and return at once if it already came after `after`.

    A finished call is topic call.completed. When nothing came, call again with `after`. For the past use list_events.
    """
    reach = services(ctx)
    party = await find_talking(reach, contact) if contact.strip() else None
    chosen = await find_line(reach, line)
    query = EventQuery(
        topics=await known_topics(reach, topic),
        contact_numbers=party.numbers if party else (),
        allo_number=chosen.number if chosen else None,
        after=_read_after(after),
        limit=20,
        newest_first=False,
    )
    page = await _wait(ctx, reach, query, seconds)
    rows = await event_rows(reach, page.events)
    answer = Answer(reach.answer_budget).say(
        f"{len(rows)} events, oldest first ({span_words(TimeRange(), reach)}):" if rows else f"Nothing in {seconds} s."
    )
    shown = _show(answer, rows, party)
    place = page.latest if shown == len(rows) else page.events[shown - 1].sequence
    going_on = next_cursor("wait", {}, place)
    answer.say(f"To go on without missing or repeating anything: after={going_on}")
    return answer.result(WaitedFor(events=tuple(row for _, row in rows[:shown]), after=going_on))


async def _wait(ctx: ToolContext, reach: Services, query: EventQuery, seconds: int) -> EventPage:
    """Wait in short stretches and say between them that we are still there."""
    begun = anyio.current_time()
    while True:
        left = begun + seconds - anyio.current_time()
        page = await reach.inbox.wait(query, max(0.0, min(left, _BETWEEN_PROGRESS)))
        if page.events or left <= _BETWEEN_PROGRESS:
            return page
        query = replace(query, after=page.latest)
        await ctx.report_progress(anyio.current_time() - begun, seconds, "Nothing yet, still waiting")


def _read_after(after: str) -> int | None:
    try:
        return read_sequence("wait", {}, after)
    except ToolError as error:
        raise ToolError("after: cannot be read. Pass it exactly as given, or leave it out.") from error


def topics_of(words: str) -> tuple[str, ...]:
    """The topics somebody means by a family, a topic, or several of them with commas."""
    wanted = [word.strip() for word in words.split(",") if word.strip()]
    return tuple(topic for word in wanted for topic in _FAMILIES.get(word.lower(), (_spelled(word),)))


def _spelled(word: str) -> str:
    return word.lower() if word.lower() in _TOPICS else word


async def known_topics(reach: Services, words: str) -> tuple[str, ...]:
    """As `topics_of`; also takes a topic that is only known from events that came in.

    Raises:
        ToolError: Allo has no such topic and no event of it came in; the error lists the topics there are.
    """
    chosen = topics_of(words)
    unknown = [topic for topic in chosen if topic not in _TOPICS]
    if not unknown:
        return chosen
    stored = await reach.inbox.topics()
    strange = [topic for topic in unknown if topic not in stored]
    if strange:
        raise refusal(
            f"topic: there is none called {', '.join(clean(topic, 60) for topic in strange[:5])}. "
            f"Known: call, sms, contact (all of a kind), {', '.join(_TOPICS)}.",
            [clean(topic, 60) for topic in stored if topic not in _TOPICS],
        )
    return chosen


def _show(answer: Answer, rows: Sequence[tuple[str, EventRow]], party: Party | None) -> int:
    """Show the events, or only whom they would be of, and say how many found room."""
    return answer.table(rows, EVERYBODY, f"with {party.label}" if party and not rows else "")


async def event_rows(reach: Services, events: Sequence[InboxEvent]) -> list[tuple[str, EventRow]]:
    """Events with the names of people and lines; lines that Allo does not tell for now go without."""
    names = await names_for(reach, [event.contact_number for event in events])
    lines: dict[str, str] = {}
    if events:
        with anyio.move_on_after(_LINES_SECONDS):
            lines = await known_line_names(reach)
    return [event_row(reach, event, names, lines) for event in events]
