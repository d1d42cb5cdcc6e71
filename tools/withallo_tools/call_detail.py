"""One call at the zoom asked for, as text rows and structured content."""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote as as_part

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from withallo_tools.answers import MOST_BUDGET, Facts, count, estimate_json
from withallo_tools.call_facts import CallFacts
from withallo_tools.call_rows import CallRow
from withallo_tools.keywords import Keyword, keywords
from withallo_tools.outline import sections, talk_time
from withallo_tools.outsiders import OutsiderText, clean, quote
from withallo_tools.transcripts import Turn, clock, ending, pieces, read_clock, shown_lines, turns_of
from withallo_tools.word_places import Places, find_places

Zoom = Literal["summary", "outline", "transcript"]
_SHARE_OF_BUDGET = 0.85
_GAP_COST = 16
_PLACE = re.compile(r"(turn|line)\s*(\d{1,6})", re.IGNORECASE)
_SIDES = {"us": "Your side", "them": "The other party", "ai": "AI"}


class CallDetail(Facts):
    """One call."""

    call: CallRow
    user: str = Field(default="", description="Teammate.")
    tags: tuple[str, ...] = ()
    recording: str = Field(default="", description="Resource, where recorded.")
    summary: OutsiderText = ""
    spoke: dict[str, int] = Field(default={}, description="Seconds each side spoke.")
    sections: tuple[OutsiderText, ...] = ()
    lines: tuple[OutsiderText, ...] = ()
    turns: int = Field(default=0, description="Turns in the whole transcript.")
    more: str = Field(default="", description="What is left out, and what shows it.")


@dataclass(frozen=True, slots=True)
class View:
    """What of a call is wanted.

    Attributes:
        find: Words whose places are shown.
        first: Index of the first turn, where one is named.
        line: Index of the first line of the summary, where one is named.
        start: Seconds from the start of the call.
        end: Seconds from the start of the call.
        with_ending: Whether the last turns always come along.
    """

    zoom: Zoom
    find: tuple[Keyword, ...]
    start: float | None
    end: float | None
    speaker: str
    with_ending: bool
    first: int | None = None
    line: int | None = None

    @property
    def slices(self) -> bool:
        """Whether turns are asked for by more than the end of the call."""
        return self.zoom == "transcript" or bool(self.find) or self.narrows

    @property
    def sums_up(self) -> bool:
        """Whether the summary is asked for; resources and prompts show nothing else."""
        return self.zoom == "summary" and not self.slices

    @property
    def narrows(self) -> bool:
        """Whether only a part of the turns is asked for."""
        return self.first is not None or self.is_timed or self.speaker != "any"

    @property
    def is_timed(self) -> bool:
        """Whether turns are asked for by their time."""
        return self.start is not None or self.end is not None

    def wanted(self, turns: Sequence[Turn]) -> Places:
        """The turns asked for, before the budget."""
        if not self.slices:
            return Places(set())
        chosen = [turn for turn, at in zip(turns, _moments(turns), strict=True) if self._covers(turn, at)]
        if self.find:
            return find_places(chosen, self.find, everywhere=not self.narrows)
        return Places({turn.index for turn in chosen})

    def hears(self, turn: Turn) -> bool:
        """Whether the side that spoke is asked for; the end of a call is told with all sides."""
        return self.speaker in ("any", turn.speaker.lower())

    def _covers(self, turn: Turn, at: float) -> bool:
        """Whether a turn is asked for; its time counts as it is shown, in whole seconds."""
        if not self.hears(turn) or turn.index < (self.first or 0):
            return False
        return (self.start is None or int(at) >= self.start) and (self.end is None or int(at) <= self.end)


def _moments(turns: Sequence[Turn]) -> Iterator[float]:
    """When each turn began; one that tells no time follows the turn before it."""
    at = 0.0
    for turn in turns:
        at = at if turn.start is None else turn.start
        yield at


