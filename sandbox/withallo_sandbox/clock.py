"""The time of the sandbox, which tests can move."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class Clock:
    """Runs as real time does, from a start of choice, and can be moved.

    Args:
        now: The present to begin with, aware; real time when left out.
    """

    def __init__(self, now: datetime | None = None) -> None:
        self._listeners: list[Callable[[], None]] = []
        self._start(now or datetime.now(UTC))

    def _start(self, now: datetime) -> None:
        if now.tzinfo is None:
            message = "the sandbox needs a time with a zone"
            raise ValueError(message)
        self._origin = now.astimezone(UTC)
        self._started = time.monotonic()

    def now(self) -> datetime:
        """The present in UTC."""
        return self._origin + timedelta(seconds=time.monotonic() - self._started)

    def set(self, now: datetime) -> None:
        """Make it another moment."""
        self._start(now)
        for listener in self._listeners:
            listener()

    def advance(self, seconds: float) -> None:
        """Let that many seconds pass at once; a negative number goes back."""
        self.set(self.now() + timedelta(seconds=seconds))

    def on_move(self, listener: Callable[[], None]) -> None:
        """Call back each time somebody moves the clock."""
        self._listeners.append(listener)
