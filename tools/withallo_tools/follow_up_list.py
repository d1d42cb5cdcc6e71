"""What was left open, in one call over all lines."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from mcp.types import CallToolResult
from pydantic import Field

from withallo_client import Number
from withallo_tools.answers import MOST_BUDGET, Answer, Facts, Row, count, estimate_json, estimate_tokens
from withallo_tools.follow_up_sources import Everything, Words, everything
from withallo_tools.follow_ups import FollowUps, Promise, follow_ups
from withallo_tools.gist import gist
from withallo_tools.lines import find_line, known_line_names
from withallo_tools.moments import at_local, iso_local, span_range, span_words
from withallo_tools.names import beside, names_for
from withallo_tools.numbers_of_one import one_key_per_person
from withallo_tools.outsiders import EVERYBODY, OutsiderText, clean
from withallo_tools.paging import next_cursor, read_cursor, unreadable
from withallo_tools.parameters import OPTIONAL, Contact, Cursor, Limit, Line
from withallo_tools.phone import display, normal
from withallo_tools.resolve import Party, find_talking
from withallo_tools.services import Services, services
from withallo_tools.talk import Talk
from withallo_tools.times import parse_range
from withallo_tools.tool import Effect, ToolContext, tool
from withallo_tools.transcripts import clock

_SUMMARY = 160
_WORDS = 400
_FOR_ROWS = 0.8
_WEEK = "last 7 days"

Kind = Literal["missed call", "AI call", "text", "promise"]
_LABELS: Mapping[Kind, str] = {
    "missed call": "missed call",
    "AI call": "call taken by the AI receptionist",
    "text": "text",
    "promise": "promise",
}


class OpenMatter(Row):
    """One thing left open."""

    kind: Kind
    at: str | None = None
    contact: OutsiderText = ""
    line: str = ""
    times: int = 1
    call_id: str = ""
    offset: str = ""
    by: str = Field(default="", description="Who promised: us or them.")
    contacted_since: int = Field(default=0, description="Our calls and texts after a promise.")
    words: OutsiderText = ""


class OpenMatters(Facts):
    """What was left open, by kind, latest first; counts are of the kinds asked for."""

    contact: OutsiderText = ""
    matters: tuple[OpenMatter, ...] = ()
    missed_calls: int = 0
    ai_calls: int = 0
    texts: int = 0
    promises: int = 0
    range: str = ""
    complete: bool = Field(default=True, description="False when older calls and texts were not looked at.")
    next_cursor: str = ""


@tool(title="List what is left open", effect=Effect.READ, toolset="conversations", scopes=("CONVERSATIONS_READ",))
async def list_follow_ups(
    ctx: ToolContext,
    *,
    since: Annotated[str, Field(description="How far back, like 'yesterday', 'last 14 days'."), OPTIONAL] = _WEEK,
    contact: Contact = "",
    line: Line = "",
    kind: Annotated[
        Literal["any", "missed call", "AI call", "text", "promise"],
        Field(description="Only this; AI call: taken by the AI receptionist alone."),
    ] = "any",
    limit: Limit = 20,
    cursor: Cursor = "",
) -> Annotated[CallToolResult, OpenMatters]:
    """List what waits for your team: calls nobody returned, texts nobody answered, promises made in calls.

    Each promise comes with its sentence and call; whether it was kept is for people to judge. Use search_calls or
    list_conversations for everything, settled or not.
    """
    reach = services(ctx)
    asked = {"open": [since, contact, line, kind, limit]}
    as_of, offset = _read_place(read_cursor("follow-ups", asked, cursor), reach)
    span = parse_range(since or _WEEK, "today", zone=reach.zone, now=reach.now())
    chosen = await find_line(reach, line)
    party = await find_talking(reach, contact) if contact.strip() else None
    numbers = party.numbers if party else ()
    found = await everything(reach, span.start or as_of, numbers, _needed(kind), texts=kind in ("any", "text"))
    open_ones = _on_line(await _open_ones(reach, found, span.start, as_of, party), chosen)
    rows = await _rows(reach, open_ones, kind, party, named=chosen is None)
    page = _share(rows, offset, limit, int(min(reach.answer_budget, MOST_BUDGET) * _FOR_ROWS))
    counts = {each: sum(matter.kind == each for _, matter in rows) for each in _LABELS}
    head = _headline(counts, kind, texts=found.has_texts)
    answer = Answer(reach.answer_budget).say(f"{head} ({span_words(span, reach)}):")
    answer.table(page, EVERYBODY, f"with {party.label}" if party else "")
    left = len(rows) - offset - len(page)
    more = next_cursor("follow-ups", asked, [int(as_of.timestamp()), offset + len(page)]) if left > 0 else ""
    answer.say(*_notes(open_ones, found, reach, kind), f"{left} more: cursor={more}" if more else "")
    return answer.result(
        OpenMatters(
            contact=party.label if party else "",
            matters=tuple(matter for _, matter in page),
            missed_calls=counts["missed call"],
            ai_calls=counts["AI call"],
            texts=counts["text"],
            promises=counts["promise"],
            range=span_range(span, reach),
            complete=found.looked_back_to is None,
            next_cursor=more,
        )
    )


def _read_place(position: object, reach: Services) -> tuple[datetime, int]:
    """Until when things count, so that pages of one list fit together, and how many were shown."""
    match position:
        case None:
            return reach.now(), 0
        case [int(seconds), int(offset)] if 0 <= seconds < 10**11 and 0 <= offset <= 1_000_000:
            return datetime.fromtimestamp(seconds, UTC) + timedelta(seconds=1), offset
        case _:
            raise unreadable()


def _needed(kind: str) -> Words:
    """A transferred call may have ended with one of us, which settles whatever came before."""
    return "all" if kind in ("any", "promise") else "transferred"


async def _open_ones(
    reach: Services, found: Everything, since: datetime | None, until: datetime, party: Party | None
) -> FollowUps:
    talks = [talk for talk in found.talks if talk.at and talk.at <= until]
    same = await one_key_per_person(reach, (talk.number for talk in talks), party)
    return follow_ups(talks, since=since, same=same, heard=found.heard)


def _on_line(found: FollowUps, chosen: Number | None) -> FollowUps:
    """What came in on one line."""
    if chosen is None:
        return found
    line = chosen.number
    return FollowUps(
        tuple(one for one in found.missed if one.last.line == line),
        tuple(one for one in found.by_ai if one.last.line == line),
        tuple(one for one in found.unanswered if one.last.line == line),
        tuple(one for one in found.promises if one.call.line == line),
        found.unreachable,
    )


async def _rows(
    reach: Services, found: FollowUps, kind: str, party: Party | None, *, named: bool
) -> list[tuple[str, OpenMatter]]:
    lines = await known_line_names(reach) if named else {}
    texts = [text for text in found.unanswered if not text.needs_none]
    latest = [*(one.last for one in (*found.missed, *found.by_ai)), *(one.last for one in texts)]
    names = await names_for(reach, [talk.number for talk in (*latest, *(one.call for one in found.promises))])

    def who(talk: Talk) -> str:
        """Of the one who was asked for, only another number than the first."""
        if party is None:
            return beside(talk.number, names, talk.name)
        return "" if normal(talk.number or "", reach.region) == party.numbers[0] else display(talk.number)

    def row(kind: Kind, talk: Talk, words: str, times: int = 1, promise: Promise | None = None) -> OpenMatter:
        return OpenMatter(
            kind=kind,
            at=iso_local(talk.at, reach),
            contact=who(talk),
            line=lines.get(talk.line or "", ""),
            times=times,
            call_id=clean(talk.allo_id, 60) if talk.call else "",
            offset=clock(promise.start) if promise else "",
            by=promise.by if promise else "",
            contacted_since=promise.contact_since if promise else 0,
            words=words,
        )

    def summed_up(talk: Talk) -> str:
        return gist(talk.call.summary if talk.call else "", _SUMMARY)

    def written(talk: Talk) -> str:
        return clean(talk.words or "", _WORDS, "get_contact_conversation")

    def promised(one: Promise) -> str:
        place = f"start='{clock(one.start)}'" if one.start is not None else "zoom='transcript'"
        return clean(one.sentence, _WORDS, f"get_call with {place}")

    every = [
        *((one.last, row("missed call", one.last, summed_up(one.last), one.count)) for one in found.missed),
        *((one.last, row("AI call", one.last, summed_up(one.last), one.count)) for one in found.by_ai),
        *((one.last, row("text", one.last, written(one.last), one.count)) for one in texts),
        *((one.call, row("promise", one.call, promised(one), promise=one)) for one in found.promises),
    ]
    return [(_text(at_local(talk.at, reach), one), one) for talk, one in every if kind in ("any", one.kind)]


def _text(at: str, matter: OpenMatter) -> str:
    label = {"us": "we promised", "them": "they promised"}.get(matter.by, _LABELS[matter.kind])
    times = f"{matter.times} times" if matter.times > 1 else ""
    since = "in touch since" if matter.contacted_since else ""
    place = f"at {matter.offset}" if matter.offset else ""
    ours = ", ".join(filter(None, (f"{label}: {at}", times, matter.line, matter.call_id, place, since)))
    return " | ".join(filter(None, (ours, matter.contact, matter.words)))


def _share(
    rows: Sequence[tuple[str, OpenMatter]], offset: int, limit: int, budget: int
) -> list[tuple[str, OpenMatter]]:
    """The next of each kind in turn, so that many of one kind do not hide the others; kinds stay together."""
    places: dict[str, int] = {}
    ranked = []
    for index, (_, matter) in enumerate(rows):
        places[matter.kind] = places.get(matter.kind, 0) + 1
        ranked.append((places[matter.kind], index))
    chosen: list[int] = []
    for _, index in sorted(ranked)[offset : offset + limit]:
        text, matter = rows[index]
        facts = estimate_json(matter.model_dump(mode="json", exclude_defaults=True, exclude_none=True))
        budget -= max(estimate_tokens(text), facts)
        if budget < 0 and chosen:
            break
        chosen.append(index)
    return [rows[index] for index in sorted(chosen)]


def _headline(counts: Mapping[Kind, int], kind: str, *, texts: bool) -> str:
    said = {
        "missed call": f"{count(counts['missed call'], 'missed call')} not returned",
        "AI call": f"{count(counts['AI call'], 'call')} taken by the AI receptionist and not returned",
        "text": f"{count(counts['text'], 'text')} not answered" if texts else "",
        "promise": count(counts["promise"], "promise"),
    }
    if kind == "any":
        return ", ".join(filter(None, said.values()))
    return said[kind] or "Nothing to tell"


def _notes(open_ones: FollowUps, found: Everything, reach: Services, kind: str) -> list[str]:
    silent = sum(text.needs_none for text in open_ones.unanswered) if kind in ("any", "text") else 0
    hidden = open_ones.unreachable if kind in ("any", "missed call", "AI call") else 0
    stands = ": a call answered by text still stands here" if kind in ("any", "missed call", "AI call") else ""
    notes = [
        f"Not counted: {count(silent, 'text')} that need{'s' if silent == 1 else ''} no answer (thanks, goodbye, STOP, "
        "spam): search_conversations with kind='text', unresponded=true lists them."
        if silent
        else "",
        f"From hidden numbers: {count(hidden, 'call')} that cannot be returned." if hidden else "",
        "" if found.has_texts else f"Texts are not seen by this key{stands}.",
    ]
    if found.looked_back_to:
        back = at_local(found.looked_back_to, reach)
        notes.append(f"Looked back to {back} only: ask for a shorter range or one contact.")
    return notes
