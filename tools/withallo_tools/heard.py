"""What was heard in calls: who spoke and what they promised; kept, for transcripts are large and do not change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from weakref import WeakKeyDictionary

from anyio import to_thread

from withallo_client import AlloClient
from withallo_tools.call_facts import CallFacts

Side = Literal["us", "them"]

_SIDES: dict[str | None, Side] = {"USER": "us", "AGENT": "us", "EXTERNAL": "them"}
_MOST = 20_000
_STILL_BEING_WRITTEN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence in which somebody committed to do something.

    Attributes:
        by: Who committed: `us`, or `them`, the other party.
        sentence: The words, written by outsiders.
        start: Seconds from the start of the call, where the transcript tells.
    """

    by: Side
    sentence: str
    start: float | None


@dataclass(frozen=True, slots=True)
class Heard:
    """What matters later about the words of one call.

    Attributes:
        speakers: Sources of the transcript: `USER`, `AGENT` (Allo's AI), `EXTERNAL`.
    """

    promises: tuple[Said, ...] = ()
    speakers: frozenset[str | None] = frozenset()

    @property
    def only_ai_answered(self) -> bool:
        """Whether Allo's AI spoke with the caller, and none of us."""
        return "AGENT" in self.speakers and "USER" not in self.speakers


NOTHING = Heard()

_kept: WeakKeyDictionary[AlloClient, dict[str, Heard]] = WeakKeyDictionary()


def hear(call: CallFacts) -> Heard:
    """Read the transcript of a call."""
    from withallo_tools.promises import promises_in

    lines = call.transcript or ()
    promises = (
        Said(_SIDES.get(line.source, "them"), sentence, line.start_seconds)
        for line in lines
        for sentence in promises_in(line.text)
    )
    return Heard(tuple(promises), frozenset(line.source for line in lines))


class Memory:
    """What was heard in the calls of one account so far."""

    def __init__(self, client: AlloClient) -> None:
        self._calls = _kept.setdefault(client, {})

    def get(self, call_id: str) -> Heard | None:
        """What was heard in a call, if it was read."""
        return self._calls.get(call_id)

    async def read(self, calls: Sequence[CallFacts], now: datetime) -> dict[str, Heard]:
        """Read calls and keep what was heard, unless a transcript may still come.

        Finding promises takes a second for a megabyte, so it is done beside the event loop.
        """
        heard = {call.id: self._calls[call.id] for call in calls if call.id in self._calls}
        unheard = [call for call in calls if call.id not in heard]
        for call, new in zip(unheard, await to_thread.run_sync(_hear_all, unheard), strict=True):
            heard[call.id] = new
            if call.transcript or (call.at and now - call.at > _STILL_BEING_WRITTEN):
                self._calls[call.id] = new
        while len(self._calls) > _MOST:
            del self._calls[next(iter(self._calls))]
        return heard


def _hear_all(calls: Sequence[CallFacts]) -> list[Heard]:
    return [hear(call) for call in calls]
