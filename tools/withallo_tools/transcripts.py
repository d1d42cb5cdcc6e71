"""What was said in a call: a slice of time, a speaker, the places where words occur, and always the end."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from withallo_tools.answers import count
from withallo_tools.call_facts import CallFacts
from withallo_tools.keywords import Keyword, has_all
from withallo_tools.outsiders import clean

Speaker = Literal["us", "them", "AI"]

_SPEAKERS: dict[str | None, Speaker] = {"USER": "us", "EXTERNAL": "them", "AGENT": "AI"}
_LONGEST_TURN = 2_000
_NEIGHBOURS = 1
_END_TURNS = 6


@dataclass(frozen=True, slots=True)
class Turn:
    """What one speaker said without a break.

    Attributes:
        start: Seconds from the start of the call; None where nothing tells.
    """

    index: int
    start: float | None
    speaker: Speaker | Literal["?"]
    text: str

    @property
    def line(self) -> str:
        """`12:05 them: …`, cleaned."""
        return " ".join(filter(None, (clock(self.start), f"{self.speaker}: {clean(self.text, _LONGEST_TURN)}")))


def turns_of(call: CallFacts) -> list[Turn]:
    """The transcript in order; offsets come from the lines, else from their times of day."""
    lines = call.transcript or ()
    began = call.at or next((line.time for line in lines if line.time), None)
    turns = []
    for index, line in enumerate(lines):
        start = line.start_seconds
        if start is None and line.time and began:
            start = max(0.0, (line.time - began).total_seconds())
        turns.append(Turn(index, start, _SPEAKERS.get(line.source, "?"), line.text))
    return turns


def clock(seconds: float | None) -> str:
    """`65` as `01:05`."""
    if seconds is None:
        return ""
    whole = int(seconds)
    return f"{whole // 60:02d}:{whole % 60:02d}"


def read_clock(text: str) -> float | None:
    """`12:05`, `1:02:30` or `725` as seconds; None for anything else."""
    parts = text.strip().split(":")
    if not 1 <= len(parts) <= 3 or not all(re.fullmatch(r"\d{1,6}", part) for part in parts):
        return None
    seconds = 0
    for part in parts:
        seconds = seconds * 60 + int(part)
    return float(seconds)


def around(turns: Sequence[Turn], wanted: Sequence[Keyword]) -> set[int]:
    """Places where the words occur, with their neighbours: all words in one turn, else each on its own."""
    hits = [turn.index for turn in turns if has_all(turn.text, wanted)]
    hits = hits or [turn.index for turn in turns if any(has_all(turn.text, [keyword]) for keyword in wanted)]
    known = {turn.index for turn in turns}
    return {near for hit in hits for near in range(hit - _NEIGHBOURS, hit + _NEIGHBOURS + 1)} & known


def ending(turns: Sequence[Turn], most: int = _END_TURNS) -> set[int]:
    """The last places of a call, where people say what they agreed on."""
    return {turn.index for turn in turns[-most:]}


def shown_lines(turns: Sequence[Turn], wanted: set[int]) -> list[str]:
    """The wanted turns in order; each gap says how much it leaves out and between which times."""
    lines: list[str] = []
    gap: list[Turn] = []
    for turn in turns:
        if turn.index not in wanted:
            gap.append(turn)
            continue
        lines += _gap(gap)
        gap = []
        lines.append(turn.line)
    return lines + _gap(gap)


def _gap(gap: Sequence[Turn]) -> list[str]:
    if not gap:
        return []
    times = "-".join(filter(None, dict.fromkeys((clock(gap[0].start), clock(gap[-1].start)))))
    times = times or f"turns {gap[0].index + 1}-{gap[-1].index + 1}"
    return [f"⟦{count(len(gap), 'turn')} left out, {times}⟧"]