@dataclass(frozen=True, slots=True)
class Told:
    """The parts of an answer about one call; rows hold outsiders' words, `notes` are ours."""

    rows: list[str]
    notes: list[str]
    facts: CallDetail


def read_find(text: str) -> tuple[Keyword, ...]:
    """The words to look for; none where nothing is written.

    Raises:
        ToolError: What is written holds no word.
    """
    wanted = keywords(text)
    if text.strip() and not wanted:
        raise ToolError("find: holds no word to look for.")
    return wanted


def read_place(text: str, kind: Literal["turn", "line"]) -> int | None:
    """The turn, or the line of the summary, that `start` names, as an index; None where it names none."""
    found = _PLACE.fullmatch(text.strip())
    return max(0, int(found[2]) - 1) if found and found[1].lower() == kind else None


def read_offset_of(name: str, text: str) -> float | None:
    """An offset into a call; nothing leaves that side open.

    Raises:
        ToolError: It is no offset.
    """
    if not text.strip() or (name == "start" and _PLACE.fullmatch(text.strip())):
        return None
    seconds = read_clock(text)
    if seconds is None:
        turn = " or turn 120" if name == "start" else ""
        raise ToolError(f"{name}: '{clean(text, 30)}' is no offset into the call. Write 12:05, 1:02:30, seconds{turn}.")
    return seconds


