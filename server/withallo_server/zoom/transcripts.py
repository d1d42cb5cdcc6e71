"""Whole transcripts, to read (Markdown) and to play beside the audio (WebVTT)."""

from collections.abc import Sequence
from html import escape

from mcp.server.mcpserver.exceptions import ResourceNotFoundError

from withallo_tools.answers import CEILING, estimate_tokens
from withallo_tools.call_facts import CallFacts
from withallo_tools.outsiders import EVERYBODY, clean, fence
from withallo_tools.transcripts import Turn, clock, turns_of

_SPARE = 1_000
_TIMES, _HOURS, _HOUR = 16, 4, 3600
_LAST_CUE_SECONDS = 5.0


def as_markdown(call: CallFacts, head: str, times: str) -> str:
    """What was said, a list item for each turn.

    Args:
        call: With its transcript.
        head: The call on one line; it may hold outsiders' words, cleaned.
        times: What the time in that line means.

    Raises:
        ResourceNotFoundError: The call has no transcript.
    """
    turns = _turns(call)
    rows = [
        " ".join(filter(None, ("-", clock(turn.start), f"**{turn.speaker}:**", clean(turn.text)))) for turn in turns
    ]
    shown = _room_for([estimate_tokens(row) for row in rows])
    return "\n".join(
        (
            f"# Transcript of the call {clean(call.id, 60)}",
            "",
            f"Offsets are minutes:seconds from the start; us: your side, them: the other party, AI: Allo's; {times}.",
            "",
            fence([head, "", *rows[:shown]], EVERYBODY),
            *_left_out(call, turns, shown),
        )
    )


def as_subtitles(call: CallFacts, head: str) -> str:
    """What was said as WebVTT, a cue for each turn.

    Args:
        call: With its transcript.
        head: The call on one line; it may hold outsiders' words, cleaned.

    Raises:
        ResourceNotFoundError: The call has no transcript.
    """
    turns = _turns(call)
    cues = _cues(turns)
    times = _TIMES + (_HOURS if (turns[-1].end or turns[-1].start or 0) >= _HOUR else 0)
    shown = _room_for([times + estimate_tokens(cue.partition("<v ")[2].partition(">")[2]) for cue in cues])
    opening, _, rest = fence(["", *cues[:shown]], EVERYBODY).partition("\n")
    body, _, closing = rest.rpartition("\n")
    about = f"{opening}\n{head.replace('-->', '→')}"
    after = [f"NOTE {note}" for note in (closing, *_left_out(call, turns, shown))]
    return "\n\n".join(("WEBVTT", f"NOTE {about}", body.strip("\n"), *after)) + "\n"


def _turns(call: CallFacts) -> list[Turn]:
    turns = turns_of(call)
    if not turns:
        raise ResourceNotFoundError(
            f"The call {clean(call.id, 60)} has no transcript; allo://calls/{clean(call.id, 60)} is the call itself."
        )
    return turns


def _cues(turns: Sequence[Turn]) -> list[str]:
    """A cue for each turn; what tells no time starts where the turn before it did."""
    starts = [0.0]
    for turn in turns:
        starts.append(starts[-1] if turn.start is None else max(0.0, turn.start))
    cues = []
    for place, turn in enumerate(turns, start=1):
        following = starts[place + 1] if place + 1 < len(starts) else 0.0
        end = turn.end if turn.end is not None else following
        end = end if end > starts[place] else starts[place] + _LAST_CUE_SECONDS
        words = escape(clean(turn.text), quote=False)
        cues.append(f"{_timestamp(starts[place])} --> {_timestamp(end)}\n<v {turn.speaker}>{words}\n")
    return cues


def _timestamp(seconds: float) -> str:
    whole, milliseconds = divmod(round(seconds * 1000), 1000)
    hours = f"{whole // 3600:02d}:" if whole >= 3600 else ""
    return f"{hours}{whole // 60 % 60:02d}:{whole % 60:02d}.{milliseconds:03d}"


def _room_for(costs: Sequence[int]) -> int:
    """How many rows fit under the size that no answer exceeds."""
    left = CEILING - _SPARE
    for place, cost in enumerate(costs):
        left -= cost
        if left < 0:
            return max(place, 1)
    return len(costs)


def _left_out(call: CallFacts, turns: Sequence[Turn], shown: int) -> list[str]:
    if shown >= len(turns):
        return []
    start = f"turn {shown + 1}"
    how = f"get_call with call_id={clean(call.id, 60)}, zoom='transcript', start='{start}' shows them."
    return [f"{len(turns) - shown} of {len(turns)} turns left out for length, from {start} on: {how}"]
