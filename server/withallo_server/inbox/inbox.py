"""The inbox of one account, as tools, resources and notifications use it."""

import builtins
import functools
import logging
import math
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

import anyio
from sqlalchemy import Row

from withallo_server.database import StorageError
from withallo_server.inbox import reading, writing
from withallo_server.inbox.digest import Digest, read_digest
from withallo_server.inbox.store import Store
from withallo_tools.services import EventPage, EventQuery, InboxEvent

Result = TypeVar("Result")

logger = logging.getLogger(__name__)

PAGE = 100
RETRY_SECONDS = 1.0


class AccountInbox:
    """The events of one account; what `withallo_tools.services.Inbox` asks for, and more.

    Every method raises `StorageError` when the database fails.
    """

    def __init__(self, store: Store, account: str) -> None:
        self.store = store
        self.account = account

    async def list(self, query: EventQuery) -> EventPage:
        """Events that match, and where to go on."""
        return await self._read(reading.list_events, query)

    async def get(self, event_id: str) -> InboxEvent | None:
        """One event, or nothing."""
        return await self._read(reading.get_event, event_id)

    async def wait(self, query: EventQuery, seconds: float) -> EventPage:
        """Return as soon as an event after `query.after` matches, or empty once the time is up; oldest first.

        Without `after` it waits for what comes from now on. Going on with `after=page.latest` misses and repeats
        nothing, however long the pause between two calls.
        """
        after = query.after
        if after is None:
            after = await self.store.database.read(reading.newest)
        query = replace(query, after=after, newest_first=False)
        deadline = anyio.current_time() + seconds
        while True:
            changed = self.store.watch.changed
            page = await self.list(query)
            if page.events:
                return page
            if self.store.is_closed:
                raise StorageError("The inbox was closed; whoever asks again opens it.")
            with anyio.move_on_at(deadline) as left:
                await changed.wait()
            if left.cancelled_caught:
                return page
            query = replace(query, after=page.latest)

    async def pages(self, after: int | None = None) -> AsyncIterator[tuple[InboxEvent, ...]]:
        """Every event from now on, or committed after a sequence, in the order of the commits; never ends.

        A database that fails is waited for, but not an inbox that was closed.
        """
        query = EventQuery(after=after, limit=PAGE)
        while True:
            try:
                if query.after is None:
                    query = replace(query, after=await self.store.database.read(reading.newest))
                page = await self.wait(query, math.inf)
            except StorageError as error:
                if self.store.is_closed:
                    raise
                logger.warning("The inbox cannot be followed just now: %s", error)
                await anyio.sleep(RETRY_SECONDS)
                continue
            yield page.events
            query = replace(query, after=page.latest)

    async def joined(self, after: int) -> AsyncIterator[tuple[InboxEvent, ...]]:
        """The events of which a delivery committed after a sequence told once more, perhaps more of it; never ends.

        A database that fails is waited for.
        """
        while True:
            changed = self.store.watch.changed
            try:
                page = await self._read(reading.joined_events, after, PAGE)
            except StorageError as error:
                logger.warning("The inbox cannot be followed just now: %s", error)
                await anyio.sleep(RETRY_SECONDS)
                continue
            after = page.latest
            if page.events:
                yield page.events
            else:
                await changed.wait()

    async def follow(self, after: int | None = None) -> AsyncIterator[InboxEvent]:
        """The same, event by event."""
        async for events in self.pages(after):
            for event in events:
                yield event

    async def digest(self, now: datetime) -> Digest:
        """What wants somebody: unread events, missed calls not returned, texts not answered."""
        return await self._read(read_digest, now)

    async def mark_read(self, event_ids: Collection[str]) -> int:
        """Mark events as read and say how many were not before."""
        work = functools.partial(writing.mark_read, account=self.account, event_ids=event_ids)
        return await self.store.database.write(work)

    async def topics(self) -> Sequence[str]:
        """The topics there are events of, in alphabetical order."""
        return await self._read(reading.topics)

    async def ids_like(self, start: str) -> builtins.list[str]:
        """Up to 100 event ids that begin with some letters."""
        return await self._read(reading.ids_like, start)

    async def deliveries(self, after: int, most: int) -> Sequence[Row[Any]]:
        """Rows of deliveries committed after a sequence, joined ones included, in the order of the commits."""
        return await self._read(reading.raw_events, after, most)

    async def count(self) -> int:
        """How many deliveries there are."""
        return await self._read(reading.count_all)

    async def _read(self, statement: Callable[..., Result], *arguments: object) -> Result:
        return await self.store.database.read(lambda connection: statement(connection, self.account, *arguments))
