"""Notices what any process commits to the inbox."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import anyio
import anyio.to_thread
from sqlalchemy import Connection

from withallo_server.database import Database, StorageError, translated
from withallo_server.inbox.hearing import hear
from withallo_server.inbox.writing import CHANNEL

Result = TypeVar("Result")

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.2
RETRY_SECONDS = 1.0


class Watch:
    """Wakes whoever waits when the database changed.

    Attributes:
        changed: Set at the next commit; take it before looking, wait for it after.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.changed = anyio.Event()

    def wake(self) -> None:
        """Say that something was committed."""
        self.changed.set()
        self.changed = anyio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look for commits of other processes for as long as this is open."""
        async with anyio.create_task_group() as group:
            group.start_soon(self._run)
            try:
                yield
            finally:
                group.cancel_scope.cancel()

    async def _run(self) -> None:
        while True:
            try:
                if self._database.is_sqlite:
                    await self._poll()
                else:
                    await hear(self._database, CHANNEL, lambda _: self.wake(), self.wake)
            except StorageError as error:
                logger.warning("The inbox cannot be watched just now: %s", error)
            await anyio.sleep(RETRY_SECONDS)

    async def _poll(self) -> None:
        """SQLite counts the commits of others on each connection, so asking costs next to nothing."""
        connection = await self._in_thread(self._database.engine.connect)
        connection.detach()
        try:
            seen = await self._in_thread(_data_version, connection)
            self.wake()
            while True:
                await anyio.sleep(POLL_SECONDS)
                now = await self._in_thread(_data_version, connection)
                if now != seen:
                    seen = now
                    self.wake()
        finally:
            with anyio.CancelScope(shield=True):
                await self._in_thread(connection.close)

    async def _in_thread(self, work: Callable[..., Result], *arguments: object) -> Result:
        def translating() -> Result:
            with translated(self._database.place):
                return work(*arguments)

        return await anyio.to_thread.run_sync(translating)


def _data_version(connection: Connection) -> int:
    with connection.begin():
        return int(connection.exec_driver_sql("PRAGMA data_version").scalar_one())
