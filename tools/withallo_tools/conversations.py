"""Conversations over all lines: finding words in calls and texts."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult
from pydantic import Field

from withallo_client import ForbiddenError, Item, ItemFilter, NotFoundError
from withallo_tools.answers import Answer, Facts
from withallo_tools.excerpts import excerpt
from withallo_tools.item_scan import scan_calls
from withallo_tools.item_search import DIRECTIONS, RESULTS, Hits, ItemQuery, Order, search_items
from withallo_tools.keywords import Keyword, keywords
from withallo_tools.lines import find_line, known_line_names
from withallo_tools.moments import at_local, span_range, span_words
from withallo_tools.names import beside, names_for
from withallo_tools.outsiders import EVERYBODY, OutsiderText
from withallo_tools.paging import next_cursor, read_cursor
from withallo_tools.parameters import (
    NO,
    NO_ROWS,
    OPTIONAL,
    Contact,
    Cursor,
    Direction,
    Limit,
    Line,
    Outcome,
    Since,
    Until,
)
from withallo_tools.phone import display, normal
from withallo_tools.resolve import Party, find_talking
from withallo_tools.services import Services, services
from withallo_tools.talk import Talk, TalkRow, talk_of_item, talk_row
from withallo_tools.tally import tally
from withallo_tools.teammates import find_user_id
from withallo_tools.times import TimeRange, parse_range
from withallo_tools.tool import Effect, ToolContext, tool
from withallo_tools.v2_access import may_use_v2, v2_was_refused

_ORDERS: dict[Order, str] = {"newest": "newest first", "oldest": "oldest first", "relevance": "best first"}
_KINDS: dict[str, Literal["CALL", "SMS"]] = {"call": "CALL", "text": "SMS"}


class FoundItems(Facts):
    """Calls and texts that match."""

    contact: OutsiderText = ""
    items: tuple[TalkRow, ...] = ()
    total: int | None = Field(default=None, description="All that match, where known.")
    range: str = ""
    next_cursor: str = ""


Query = Annotated[str, Field(description="Keywords, all required, in any usual form; amounts in any."), OPTIONAL]
Teammate = Annotated[str, Field(description="Teammate: name, e-mail or id."), OPTIONAL]
Kind = Annotated[Literal["any", "call", "text"], Field(description="Calls or texts only.")]
TagKeys = Annotated[tuple[str, ...], Field(max_length=20, description="Tag keys on calls."), NO_ROWS]
Unread = Annotated[bool, Field(description="Only unread."), NO]
Unresponded = Annotated[bool, Field(description="Only what waits for an answer."), NO]
Recorded = Annotated[bool, Field(description="Only recorded calls."), NO]


@tool(title="Search calls and texts", effect=Effect.READ, toolset="conversations", scopes=("CONVERSATIONS_READ",))
async def search_conversations(
    ctx: ToolContext,
    *,
    query: Query = "",
    contact: Contact = "",
    line: Line = "",
    user: Teammate = "",
    kind: Kind = "any",
    direction: Direction = "any",
    result: Outcome = "any",
    tags: TagKeys = (),
    unread: Unread = False,
    unresponded: Unresponded = False,
    has_recording: Recorded = False,
    since: Since = "",
    until: Until = "",
    sort: Annotated[Order, Field(description="Order.")] = "newest",
    limit: Limit = 20,
    cursor: Cursor = "",
) -> Annotated[CallToolResult, FoundItems]:
    """Search the words of calls (transcripts, summaries) and texts; each hit shows the words in their place.

    Use search_calls to list calls without words, get_call to read on around a hit.
    """
    reach = services(ctx)
    _check_filters(kind, result, direction, recorded=has_recording, tagged=bool(tags))
    asked = {"for": [query, contact, line, user, kind, direction, result, tags, unread, unresponded, has_recording]}
    asked |= {"in": [since, until, sort, limit]}
    position = read_cursor("items", asked, cursor)
    words = _words(query)
    span = parse_range(since, until, zone=reach.zone, now=reach.now())
    chosen = await find_line(reach, line)
    party = await find_talking(reach, contact) if contact.strip() else None
    narrowed = ItemFilter(
        allo_number=chosen.number if chosen else None,
        user_id=await find_user_id(reach, user),
        direction="INBOUND" if result == "missed" else DIRECTIONS.get(direction),
        type="CALL" if result != "any" else _KINDS.get(kind, "ALL"),
        result=RESULTS.get(result),
        tags=tags,
        unread=unread or None,
        unresponded=unresponded or None,
        has_recording=has_recording or None,
        since=span.start,
        until=span.end,
    )
    numbers = party.numbers if party else ()
    wanted = ItemQuery(narrowed, numbers, words, sort, how=result, limit=limit)
    found = await _search(reach, wanted, position)
    return await _answer(reach, found, wanted, party, asked, later=position is not None)


async def _search(reach: Services, wanted: ItemQuery, position: object) -> Hits:
    if may_use_v2(reach):
        try:
            return await search_items(reach.client, wanted, position)
        except (ForbiddenError, NotFoundError) as error:
            v2_was_refused(reach, error)
    return await scan_calls(reach, wanted, position)


async def _answer(
    reach: Services, found: Hits, wanted: ItemQuery, party: Party | None, asked: Mapping[str, object], *, later: bool
) -> CallToolResult:
    span = TimeRange(wanted.filter.since, wanted.filter.until)
    lines = {} if wanted.filter.allo_number else await known_line_names(reach)
    rows = await _rows(reach, found.items, wanted.words, lines, party)
    words = span_words(span, reach)
    answer = Answer(reach.answer_budget).say(f"Nothing matches ({words}).")
    shown = answer.table(rows, EVERYBODY, f"with {party.label}" if party else "")
    going_on = found.position_after(shown)
    more = next_cursor("items", asked, going_on) if going_on else ""
    if rows:
        said = tally(shown, "hit", found.total, more=bool(more), later=later)
        answer.restate(f"{said}, {_ORDERS[wanted.order]} ({words}):")
    elif more:
        answer.restate(f"Nothing found yet ({words}).")
    else:
        answer.say(_hint(wanted.words, with_contact=party is not None))
    answer.say(
        "" if found.has_texts else "This key sees no texts here.",
        _bound(found, wanted.order, reach) if more and shown == len(rows) else "",
        f"More: cursor={more}" if more else "",
    )
    return answer.result(
        FoundItems(
            contact=party.label if party else "",
            items=tuple(row for _, row in rows[:shown]),
            total=found.total,
            range=span_range(span, reach),
            next_cursor=more,
        )
    )


def _words(query: str) -> tuple[Keyword, ...]:
    words = keywords(query)
    if query.strip() and not words:
        raise ToolError("query: holds no word to look for.")
    return words


async def _rows(
    reach: Services, items: Sequence[Item], words: Sequence[Keyword], lines: Mapping[str, str], party: Party | None
) -> list[tuple[str, TalkRow]]:
    """Each hit with the words in their place; of the one who was asked for, only another number than the first."""
    talks = [talk_of_item(item) for item in items]
    names = {} if party else await names_for(reach, [talk.number for talk in talks])
    first = normal(party.numbers[0], reach.region) if party and party.numbers else ""

    def who(talk: Talk) -> str:
        if party is None:
            return beside(talk.number, names, talk.name)
        return "" if normal(talk.number or "", reach.region) == first else display(talk.number)

    return [
        talk_row(reach, talk, lines, who(talk), words=excerpt(item, words))
        for talk, item in zip(talks, items, strict=True)
    ]


def _check_filters(kind: str, result: str, direction: str, *, recorded: bool, tagged: bool) -> None:
    """Refuse filters that nothing can pass together."""
    about_calls = {"result": result != "any", "has_recording": recorded, "tags": tagged}
    if kind == "text" and any(about_calls.values()):
        names = ", ".join(name for name, given in about_calls.items() if given)
        raise ToolError(f"kind: texts have no {names}; that is for calls. Leave one of them out.")
    if result == "missed" and direction == "outbound":
        raise ToolError("result: only inbound calls are missed. Leave out direction='outbound' or result='missed'.")


def _hint(words: Sequence[Keyword], *, with_contact: bool) -> str:
    if words:
        apart = " Words in quotes must stand side by side." if any(" " in word.word for word in words) else ""
        return f"All words are required: try fewer, or the beginning of one and a star, as deliv*.{apart}"
    return "get_contact_conversation shows everything with this contact." if with_contact else ""


def _bound(found: Hits, order: Order, reach: Services) -> str:
    if found.looked_to is None:
        return "" if found.items else "The search stopped at its bound; the cursor goes on from there."
    way = "up" if order == "oldest" else "back"
    return f"Looked {way} to {at_local(found.looked_to, reach)} only; the cursor goes on from there."
