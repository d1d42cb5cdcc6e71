"""The events of every account in one database, with the background work they need."""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Self

import anyio

from withallo_server.database import Database, StorageError
from withallo_server.inbox.events import NewEvent
from withallo_server.inbox.joining import AT_ONCE, CALLS, join_calls
from withallo_server.inbox.tables import SCHEMA
from withallo_server.inbox.watch import Watch
from withallo_server.inbox.writer import EventWriter

logger = logging.getLogger(__name__)

JOIN_SECONDS = 0.25
CHECKPOINT_SECONDS = 0.5


class Store:
    """An open inbox. Several processes may have it open; each notices what the others commit.

    Attributes:
        watch: Wakes when something was committed, and when the inbox closes.
        is_closed: Whether nothing wakes it any more.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.watch = Watch(database)
        self.is_closed = False
        self._writer = EventWriter(database, self._committed)
        self._unjoined = anyio.Event()
        self._unsaved = anyio.Event()

    @classmethod
    @asynccontextmanager
    async def open(cls, database: Database) -> AsyncIterator[Self]:
        """Bring the tables up to date; write, watch and join for as long as this is open.

        Raises:
            StorageError: The database cannot be used.
        """
        await database.migrate(SCHEMA)
        store = cls(database)
        failure: Exception | None = None
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(store.watch.running())
            await stack.enter_async_context(store._writer.running())
            group = await stack.enter_async_context(anyio.create_task_group())
            group.start_soon(store._join)
            group.start_soon(store._checkpoint)
            try:
                yield store
            except Exception as error:  # noqa: BLE001  # it leaves as it is, not in a group of the tasks here
                failure = error
            finally:
                store.is_closed = True
                store.watch.wake()
                group.cancel_scope.cancel()
        if failure is not None:
            raise failure

    async def add(self, event: NewEvent) -> bool:
        """Store an event; returns after it is durable, false when it had been stored before.

        Raises:
            StorageError: It is not stored.
        """
        return await self._writer.add(event)

    def _committed(self, stored: Sequence[NewEvent]) -> None:
        self.watch.wake()
        self._unsaved.set()
        if any(event.facts.topic in CALLS for event in stored):
            self._unjoined.set()

    async def _join(self) -> None:
        """Join calls some time after their events came; what a crash leaves undone is done at the next start."""
        while True:
            self._unjoined = anyio.Event()
            try:
                while await self.database.write(join_calls) == AT_ONCE:
                    pass
            except StorageError as error:
                logger.warning("Call events stay unjoined for now: %s", error)
            await self._unjoined.wait()
            await anyio.sleep(JOIN_SECONDS)

    async def _checkpoint(self) -> None:
        """Keep the log of SQLite short, so that no commit has to."""
        while True:
            await self._unsaved.wait()
            self._unsaved = anyio.Event()
            await anyio.sleep(CHECKPOINT_SECONDS)
            try:
                await self.database.checkpoint()
            except StorageError as error:
                logger.warning("The log is not moved into the file for now: %s", error)
