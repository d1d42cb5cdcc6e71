"""The writer of the inbox: events that arrive together share one commit."""

import functools
import logging
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

import anyio
import anyio.from_thread
import anyio.to_thread

from withallo_server.database import Database, StorageError
from withallo_server.inbox.events import NewEvent
from withallo_server.inbox.writing import add_events

logger = logging.getLogger(__name__)

MOST_AT_ONCE: Final = 256


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

    One thread commits for as long as the writer runs: it goes from batch to batch without a turn of the event loop.

    Args:
        database: Where to.
        committed: Called after each commit with what it added.
    """

    def __init__(self, database: Database, committed: Callable[[Sequence[NewEvent]], None]) -> None:
        self._database = database
        self._committed = committed
        self._queue: list[_Place] = []
        self._is_closing = False
        self._change = threading.Condition()

    async def add(self, event: NewEvent) -> bool:
        """Store an event; returns after it is durable, false when it had been stored before.

        Raises:
            StorageError: It is not stored.
        """
        place = _Place(event)
        with self._change:
            if self._is_closing:
                raise StorageError("The inbox is closed.")
            self._queue.append(place)
            self._change.notify()
        await place.done.wait()
        if place.error is not None:
            raise place.error
        return place.stored

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Write for as long as this is open; what is queued at the end is still written."""
        async with anyio.from_thread.BlockingPortal() as portal, anyio.create_task_group() as group:
            group.start_soon(anyio.to_thread.run_sync, self._write_all, portal)
            try:
                yield
            finally:
                with self._change:
                    self._is_closing = True
                    self._change.notify()

    def _write_all(self, portal: anyio.from_thread.BlockingPortal) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._queue or self._is_closing)
                batch, self._queue = self._queue[:MOST_AT_ONCE], self._queue[MOST_AT_ONCE:]
            if not batch:
                return
            self._write(batch)
            portal.start_task_soon(self._tell, batch)

    def _write(self, batch: Sequence[_Place]) -> None:
        try:
            stored = self._database.write_now(functools.partial(add_events, batch=[place.event for place in batch]))
        except StorageError as error:
            logger.warning("%d events refused: %s", len(batch), error)
            self._fail(batch, error)
        except Exception as error:  # noqa: BLE001 - one odd event must not take its neighbours with it
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
