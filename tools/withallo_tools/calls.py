"""Phone calls."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Literal

from mcp.types import CallToolResult
from pydantic import Field

from withallo_tools.answers import Answer, Facts, count
from withallo_tools.call_facts import CallFacts
from withallo_tools.call_rows import CallRow, call_rows
from withallo_tools.call_search import CallQuery, longest, search
from withallo_tools.lines import find_line, known_line_names, own_lines
from withallo_tools.moments import at_local, iso_local, span_range, span_words
from withallo_tools.newest import Newest, Position
from withallo_tools.outsiders import EVERYBODY
from withallo_tools.paging import next_cursor, read_cursor
from withallo_tools.parameters import Contact, Cursor, Direction, Limit, Line, Outcome, Since, Until
from withallo_tools.resolve import Party, find_talking, part_of_number
from withallo_tools.services import Services, services
from withallo_tools.tally import tally
from withallo_tools.times import parse_range
from withallo_tools.tool import Effect, ToolContext, tool

_MOST_ROWS = 100


class Calls(Facts):
    """Calls in the order asked for."""

    calls: tuple[CallRow, ...] = ()
    total: int | None = Field(default=None, description="All that match, where known.")
    range: str = ""
    looked_back_to: str | None = Field(default=None, description="Nothing older was looked at yet.")
    next_cursor: str = ""


@tool(title="Search calls", effect=Effect.READ, toolset="calls", scopes=("CONVERSATIONS_READ",))
async def search_calls(
    ctx: ToolContext,
    *,
    contact: Contact = "",
    line: Line = "",
    since: Since = "",
    until: Until = "",
    direction: Direction = "any",
    result: Outcome = "any",
    sort: Annotated[Literal["newest", "longest"], Field(description="Order.")] = "newest",
    limit: Limit = 20,
    cursor: Cursor = "",
) -> Annotated[CallToolResult, Calls]:
    """List phone calls, each on one line with a one-line summary.

    Use get_call for what was said in one call, search_conversations to find words, list_follow_ups for what waits.
    """
    reach = services(ctx)
    asked = {"calls": [contact, line, since, until, direction, result, sort, limit]}
    after = Position.from_json(read_cursor("calls", asked, cursor))
    span = parse_range(since, until, zone=reach.zone, now=reach.now())
    lines = await own_lines(reach)
    chosen = await find_line(reach, line)
    part = await part_of_number(reach, contact)
    party = await find_talking(reach, contact) if contact.strip() and not part else None
    query = CallQuery(
        lines=tuple(one.number for one in ([chosen] if chosen else lines) if one.number),
        every_line=chosen is None,
        numbers=party.numbers if party else (),
        span=span,
        way=direction,
        how=result,
        limit=limit,
        up_to_now=span.end is None or span.end >= reach.now(),
        part=part,
        longest_first=sort == "longest",
    )
    found = await longest(reach, query) if query.longest_first else await search(reach, query, after)
    return await _answer(reach, found, query, party, asked, later=after is not None)


async def _answer(
    reach: Services,
    found: Newest[CallFacts],
    query: CallQuery,
    party: Party | None,
    asked: Mapping[str, list[object]],
    *,
    later: bool,
) -> CallToolResult:
    of_one = party is not None and len(party.numbers) == 1
    names = await known_line_names(reach) if query.every_line else {}
    rows = await call_rows(reach, found.rows, names, of_one=of_one)
    order, words = "longest first" if query.longest_first else "newest first", span_words(query.span, reach)
    answer = Answer(reach.answer_budget).say(f"No calls match ({words}).")
    shown = answer.table(rows, EVERYBODY, f"with {party.label}" if party else "")
    found = replace(found, rows=found.rows[:shown]) if query.longest_first else found.cut(shown)
    more = next_cursor("calls", asked, found.position.as_json()) if found.position else ""
    if rows:
        said = tally(shown, "call", found.total, more=bool(more), later=later)
        answer.restate(f"{said}, {order} ({words}):")
    answer.say(
        _shorter(found, len(rows) - shown) if query.longest_first else "",
        _bound(found, reach, goes_on=bool(more)),
        f"More: cursor={more}" if more else "",
    )
    return answer.result(
        Calls(
            calls=[row for _, row in rows[: len(found.rows)]],
            total=found.total,
            range=span_range(query.span, reach),
            looked_back_to=iso_local(found.looked_back_to, reach),
            next_cursor=more,
        )
    )


def _shorter(found: Newest[CallFacts], left_out: int) -> str:
    """How to see more of the longest calls, which have no cursor."""
    if left_out:
        return f"{count(left_out, 'call')} left out for length; lower the limit or narrow the range."
    shown = len(found.rows)
    if not found.total or found.total <= shown:
        return ""
    larger = f"a larger limit, up to {_MOST_ROWS}, or " if shown < _MOST_ROWS else ""
    return f"Shorter ones are not shown: {larger}a narrower range shows more."


def _bound(found: Newest[CallFacts], reach: Services, *, goes_on: bool) -> str:
    if found.looked_back_to is None:
        return ""
    then = "; the cursor goes on from there." if goes_on else ": ask for a shorter range."
    return f"Looked back to {at_local(found.looked_back_to, reach)} only{then}"
