"""Rooms that open when they are first used, so that a start waits for no database."""

import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import anyio
from anyio.abc import TaskGroup, TaskStatus
from mcp.server.mcpserver import Context

from withallo_server.consent.callers import can_fill_forms
from withallo_tools.services import (
    EventPage,
    EventQuery,
    Inbox,
    InboxEvent,
    Option,
    People,
    PeoplePage,
    Person,
    Progress,
    Request,
    Resolution,
    SendReport,
    Write,
    Written,
)

if TYPE_CHECKING:
    from withallo_server.consent.store import Asked
    from withallo_server.writes import GatedWrites

Room = TypeVar("Room")

logger = logging.getLogger(__name__)


class Late(Generic[Room]):
    """A room opened once, by whoever needs it first, in a task that outlives that request.

    Opening that fails is reported to who asked, and tried again the next time.

    Args:
        tasks: Where it lives; closing the group closes the room.
        open_room: Opens it.
    """

    def __init__(
        self, tasks: Callable[[], TaskGroup], open_room: Callable[[], AbstractAsyncContextManager[Room]]
    ) -> None:
        self._tasks = tasks
        self._open = open_room
        self._lock = anyio.Lock()
        self._room: Room | None = None

    async def __call__(self) -> Room:
        """The room, opened."""
        async with self._lock:
            if self._room is None:
                self._room = await self._tasks().start(self._live)
            return self._room

    async def _live(self, *, task_status: TaskStatus[Room]) -> None:
        opened = False
        try:
            async with self._open() as room:
                task_status.started(room)
                opened = True
                await anyio.sleep_forever()
        except Exception:
            if not opened:
                raise
            logger.exception("A room closed by itself; it opens again when it is needed.")
        finally:
            self._room = None


class LateInbox:
    """An `Inbox` that opens on the first question."""

    def __init__(self, room: Callable[[], Awaitable[Inbox]]) -> None:
        self._room = room

    async def list(self, query: EventQuery) -> EventPage:
        """See `Inbox.list`."""
        return await (await self._room()).list(query)

    async def get(self, event_id: str) -> InboxEvent | None:
        """See `Inbox.get`."""
        return await (await self._room()).get(event_id)

    async def wait(self, query: EventQuery, seconds: float) -> EventPage:
        """See `Inbox.wait`."""
        return await (await self._room()).wait(query, seconds)

    async def mark_read(self, event_ids: Collection[str]) -> int:
        """See `Inbox.mark_read`."""
        return await (await self._room()).mark_read(event_ids)

    async def topics(self) -> Sequence[str]:
        """See `Inbox.topics`."""
        return await (await self._room()).topics()


class LatePeople:
    """A `People` that opens on the first question."""

    def __init__(self, room: Callable[[], Awaitable[People]]) -> None:
        self._room = room

    async def search(self, query: str, *, limit: int, offset: int = 0, progress: Progress | None = None) -> PeoplePage:
        """See `People.search`."""
        return await (await self._room()).search(query, limit=limit, offset=offset, progress=progress)

    async def resolve(self, text: str, *, certain: bool = False, progress: Progress | None = None) -> Resolution:
        """See `People.resolve`."""
        return await (await self._room()).resolve(text, certain=certain, progress=progress)

    async def names(self, numbers: Collection[str]) -> dict[str, str]:
        """See `People.names`; while the database is away nobody has a name, and everything else can be shown."""
        from withallo_server.database import StorageError

        try:
            return await (await self._room()).names(numbers)
        except StorageError:
            return {}

    async def remember(self, people: Sequence[Person], *, whole: bool = False) -> None:
        """See `People.remember`; while the database is away nobody is, and the answer is given all the same."""
        from withallo_server.database import StorageError

        with suppress(StorageError):
            await (await self._room()).remember(people, whole=whole)


class LateWrites:
    """A `Writes` that opens on the first write."""

    def __init__(self, room: "Callable[[], Awaitable[GatedWrites]]") -> None:
        self._room = room

    async def submit(self, ctx: Context[Any, Any], write: Write, request: Request) -> Written:
        """See `Writes.submit`."""
        return await (await self._room()).submit(ctx, write, request)

    def can_choose(self, ctx: Context[Any, Any]) -> bool:
        """See `Writes.can_choose`."""
        return can_fill_forms(ctx)

    async def choose(
        self, ctx: Context[Any, Any], question: str, options: Sequence[Option], otherwise: str
    ) -> tuple[int, Written]:
        """See `Writes.choose`."""
        return await (await self._room()).choose(ctx, question, options, otherwise)

    async def look_up(self, idempotency_key: str) -> SendReport | None:
        """See `Writes.look_up`."""
        return await (await self._room()).look_up(idempotency_key)

    async def decide(
        self, question: str, secret: str, principal: str, *, yes: bool, edited: str | None
    ) -> "Asked | None":
        """See `GatedWrites.decide`."""
        return await (await self._room()).decide(question, secret, principal, yes=yes, edited=edited)
