"""What was said in a call as turns, and the lines that show some of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from withallo_tools.answers import count, estimate_tokens
from withallo_tools.call_facts import CallFacts
from withallo_tools.outsiders import clean

Speaker = Literal["us", "them", "AI"]

_SPEAKERS: dict[str | None, Speaker] = {"USER": "us", "EXTERNAL": "them", "AGENT": "AI"}
_LONGEST_PIECE = 1_000
_END_TURNS = 6


@dataclass(frozen=True, slots=True)
class Turn:
    """What one speaker said without a break, or a piece of it where that is long.

    Attributes:
        start: Seconds from the start of the call; None where nothing tells.
        end: Seconds from the start of the call; None where nothing tells.
    """

    index: int
    start: float | None
    speaker: Speaker | Literal["?"]
    text: str
    end: float | None = None

    @property
    def line(self) -> str:
        """`12:05 them: …`, cleaned."""
        return " ".join(filter(None, (clock(self.start), f"{self.speaker}: {clean(self.text)}")))


def turns_of(call: CallFacts) -> list[Turn]:
    """The transcript in order; offsets come from the lines, else from their times of day."""
    lines = call.transcript or ()
    began = call.at or next((line.time for line in lines if line.time), None)
    turns: list[Turn] = []
    for line in lines:
        start = line.start_seconds
        if start is None and line.time and began:
            start = max(0.0, (line.time - began).total_seconds())
        turns += (
            Turn(index, start, _SPEAKERS.get(line.source, "?"), piece, line.end_seconds)
            for index, piece in enumerate(pieces(line.text) or [""], start=len(turns))
        )
    return turns


def pieces(text: str) -> list[str]:
    """A text in pieces of which each finds room in an answer, cut between words; fewer letters where they are dear."""
    dear = estimate_tokens(text) > len(text) // 2
    most = _LONGEST_PIECE // 4 if dear else _LONGEST_PIECE
    found = re.findall(rf"(?s).{{1,{most}}}(?=\s|\Z)|.{{1,{most}}}", text)
    return [piece for piece in found if piece.strip()]


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
