"""One call at the zoom asked for, as text rows and structured content."""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from withallo_tools.answers import MOST_BUDGET, Facts, count, estimate_json, estimate_tokens
from withallo_tools.call_facts import CallFacts
from withallo_tools.call_rows import CallRow
from withallo_tools.keywords import Keyword
from withallo_tools.outline import sections, talk_time
from withallo_tools.outsiders import OutsiderText, clean, quote
from withallo_tools.transcripts import Turn, around, clock, ending, read_clock, shown_lines, turns_of

Zoom = Literal["summary", "outline", "transcript"]
_SHARE_OF_BUDGET = 0.85
_GAP_COST = 16
_PLACE = re.compile(r"(turn|line)\s*(\d{1,6})", re.IGNORECASE)
_LONGEST_LINE = 1_000


class CallDetail(Facts):
    """One call."""

    call: CallRow
    summary: OutsiderText = ""
    spoke: dict[str, int] = Field(default={}, description="Seconds each side spoke.")
    sections: tuple[OutsiderText, ...] = ()
    lines: tuple[OutsiderText, ...] = ()
    turns: int = Field(default=0, description="Turns in the whole transcript.")


@dataclass(frozen=True, slots=True)
class View:
    """What of a call is wanted.

    Attributes:
        find: Words whose places are shown.
        first: Index of the first turn.
        line: Index of the first line of the summary.
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
    first: int = 0
    line: int = 0

    @property
    def slices(self) -> bool:
        """Whether turns are asked for by more than the end of the call."""
        return self.zoom == "transcript" or bool(self.find or self.first) or self.is_timed

    @property
    def is_timed(self) -> bool:
        """Whether turns are asked for by their time."""
        return self.start is not None or self.end is not None

    def wanted(self, turns: Sequence[Turn]) -> set[int]:
        """The turns asked for, before the budget."""
        if not self.slices:
            return set()
        chosen = [turn for turn, at in zip(turns, _moments(turns), strict=True) if self._covers(turn, at)]
        return around(chosen, self.find) if self.find else {turn.index for turn in chosen}

    def hears(self, turn: Turn) -> bool:
        """Whether the side that spoke is asked for; the end of a call is told with all sides."""
        return not self.slices or self.speaker in ("any", turn.speaker.lower())

    def _covers(self, turn: Turn, at: float) -> bool:
        if not self.hears(turn) or turn.index < self.first:
            return False
        return (self.start is None or at >= self.start) and (self.end is None or at <= self.end)


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


def read_place(text: str, kind: Literal["turn", "line"]) -> int:
    """The turn, or the line of the summary, that `start` names, as an index; 0 where it names none."""
    found = _PLACE.fullmatch(text.strip())
    return max(0, int(found[2]) - 1) if found and found[1].lower() == kind else 0


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
    turns = turns_of(call)
    _check_slice(view, call, turns)
    rows, notes = [head[0]], []
    whole = _lines(call.summary or "")[view.line :] if not view.slices and view.zoom == "summary" else []
    room = int(min(budget, MOST_BUDGET) * _SHARE_OF_BUDGET) - sum(map(estimate_json, rows))
    summary = _fitting(whole, room * 3 // 4)
    if len(summary) < len(whole):
        notes.append(f"The summary goes on: start='line {view.line + len(summary) + 1}' shows more of it.")
    rows += summary or ([] if view.slices or view.zoom == "outline" else ["No summary."])
    parts = sections(turns) if view.zoom == "outline" and turns else []
    rows += [part.line for part in parts]
    tail = ending(turns) if view.with_ending else set()
    wanted = view.wanted(turns)
    room = int(min(budget, MOST_BUDGET) * _SHARE_OF_BUDGET) - sum(map(estimate_json, rows))
    heard = [turn for turn in turns if view.hears(turn) or turn.index in tail]
    chosen = _within(heard, wanted, tail, room)
    lines = shown_lines(heard, chosen) if chosen else []
    rows += lines
    if not turns:
        notes.append("No transcript.")
    elif len(chosen) < len(heard) or not heard:
        notes.append(_left_out(heard, wanted, chosen, view))
    return Told(
        rows,
        notes,
        CallDetail(
            call=head[1],
            summary="\n".join(line.removeprefix("> ") for line in summary),
            spoke=talk_time(turns, call.seconds) if view.zoom == "outline" else {},
            sections=tuple(part.line for part in parts),
            lines=tuple(lines),
            turns=len(turns),
        ),
    )


def _lines(summary: str) -> list[str]:
    """The lines of a summary, as outsiders' words; endless ones in pieces."""
    pieces = (
        line[at : at + step]
        for line in summary.splitlines()
        for step in [_step(line)]
        for at in range(0, len(line), step)
    )
    return [quoted for piece in pieces for quoted in quote(piece)]


def _step(line: str) -> int:
    """Letters of a piece: fewer where they cost several tokens each, as emoji do."""
    return _LONGEST_LINE if estimate_tokens(line) <= len(line) // 2 else _LONGEST_LINE // 4


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
    if view.first and view.first >= len(turns):
        raise ToolError(f"start: the transcript of this call has {count(len(turns), 'turn')}.")
    if turns and start > length:
        raise ToolError(f"start: {clock(start)} is after the end of the call, which is {clock(length)} long.")


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


def _left_out(heard: Sequence[Turn], wanted: set[int], chosen: set[int], view: View) -> str:
    missing = f"{len(heard) - len(chosen):,} of {count(len(heard), 'turn')} are not shown"
    if view.find and not wanted:
        return f"The words occur nowhere in what was said (a word matches from its beginning). {missing}."
    cut = next((turn for turn in heard if turn.index in wanted - chosen), None)
    if cut:
        return f"{missing}, for length: go on with zoom='transcript', start='turn {cut.index + 1}', all else as before."
    return f"{missing}: zoom='transcript' (with start, end or speaker), or find='words', shows them."
