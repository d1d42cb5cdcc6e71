"""Calls in depth: one at any zoom, many at once, and their summaries rewritten."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from mcp.types import CallToolResult
from pydantic import Field

from withallo_client import ForbiddenError
from withallo_tools.answers import Answer, Facts, count
from withallo_tools.call_detail import CallDetail, View, Zoom, read_find, read_offset_of, read_place, tell
from withallo_tools.call_rows import CallRow, call_rows
from withallo_tools.call_search import read_call, read_calls, rest_id
from withallo_tools.lines import known_line_names
from withallo_tools.moments import span_words
from withallo_tools.outsiders import EVERYBODY, clean
from withallo_tools.parameters import NO, OPTIONAL, CallId
from withallo_tools.services import Services, Write, services
from withallo_tools.times import TimeRange
from withallo_tools.tool import Effect, ToolContext, tool

_LONGEST_PRESENT = 600
_NAMED_UNKNOWN = 10


class ManyCalls(Facts):
    """Calls in the order asked for."""

    calls: tuple[CallRow, ...] = ()
    unknown: tuple[str, ...] = Field(default=(), description="Ids without a call.")
    more: str = Field(default="", description="What is left out, and what shows it.")


class SavedSummary(Facts):
    """A summary that was replaced."""

    state: str = Field(description="sent, replayed or dry_run")
    call_id: str
    version: int | None = None


@tool(title="Read a call", effect=Effect.READ, toolset="calls", scopes=("CONVERSATIONS_READ",))
async def get_call(
    ctx: ToolContext,
    *,
    call_id: CallId,
    zoom: Annotated[
        Zoom, Field(description="outline: who spoke how long and where it turns; transcript: every word.")
    ] = "summary",
    find: Annotated[str, Field(description="Words: shows the places where they were said."), OPTIONAL] = "",
    start: Annotated[str, Field(description="Transcript from here: 12:05 or turn 120."), OPTIONAL] = "",
    end: Annotated[str, Field(description="Transcript up to this offset."), OPTIONAL] = "",
    speaker: Annotated[Literal["any", "us", "them", "ai"], Field(description="Only what this side said.")] = "any",
    skip_ending: Annotated[
        bool, Field(description="Leave out the last turns, which come along otherwise."), NO
    ] = False,
) -> Annotated[CallToolResult, CallDetail]:
    """Read one call: its summary, an outline, or the exact words, always with how it ended.

    For words across calls use search_conversations; search_calls finds ids.
    """
    reach = services(ctx)
    view = View(
        zoom=zoom,
        find=read_find(find),
        first=read_place(start, "turn"),
        line=read_place(start, "line"),
        start=read_offset_of("start", start),
        end=read_offset_of("end", end),
        speaker=speaker,
        with_ending=not skip_ending,
    )
    call = await read_call(reach, call_id, transcript=True)
    head = (await call_rows(reach, [call], await known_line_names(reach), gist_length=0))[0]
    told = tell(call, head, view, reach.answer_budget)
    spoke = ", ".join(f"{side} {seconds // 60}:{seconds % 60:02d}" for side, seconds in told.facts.spoke.items())
    answer = Answer(reach.answer_budget).say(
        f"Call ({span_words(TimeRange(), reach)}; mm:ss from its start; us: your side):",
        f"Spoke: {spoke}" if spoke else "",
    )
    answer.rows(told.rows, EVERYBODY)
    return answer.say(*told.notes).result(told.facts)


@tool(title="Read many calls", effect=Effect.READ, toolset="extras", scopes=("CONVERSATIONS_READ",))
async def get_calls(
    ctx: ToolContext,
    *,
    call_ids: Annotated[tuple[str, ...], Field(min_length=1, max_length=100, description="Call ids, up to 100.")],
) -> Annotated[CallToolResult, ManyCalls]:
    """Read the summaries of up to 100 calls by id, in one request.

    Use search_calls where ids are not known, get_call for the words of one call.
    """
    reach = services(ctx)
    calls = await read_calls(reach, call_ids)
    rows = await call_rows(reach, calls, await known_line_names(reach), gist_length=400)
    known = {call.id for call in calls}
    asked = dict.fromkeys(rest_id(call_id) for call_id in call_ids)
    unknown = tuple(clean(call_id, 60) for call_id in asked if call_id not in known)
    answer = Answer(reach.answer_budget).say(_many(len(rows), len(asked), reach), _unknown_line(unknown))
    shown = answer.table(rows, EVERYBODY)
    answer.restate(_many(shown, len(asked), reach))
    notes = _more_of(rows, shown)
    return answer.say(*notes).result(
        ManyCalls(calls=tuple(row for _, row in rows[:shown]), unknown=unknown, more=" ".join(notes))
    )


def _many(shown: int, asked: int, reach: Services) -> str:
    return f"{shown} of {count(asked, 'call')} ({span_words(TimeRange(), reach)}):"


def _unknown_line(unknown: Sequence[str]) -> str:
    if not unknown:
        return ""
    others = len(unknown) - _NAMED_UNKNOWN
    return f"Unknown ids: {', '.join(unknown[:_NAMED_UNKNOWN])}" + (f" and {others} more" if others > 0 else "")


def _more_of(rows: Sequence[tuple[str, CallRow]], shown: int) -> list[str]:
    """What is left out of many calls, and what shows it."""
    notes = []
    if any(row.summary.endswith("…") for _, row in rows[:shown]):
        notes.append("A summary that ends in … goes on: get_call shows the whole.")
    if shown < len(rows):
        left = count(len(rows) - shown, "call")
        notes.append(f"{left} left out for length: ask for their ids, from {rows[shown][1].id} on.")
    return notes


@tool(title="Replace a call's summary", effect=Effect.UPDATE, toolset="extras", scopes=("CONVERSATIONS_WRITE",))
async def update_call_summary(
    ctx: ToolContext,
    *,
    call_id: CallId,
    content: Annotated[str, Field(min_length=1, max_length=100_000, description="The whole new summary, in Markdown.")],
    template_key: Annotated[
        Literal["any", "MARKDOWN_CLASSIC", "MARKDOWN_SHORT_CALL"],
        Field(description="Which summary, where a call has several."),
    ] = "any",
) -> Annotated[CallToolResult, SavedSummary]:
    """Replace the summary of one call; the old text is gone. Read it first with get_call."""
    reach = services(ctx)
    reach.client.conversations.check_summary(content)
    item_id = rest_id(call_id)
    key = None if template_key == "any" else template_key
    removes = await _present_summary(reach, item_id)
    write = Write(
        tool="update_call_summary",
        action=f"Replace the summary of the call {clean(item_id, 60)}",
        details=(
            ("Call", item_id),
            ("New summary", content),
            *((("Template", key),) if key else ()),
            *((("Removes", removes),) if removes else ()),
        ),
        payload={"id": item_id, "content": content, **({"template_key": key} if key else {})},
        deletes=bool(removes),
    )

    async def request(idempotency_key: str) -> Mapping[str, Any]:
        saved = await reach.client.conversations.update_summary(item_id, content, key, idempotency_key=idempotency_key)
        return saved.model_dump(mode="json", exclude_none=True, exclude={"content"})

    written = await reach.writes.submit(ctx, write, request)
    said = {"sent": "Replaced", "replayed": "Replaced earlier", "dry_run": "Dry run, not replaced"}[written.state]
    version = written.result.get("version")
    facts = SavedSummary(
        state=written.state, call_id=clean(item_id, 60), version=version if isinstance(version, int) else None
    )
    return Answer().say(f"{said}: the summary of {facts.call_id}.").result(facts)


async def _present_summary(reach: Services, call_id: str) -> str:
    """What the human is shown of the summary that would be gone; of several, the one that answers show."""
    try:
        return clean((await read_call(reach, call_id, transcript=False)).summary or "", _LONGEST_PRESENT)
    except ForbiddenError:
        return "the present summary; this key cannot read it (CONVERSATIONS_READ)"
