"""The writer of the inbox: events that arrive together share one commit."""

import functools
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

import anyio

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
        self.error: Exception | None = None


class EventWriter:
    """Stores events. While one commit is on its way to the disk, the next ones gather for the commit after it.

    Args:
        database: Where to.
        committed: Called after each commit that added something.
    """

    def __init__(self, database: Database, committed: Callable[[], None]) -> None:
        self._database = database
        self._committed = committed
        self._queue: list[_Place] = []
        self._wake = anyio.Event()

    async def add(self, event: NewEvent) -> bool:
        """Store an event; returns after it is durable, false when it had been stored before.

        Raises:
            StorageError: It is not stored.
        """
        place = _Place(event)
        self._queue.append(place)
        self._wake.set()
        await place.done.wait()
        if place.error is not None:
            raise place.error
        return place.stored

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Write for as long as this is open; what is queued at the end is refused."""
        async with anyio.create_task_group() as group:
            group.start_soon(self._run)
            try:
                yield
            finally:
                group.cancel_scope.cancel()
                self._settle(self._queue, StorageError("The inbox is closing."))

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake = anyio.Event()
            while self._queue:
                batch, self._queue = self._queue[:MOST_AT_ONCE], self._queue[MOST_AT_ONCE:]
                try:
                    await self._write(batch)
                finally:
                    self._settle(batch, StorageError("The inbox is closing."))

    async def _write(self, batch: Sequence[_Place]) -> None:
        work = functools.partial(add_events, batch=[place.event for place in batch])
        try:
            stored = await self._database.write(work)
        except StorageError as error:
            logger.warning("%d events refused: %s", len(batch), error)
            self._settle(batch, error)
        except Exception as error:  # noqa: BLE001  # one odd event must not take its neighbours with it
            await self._write_singly(batch, error)
        else:
            for place, is_new in zip(batch, stored, strict=True):
                place.stored = is_new
                place.done.set()
            if any(stored):
                self._committed()

    async def _write_singly(self, batch: Sequence[_Place], error: Exception) -> None:
        if len(batch) > 1:
            for place in batch:
                await self._write([place])
            return
        logger.error("An event could not be stored: %s", type(error).__name__)
        self._settle(batch, StorageError(f"The event could not be stored: {type(error).__name__}."))

    @staticmethod
    def _settle(places: Sequence[_Place], error: Exception) -> None:
        for place in places:
            if not place.done.is_set():
                place.error = error
                place.done.set()
