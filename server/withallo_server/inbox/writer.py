"""The writer of the inbox: events that arrive together share one commit."""

import functools
import logging
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


class _Place:
    """An event in the queue, and what became of it."""

    __slots__ = ("done", "error", "event", "stored")

    def __init__(self, event: NewEvent) -> None:
        self.event = event
        self.done = anyio.Event()
        self.stored = False
        self.error: StorageError | None = None


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
        self._queue: list[_Place] = []
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
        place = _Place(event)
        self._queue.append(place)
        self._arrived.set()
        await place.done.wait()
        if place.error is not None:
            raise place.error
        return place.stored

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
                batch, self._queue = self._queue[:MOST_AT_ONCE], self._queue[MOST_AT_ONCE:]
                if batch:
                    await anyio.to_thread.run_sync(self._write, batch, limiter=self._thread)
                    self._tell(batch)

    async def _gather(self) -> None:
        """Wait for a first event, and then for those on their way."""
        if not self._queue:
            self._arrived = anyio.Event()
            if not self._is_closing:
                await self._arrived.wait()
        seen = quiet = 0
        while quiet < QUIET_TURNS and len(self._queue) < MOST_AT_ONCE:
            quiet = quiet + 1 if len(self._queue) == seen else 0
            seen = len(self._queue)
            await anyio.lowlevel.checkpoint()

    def _write(self, batch: Sequence[_Place]) -> None:
        try:
            stored = self._database.write_now(functools.partial(add_events, batch=[place.event for place in batch]))
        except StorageError as error:
            logger.warning("%d events refused: %s", len(batch), error)
            self._fail(batch, error)
        except Exception as error:  # noqa: BLE001  # one odd event must not take its neighbours with it
            if len(batch) > 1:
                for place in batch:
                    self._write([place])
                return
            logger.warning("An event could not be stored: %s", type(error).__name__)
            self._fail(batch, StorageError(f"The event could not be stored: {type(error).__name__}."))
        else:
            for place, is_new in zip(batch, stored, strict=True):
                place.stored = is_new

    def _fail(self, batch: Sequence[_Place], error: StorageError) -> None:
        for place in batch:
            place.error = error

    def _tell(self, batch: Sequence[_Place]) -> None:
        for place in batch:
            place.done.set()
        if stored := [place.event for place in batch if place.stored]:
            self._committed(stored)
