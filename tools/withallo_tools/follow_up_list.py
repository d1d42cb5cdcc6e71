"""What was left open, in one call over all lines."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Literal

from mcp.types import CallToolResult
from pydantic import Field

from withallo_client import AlloClient, ForbiddenError, ItemFilter, NotFoundError
from withallo_tools.answers import Answer, Facts, Row, count
from withallo_tools.call_search import v1_source
from withallo_tools.follow_ups import FollowUps, Promise, follow_ups
from withallo_tools.gist import gist
from withallo_tools.lines import find_line, known_line_names, own_lines
from withallo_tools.moments import at_local, iso_local, span_range, span_words
from withallo_tools.names import beside, names_for
from withallo_tools.newest import Batch, Newest, Source, Wanted, newest
from withallo_tools.outsiders import EVERYBODY, OutsiderText, clean
from withallo_tools.parameters import OPTIONAL, Limit, Line
from withallo_tools.phone import normal
from withallo_tools.services import Services, services
from withallo_tools.talk import Talk, talk_of_call, talk_of_item
from withallo_tools.times import TimeRange, parse_range
from withallo_tools.tool import Effect, ToolContext, tool
from withallo_tools.transcripts import clock

_MOST_REQUESTS = 30
_MOST_ITEMS = 5_000
_WORDS = 160

Kind = Literal["missed call", "text", "promise"]


class OpenMatter(Row):
    """One thing left open."""

    kind: Kind
    at: str | None = None
    contact: OutsiderText
    line: str = ""
    times: int = 1
    call_id: str = ""
    offset: str = ""
    by: str = Field(default="", description="Who promised: us or them.")
    contacted_since: int = Field(default=0, description="Our calls and texts after a promise.")
    words: OutsiderText = ""


class OpenMatters(Facts):
    """What was left open, by kind, latest first."""

    matters: tuple[OpenMatter, ...] = ()
    missed_calls: int = 0
    texts: int = 0
    promises: int = 0
    range: str = ""
    complete: bool = Field(default=True, description="False when older calls and texts were not looked at.")


@tool(title="List what is left open", effect=Effect.READ, toolset="conversations", scopes=("CONVERSATIONS_READ",))
async def list_follow_ups(
    ctx: ToolContext,
    *,
    since: Annotated[
        str, Field(description="How far back, like 'yesterday', 'last 14 days'."), OPTIONAL
    ] = "last 7 days",
    line: Line = "",
    kind: Annotated[Literal["any", "missed call", "text", "promise"], Field(description="Only this kind.")] = "any",
    limit: Limit = 20,
) -> Annotated[CallToolResult, OpenMatters]:
    """List what waits for your team: missed calls nobody returned, texts nobody answered, promises made in calls.

    Each promise comes with its sentence and call; whether it was kept is for people to judge. Use search_calls or
    list_conversations for everything, settled or not.
    """
    reach = services(ctx)
    span = parse_range(since or "last 7 days", "", zone=reach.zone, now=reach.now())
    chosen = await find_line(reach, line)
    found, texts_seen = await _everything(reach, span, chosen.number if chosen else None)
    # Times are told to the second: where one holds a question and our answer, the answer came later.
    talks = sorted(found.rows, key=lambda talk: talk.way == "outbound")
    open_ones = follow_ups(talks, since=span.start, same=lambda number: normal(number, reach.region))
    lines = {} if chosen else await known_line_names(reach)
    rows = [row for row in await _rows(reach, open_ones, lines) if kind in ("any", row[1].kind)]
    shown_rows = _share(rows, limit)
    answer = Answer(reach.answer_budget).say(_headline(open_ones, span_words(span, reach)))
    shown = answer.rows([text for text, _ in shown_rows], EVERYBODY)
    answer.say(*_notes(open_ones, found, len(rows) - shown, reach, texts_seen=texts_seen))
    return answer.result(
        OpenMatters(
            matters=tuple(matter for _, matter in shown_rows[:shown]),
            missed_calls=len(open_ones.missed),
            texts=sum(not text.courtesy for text in open_ones.unanswered),
            promises=len(open_ones.promises),
            range=span_range(span, reach),
            complete=found.looked_back_to is None,
        )
    )


async def _everything(reach: Services, span: TimeRange, line: str | None) -> tuple[Newest[Talk], bool]:
    """Calls with transcripts, and texts where the key may see them, of the whole range."""
    wanted: Wanted[Talk] = Wanted(TimeRange(span.start), _MOST_ITEMS, lambda talk: True)
    asked = ItemFilter(allo_number=line, since=span.start)
    try:
        return await newest([Source(partial(_page, reach.client, asked))], wanted, max_requests=_MOST_REQUESTS), True
    except (ForbiddenError, NotFoundError):
        lines = [line] if line else [one.number for one in await own_lines(reach) if one.number]
        calls = await newest(
            [v1_source(reach.client, number) for number in lines],
            Wanted(TimeRange(span.start), _MOST_ITEMS, lambda call: True),
            max_requests=_MOST_REQUESTS,
        )
        talks = [talk_of_call(call) for call in calls.rows]
        return Newest(talks, None, calls.total, calls.looked_back_to), False


async def _page(client: AlloClient, asked: ItemFilter, page: int) -> Batch[Talk]:
    found = await client.conversations.search(asked, page + 1, 100, "transcript")
    return Batch([talk_of_item(item) for item in found.items], found.has_more)


async def _rows(reach: Services, open_ones: FollowUps, lines: Mapping[str, str]) -> list[tuple[str, OpenMatter]]:
    texts = [text for text in open_ones.unanswered if not text.courtesy]
    calls = [promise.call for promise in open_ones.promises]
    everybody = [*(one.last for one in open_ones.missed), *(one.last for one in texts), *calls]
    names = await names_for(reach, [talk.number for talk in everybody])

    def row(
        kind: Kind, talk: Talk, words: str, times: int = 1, promise: Promise | None = None
    ) -> tuple[str, OpenMatter]:
        line = lines.get(talk.line or "", "")
        call_id = clean(talk.allo_id, 60) if talk.call else ""
        matter = OpenMatter(
            kind=kind,
            at=iso_local(talk.at, reach),
            contact=beside(talk.number, names, talk.name),
            line=line,
            times=times,
            call_id=call_id,
            offset=clock(promise.start) if promise else "",
            by=promise.by if promise else "",
            contacted_since=promise.contact_since if promise else 0,
            words=words,
        )
        return _text(at_local(talk.at, reach), matter), matter

    return [
        *(row("missed call", one.last, gist(one.last.call.summary if one.last.call else "", _WORDS), one.count)
          for one in open_ones.missed),
        *(row("text", one.last, clean(one.last.words or "", _WORDS), one.count) for one in texts),
        *(row("promise", one.call, clean(one.sentence, _WORDS), promise=one) for one in open_ones.promises),
    ]  # fmt: skip


def _text(at: str, matter: OpenMatter) -> str:
    by = f" by {matter.by}" if matter.by else ""
    times = f"{matter.times} times" if matter.times > 1 else ""
    since = "contacted since" if matter.contacted_since else ""
    place = f"at {matter.offset}" if matter.offset else ""
    ours = ", ".join(filter(None, (f"{matter.kind}{by}: {at}", times, matter.line, matter.call_id, place, since)))
    return " | ".join(filter(None, (ours, matter.contact, matter.words)))


def _share(rows: Sequence[tuple[str, OpenMatter]], limit: int) -> list[tuple[str, OpenMatter]]:
    """The latest of each kind in turn, so that many of one kind do not hide the others; kinds stay together."""
    places: dict[str, int] = {}
    ranked = []
    for index, (_, matter) in enumerate(rows):
        places[matter.kind] = places.get(matter.kind, 0) + 1
        ranked.append((places[matter.kind], index))
    return [rows[index] for index in sorted(index for _, index in sorted(ranked)[:limit])]


def _headline(found: FollowUps, range_words: str) -> str:
    texts = sum(not text.courtesy for text in found.unanswered)
    return (
        f"{count(len(found.missed), 'missed call')} not returned, {count(texts, 'text')} not answered, "
        f"{count(len(found.promises), 'promise')} ({range_words}):"
    )


def _notes(open_ones: FollowUps, found: Newest[Talk], left_out: int, reach: Services, *, texts_seen: bool) -> list[str]:
    courtesies = sum(text.courtesy for text in open_ones.unanswered)
    notes = [
        f"{left_out} more not shown: narrow with kind, line or since, or raise limit." if left_out else "",
        f"Not counted: {count(courtesies, 'text')} saying only thanks or goodbye." if courtesies else "",
        f"From hidden numbers: {count(open_ones.unreachable, 'missed call')}." if open_ones.unreachable else "",
        "" if texts_seen else "This key sees no texts here: unanswered texts are missing.",
    ]
    if found.looked_back_to:
        notes.append(
            f"Looked back to {at_local(found.looked_back_to, reach)} only: ask for a shorter range or one line."
        )
    return notes
