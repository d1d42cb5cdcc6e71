"""Rooms that open when they are first used, so that a start waits for no database."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any, Generic, TypeVar

import anyio
from mcp.server.mcpserver import Context
from withallo_tools.services import (
    EventPage,
    EventQuery,
    Inbox,
    InboxEvent,
    People,
    PeoplePage,
    Person,
    Write,
    Writes,
    Written,
)

Room = TypeVar("Room")


class Late(Generic[Room]):
    """Something opened once, by whoever needs it first; an opening that fails is tried again next time."""

    def __init__(self, open_room: Callable[[], Awaitable[Room]]) -> None:
        self._open = open_room
        self._lock = anyio.Lock()
        self.room: Room | None = None

    async def __call__(self) -> Room:
        """The room, opened."""
        if self.room is None:
            async with self._lock:
                if self.room is None:
                    self.room = await self._open()
        return self.room


class LateInbox:
    """An `Inbox` that opens on the first question."""

    def __init__(self, late: Late[Inbox]) -> None:
        self._late = late

    async def list(self, query: EventQuery) -> EventPage:
        """See `Inbox.list`."""
        return await (await self._late()).list(query)

    async def get(self, event_id: str) -> InboxEvent | None:
        """See `Inbox.get`."""
        return await (await self._late()).get(event_id)

    async def wait(self, query: EventQuery, seconds: float) -> EventPage:
        """See `Inbox.wait`."""
        return await (await self._late()).wait(query, seconds)


class LatePeople:
    """A `People` that opens on the first question."""

    def __init__(self, late: Late[People]) -> None:
        self._late = late

    async def search(self, query: str, *, limit: int, offset: int = 0) -> PeoplePage:
        """See `People.search`."""
        return await (await self._late()).search(query, limit=limit, offset=offset)

    async def names(self, numbers: Collection[str]) -> dict[str, str]:
        """See `People.names`."""
        return await (await self._late()).names(numbers)

    async def remember(self, people: Sequence[Person]) -> None:
        """See `People.remember`."""
        await (await self._late()).remember(people)


class LateWrites:
    """A `Writes` that opens on the first write."""

    def __init__(self, late: Late[Writes]) -> None:
        self._late = late

    async def submit(self, ctx: Context[Any, Any], write: Write, request: Callable[[str], Awaitable[Any]]) -> Written:
        """See `Writes.submit`."""
        return await (await self._late()).submit(ctx, write, request)
