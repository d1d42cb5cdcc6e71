"""One call as answers show it, whichever API version told of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from withallo_client import Call, Item, TranscriptLine
from withallo_tools.names import on_cards

Way = Literal["inbound", "outbound"]
How = Literal["answered", "missed", "voicemail", "transferred", "blocked", "failed", "no answer", "result not told"]

_KNOWN: Mapping[str, How] = {
    "ANSWERED": "answered",
    "VOICEMAIL": "voicemail",
    "BLOCKED": "blocked",
}


@dataclass(frozen=True, slots=True)
class CallFacts:
    """A call.

    Attributes:
        line: Our number.
        number: The other party, as Allo wrote it.
        name: The other party's name where the answer held one, all names of a shared number; written by outsiders.
        seconds: Length, None when unknown.
        summary: Allo's own; written by AI from what was said.
        recording_url: Where the audio is, for the key alone; never put in an answer.
        user: Name of the teammate, where the answer held one.
    """

    id: str
    at: datetime | None
    way: Way | None
    how: How
    line: str | None
    number: str | None
    name: str
    seconds: int | None
    summary: str | None
    tags: tuple[str, ...]
    transcript: tuple[TranscriptLine, ...] | None
    recording_url: str | None = None
    user: str = ""

    @property
    def length(self) -> str:
        """How long it lasted, in minutes, or seconds below one; empty when unknown or never begun."""
        if not self.seconds:
            return ""
        return f"{self.seconds} s" if self.seconds < 60 else f"{round(self.seconds / 60)} min"

    @property
    def was_missed(self) -> bool:
        """Whether it came in and none of us spoke, as far as is told."""
        return self.way == "inbound" and self.how in {"missed", "voicemail", "result not told"}


def facts_of_call(call: Call, line: str | None = None) -> CallFacts:
    """Facts from a v1 call (API contract 6.1); `line` is the line that was asked about."""
    way = way_of(call.direction)
    if way is None and line:
        way = "outbound" if call.from_number == line else "inbound"
    ours, other = (call.from_number, call.to_number) if way == "outbound" else (call.to_number, call.from_number)
    seconds = None if call.length_in_minutes is None else round(call.length_in_minutes * 60)
    return CallFacts(
        id=call.id,
        at=call.start_date,
        way=way,
        how=_how(call.result, way, seconds, call.transcript),
        line=ours or line,
        number=other,
        name="",
        seconds=seconds,
        summary=call.summary,
        tags=call.tags or ((call.tag,) if call.tag else ()),
        transcript=call.transcript,
        recording_url=call.recording_url,
    )


def facts_of_item(item: Item) -> CallFacts:
    """Facts from a v2 item that is a call (API contract 6.7)."""
    way = way_of(item.direction)
    seconds = None if item.duration is None else round(item.duration)
    return CallFacts(
        id=item.id,
        at=item.date,
        way=way,
        how=_how(item.result, way, seconds, item.transcript),
        line=item.allo_number,
        number=item.contact_number,
        name=on_cards(item.contacts),
        seconds=seconds,
        summary=item.summary,
        tags=item.tags,
        transcript=item.transcript,
        recording_url=item.recording_url,
        user=(item.user.name or item.user.email or "") if item.user else "",
    )


def way_of(direction: str | None) -> Way | None:
    """The direction in the words of answers."""
    match direction:
        case "INBOUND":
            return "inbound"
        case "OUTBOUND":
            return "outbound"
        case _:
            return None


def _how(
    result: str | None, way: Way | None, seconds: int | None, transcript: tuple[TranscriptLine, ...] | None
) -> How:
    """How a call ended, in one vocabulary for both versions.

    v1 says VOICEMAIL also of a call that nobody took and that left no message. Both leave some results out, perhaps of
    missed calls as of blocked ones (API contract 6.1, 6.7). A word that is not known tells less than who spoke, and how
    long.
    """
    result = (result or "").upper()
    not_reached: How = "no answer" if way != "inbound" else "missed" if result else "result not told"
    speakers = {line.source for line in transcript or ()}
    if result == "VOICEMAIL" and way == "inbound" and not (seconds or speakers):
        return not_reached
    if result.startswith("TRANSFERRED"):
        return "transferred"
    if result.startswith(("FAILED", "MISSED")):
        return "failed" if way != "inbound" and result.startswith("FAILED") else not_reached
    if result in _KNOWN:
        return _KNOWN[result]
    if speakers:
        return "answered" if speakers & {"USER", "AGENT"} else "voicemail"
    return "answered" if seconds else not_reached
