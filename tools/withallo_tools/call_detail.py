"""One call at the zoom asked for, as text rows and structured content."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from withallo_tools.answers import Facts, estimate_tokens
from withallo_tools.call_facts import CallFacts
from withallo_tools.call_rows import CallRow
from withallo_tools.outline import sections, talk_time
from withallo_tools.outsiders import OutsiderText, clean, quote
from withallo_tools.transcripts import Turn, around, clock, ending, read_clock, shown_lines, turns_of

Zoom = Literal["summary", "outline", "transcript"]
_SHARE_OF_BUDGET = 0.85


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
        start: Seconds from the start of the call.
        end: Seconds from the start of the call.
        with_ending: Whether the last turns always come along.
    """

    zoom: Zoom
    find: tuple[str, ...]
    start: float | None
    end: float | None
    speaker: str
    with_ending: bool

    @property
    def slices(self) -> bool:
        """Whether turns are asked for by more than the end of the call."""
        return self.zoom == "transcript" or bool(self.find) or self.start is not None or self.end is not None

    def wanted(self, turns: Sequence[Turn]) -> set[int]:
        """The turns asked for, before the budget."""
        if not self.slices:
            return set()
        chosen = [turn for turn in turns if self._covers(turn)]
        return around(chosen, self.find) if self.find else {turn.index for turn in chosen}

    def _covers(self, turn: Turn) -> bool:
        if self.speaker not in ("any", turn.speaker.lower()):
            return False
        at = turn.start if turn.start is not None else -1.0
        return (self.start is None or at >= self.start) and (self.end is None or at <= self.end)


@dataclass(frozen=True, slots=True)
class Told:
    """The parts of an answer about one call; rows hold outsiders' words, `notes` are ours."""

    rows: list[str]
    notes: list[str]
    facts: CallDetail


def read_offset_of(name: str, text: str) -> float | None:
    """An offset into a call; nothing leaves that side open.

    Raises:
        ToolError: It is no offset.
    """
    seconds = read_clock(text) if text.strip() else None
    if text.strip() and seconds is None:
        raise ToolError(f"{name}: '{clean(text, 30)}' is no offset into the call. Write 12:05, 1:02:30 or seconds.")
    return seconds


def tell(call: CallFacts, head: tuple[str, CallRow], view: View, budget: int) -> Told:
    """Put together what was asked for, leaving room in the budget and keeping the end of the call."""
    turns = turns_of(call)
    rows, notes = [head[0]], []
    summary = quote(call.summary or "") if not view.slices and view.zoom == "summary" else []
    rows += summary or ([] if view.slices or view.zoom == "outline" else ["No summary."])
    parts = sections(turns) if view.zoom == "outline" and turns else []
    rows += [part.line for part in parts]
    tail = ending(turns) if view.with_ending else set()
    wanted = view.wanted(turns)
    room = int(budget * _SHARE_OF_BUDGET) - estimate_tokens("\n".join(rows))
    chosen = _within(turns, wanted, tail, room)
    lines = shown_lines(turns, chosen) if chosen else []
    rows += lines
    if not turns:
        notes.append("No transcript.")
    elif len(chosen) < len(turns):
        notes.append(_left_out(turns, wanted, chosen, view))
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


def _within(turns: Sequence[Turn], wanted: set[int], tail: set[int], room: int) -> set[int]:
    """The end of the call, then the wanted turns from the first on, as far as there is room."""
    chosen: set[int] = set()
    for turn in [*(turn for turn in reversed(turns) if turn.index in tail), *turns]:
        if turn.index in chosen or turn.index not in wanted | tail:
            continue
        room -= estimate_tokens(turn.line)
        if room < 0 and chosen:
            break
        chosen.add(turn.index)
    return chosen


def _left_out(turns: Sequence[Turn], wanted: set[int], chosen: set[int], view: View) -> str:
    missing = f"{len(turns) - len(chosen)} of {len(turns)} turns are not shown"
    if view.find and not wanted:
        return f"The words occur nowhere in what was said (a word matches from its beginning). {missing}."
    cut = next((turn for turn in turns if turn.index in wanted - chosen), None)
    if cut:
        return f"{missing}, for length: go on with zoom='transcript', start='{clock(cut.start)}'."
    return f"{missing}: zoom='transcript' (with start, end or speaker), or find='words', shows them."
