"""The writer of the inbox: events that arrive together share one commit."""

import functools
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

import anyio
import anyio.lowlevel
import anyio.to_thread

from withallo_server.database import Database, StorageError
from withallo_server.inbox.events import NewEvent
from withallo_server.inbox.writing import add_events

logger = logging.getLogger(__name__)

MOST_AT_ONCE: Final = 256
QUIET_TURNS: Final = 4
"""A delivery whose bytes are there takes this many turns of the event loop to reach the queue."""


class _Batch:
    """Events that share a commit, and what became of each: whether it is new, or why it is not stored."""

    __slots__ = ("done", "events", "outcomes")

    def __init__(self) -> None:
        self.events: list[NewEvent] = []
        self.outcomes: Sequence[bool | StorageError] = ()
        self.done = anyio.Event()


class EventWriter:
    """Stores events. While one commit is on its way to the disk, the next ones gather for the commit after it.

    A commit waits until the event loop has taken in all that has arrived: otherwise the loop and the thread that
    commits would fight for the interpreter, and both lose.

    Args:
        database: Where to.
        committed: Called after each commit with what it added.
    """

    def __init__(self, database: Database, committed: Callable[[Sequence[NewEvent]], None]) -> None:
        self._database = database
        self._committed = committed
        self._queue: deque[_Batch] = deque()
        self._arrived = anyio.Event()
        self._is_closing = False
        self._thread = anyio.CapacityLimiter(1)

    async def add(self, event: NewEvent) -> bool:
        """Store an event; returns after it is durable, false when it had been stored before.

        Raises:
            StorageError: It is not stored.
        """
        if self._is_closing:
            raise StorageError("The inbox is closed.")
        if not self._queue or len(self._queue[-1].events) >= MOST_AT_ONCE:
            self._queue.append(_Batch())
            self._arrived.set()
        batch = self._queue[-1]
        place = len(batch.events)
        batch.events.append(event)
        await batch.done.wait()
        outcome = batch.outcomes[place]
        if isinstance(outcome, StorageError):
            raise outcome
        return outcome

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Write for as long as this is open; what is queued at the end is still written."""
        async with anyio.create_task_group() as group:
            group.start_soon(self._write_all)
            try:
                yield
            finally:
                self._is_closing = True
                self._arrived.set()

    async def _write_all(self) -> None:
        with anyio.CancelScope(shield=True):
            while self._queue or not self._is_closing:
                await self._gather()
                if self._queue:
                    batch = self._queue.popleft()
                    batch.outcomes = await anyio.to_thread.run_sync(self._write, batch.events, limiter=self._thread)
                    batch.done.set()
                    self._tell(batch)

    async def _gather(self) -> None:
        """Wait for a first event, and then for those on their way."""
        if not self._queue:
            self._arrived = anyio.Event()
            if not self._is_closing:
                await self._arrived.wait()
        seen = quiet = 0
        while quiet < QUIET_TURNS and len(self._queue) == 1:
            count = len(self._queue[0].events)
            quiet = quiet + 1 if count == seen else 0
            seen = count
            await anyio.lowlevel.checkpoint()

    def _write(self, events: Sequence[NewEvent]) -> Sequence[bool | StorageError]:
        try:
            return self._database.write_now(functools.partial(add_events, batch=events))
        except StorageError as error:
            logger.warning("%d events refused: %s", len(events), error)
            return [error] * len(events)
        except Exception as error:  # noqa: BLE001  # one odd event must not take its neighbours with it
            if len(events) > 1:
                return [outcome for event in events for outcome in self._write([event])]
            logger.warning("An event could not be stored: %s", type(error).__name__)
            return [StorageError(f"The event could not be stored: {type(error).__name__}.")]

    def _tell(self, batch: _Batch) -> None:
        stored = [event for event, outcome in zip(batch.events, batch.outcomes, strict=True) if outcome is True]
        if stored:
            self._committed(stored)