def tell(call: CallFacts, head: tuple[str, CallRow], view: View, budget: int) -> Told:
    """Put together what was asked for, leaving room in the budget and keeping the end of the call."""
    turns, whole = turns_of(call), _lines(call.summary or "")
    _check_slice(view, call, turns)
    _check_line(view, len(whole))
    about = _about(call)
    rows, notes = [head[0], *about.rows], []
    whole = whole[view.line or 0 :] if view.sums_up else []
    asks = f"get_call with call_id={clean(call.id, 60)}, " if view.sums_up else ""
    summary = _fitting(whole, _room(budget, rows) * 3 // 4)
    if len(summary) < len(whole):
        line = (view.line or 0) + len(summary) + 1
        notes.append(f"The summary goes on: {asks}start='line {line}' shows more of it.")
    rows += summary or (["No summary."] if view.sums_up else [])
    parts = sections(turns) if view.zoom == "outline" and turns else []
    rows += [part.line for part in parts]
    tail = ending(turns) if view.with_ending else set()
    wanted = view.wanted(turns)
    heard = [turn for turn in turns if view.hears(turn) or turn.index in tail]
    chosen = _within(heard, wanted.turns, tail, _room(budget, rows))
    lines = shown_lines(heard, chosen) if chosen else []
    rows += lines
    left_out = (wanted.note, _cut(heard, wanted.turns, chosen, asks), _unheard(turns, heard, view))
    notes += filter(None, left_out) if turns else ["No transcript."]
    facts = CallDetail(
        call=head[1],
        user=about.user,
        tags=about.tags,
        recording=about.recording,
        summary="\n".join(line.removeprefix("> ") for line in summary),
        spoke=talk_time(turns, call.seconds) if view.zoom == "outline" else {},
        sections=tuple(part.line for part in parts),
        lines=tuple(lines),
        turns=len(turns),
        more=" ".join(notes),
    )
    return Told(rows, notes, facts)


@dataclass(frozen=True, slots=True)
class _About:
    """What our side knows of a call; its recording is a resource, never a link that anybody could follow."""

    user: str
    tags: tuple[str, ...]
    recording: str

    @property
    def rows(self) -> list[str]:
        """One line, where there is something to say."""
        parts = (
            f"by {self.user}" if self.user else "",
            f"tags: {', '.join(self.tags)}" if self.tags else "",
            f"recording: {self.recording}" if self.recording else "",
        )
        line = "; ".join(filter(None, parts))
        return [line] if line else []


def _about(call: CallFacts) -> _About:
    recording = f"allo://calls/{as_part(call.id, safe='')}/recording" if call.recording_url else ""
    return _About(clean(call.user, 60), tuple(clean(tag, 60) for tag in call.tags), recording)


def _lines(summary: str) -> list[str]:
    """The lines of a summary, as outsiders' words; endless ones in pieces."""
    return [quoted for line in summary.splitlines() for piece in pieces(line) for quoted in quote(piece)]


def _room(budget: int, rows: Sequence[str]) -> int:
    """Tokens that are left beside the rows."""
    return int(min(budget, MOST_BUDGET) * _SHARE_OF_BUDGET) - sum(map(estimate_json, rows))


def _fitting(lines: Sequence[str], room: int) -> list[str]:
    """As many lines as there is room for, and one in any case, so that reading on gets on."""
    costs = itertools.accumulate(estimate_json(line) for line in lines)
    return [line for place, (line, cost) in enumerate(zip(lines, costs, strict=True)) if cost <= room or not place]


def _check_slice(view: View, call: CallFacts, turns: Sequence[Turn]) -> None:
    """Refuse a slice of time that no call of this length has."""
    length = max([call.seconds or 0, *(turn.start or 0 for turn in turns)])
    start, end = view.start or 0, view.end
    if end is not None and end < start:
        raise ToolError(f"end: {clock(end)} is before start, {clock(start)}. The call is {clock(length)} long.")
    if turns and view.is_timed and all(turn.start is None for turn in turns):
        raise ToolError(f"start: this transcript tells no times. Write start='turn 1' to 'turn {len(turns)}'.")
    if view.first is not None and view.first >= len(turns):
        raise ToolError(f"start: the transcript of this call has {count(len(turns), 'turn')}.")
    if turns and start > length:
        raise ToolError(f"start: {clock(start)} is after the end of the call, which is {clock(length)} long.")


def _check_line(view: View, lines: int) -> None:
    """Refuse a line that the summary does not have, or that is asked for where no summary is shown."""
    if view.line is None:
        return
    if not view.sums_up:
        raise ToolError("start: a line is one of the summary, which zoom='summary' without any other argument shows.")
    if view.line >= lines:
        raise ToolError(f"start: the summary has {count(lines, 'line')}.")


def _within(heard: Sequence[Turn], wanted: set[int], tail: set[int], room: int) -> set[int]:
    """The end of the call, then the wanted turns from the first on, as far as there is room."""
    chosen: set[int] = set()
    asked = wanted | tail
    gaps = {
        turn.index for before, turn in itertools.pairwise(heard) if turn.index in asked and before.index not in asked
    }
    room -= 2 * _GAP_COST
    for turn in [*(turn for turn in reversed(heard) if turn.index in tail), *heard]:
        if turn.index in chosen or turn.index not in asked:
            continue
        room -= estimate_json(turn.line) + (_GAP_COST if turn.index in gaps else 0)
        if room < 0 and chosen:
            break
        chosen.add(turn.index)
    return chosen


def _cut(heard: Sequence[Turn], wanted: set[int], chosen: set[int], asks: str) -> str:
    """How many turns of those who are listened to are not shown, and what shows them."""
    if len(chosen) == len(heard):
        return ""
    missing = f"{len(heard) - len(chosen):,} of {count(len(heard), 'turn')} are not shown"
    cut = next((turn for turn in heard if turn.index in wanted - chosen), None)
    if cut:
        return f"{missing}, for length: go on with zoom='transcript', start='turn {cut.index + 1}', all else as before."
    return f"{missing}: {asks}zoom='transcript' (and start, end or speaker) or find='words' shows them."


def _unheard(turns: Sequence[Turn], heard: Sequence[Turn], view: View) -> str:
    """How many turns of the others are not shown, where one side is asked for."""
    others = len(turns) - len(heard)
    if not others:
        return ""
    silent = "" if any(map(view.hears, turns)) else f"{_SIDES[view.speaker]} said nothing in this call; "
    return f"{silent}{others:,} of {count(len(turns), 'turn')} are of others and not shown: speaker='any'."
