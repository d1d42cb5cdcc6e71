"""The SDK's subscription bus over PostgreSQL, for a fleet of servers on one database."""

import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

import anyio
import anyio.lowlevel
from mcp.server.subscriptions import PromptsListChanged, ResourcesListChanged, ResourceUpdated, ToolsListChanged
from mcp.server.subscriptions import ServerEvent as Event
from sqlalchemy import func, select

from withallo_server.database import Database, StorageError
from withallo_server.inbox.hearing import hear

logger = logging.getLogger(__name__)

CHANNEL: Final = "withallo_bus"
RETRY_SECONDS: Final = 1.0

_LISTS: Final = (ToolsListChanged(), ResourcesListChanged(), PromptsListChanged())
_KINDS: Final[dict[str, Callable[..., Event]]] = {
    kind.__name__: kind for kind in (ResourceUpdated, ToolsListChanged, ResourcesListChanged, PromptsListChanged)
}


class PostgresBus:
    """Fulfils `mcp.server.subscriptions.SubscriptionBus`: what one server publishes, the clients of all hear.

    What is published while a server's connection is broken is lost to it; once it listens again it tells its clients
    that every list may have changed. Events of the inbox do not travel this way: each server finds them in the
    database, however long it was cut off, and passes them to its own clients with `publish_here`.

    Args:
        database: Opens the database.
        scope: Servers hear each other within the same scope, for example an account.
    """

    def __init__(self, database: Callable[[], Awaitable[Database]], scope: str) -> None:
        self._database = database
        self._scope = scope
        self._listeners: dict[object, Callable[[Event], None]] = {}

    async def publish(self, event: Event) -> None:
        """Deliver an event to the clients of every server; while the database is gone, to those of this one."""
        payload = json.dumps({"scope": self._scope, "kind": type(event).__name__, "members": vars(event)})
        try:
            database = await self._database()
            await database.write(lambda connection: connection.execute(select(func.pg_notify(CHANNEL, payload))))
        except StorageError as error:
            logger.warning("Other servers do not hear of a change: %s", error)
            self._deliver(event)

    def subscribe(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        """Register a listener of this server and return how to take it back."""
        token = object()
        self._listeners[token] = listener

        def leave() -> None:
            self._listeners.pop(token, None)

        return leave

    async def publish_here(self, event: Event) -> None:
        """Deliver an event to the clients of this server only."""
        self._deliver(event)
        await anyio.lowlevel.checkpoint()

    def _deliver(self, event: Event) -> None:
        for listener in tuple(self._listeners.values()):
            try:
                listener(event)
            except Exception:
                logger.exception("A listener failed; the others hear the event.")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Hear the other servers for as long as this is open."""
        async with anyio.create_task_group() as tasks:
            tried = anyio.Event()
            tasks.start_soon(self._run, tried)
            await tried.wait()
            try:
                yield
            finally:
                tasks.cancel_scope.cancel()

    async def _run(self, tried: anyio.Event) -> None:
        def listening() -> None:
            for event in _LISTS if tried.is_set() else ():
                self._deliver(event)
            tried.set()

        while True:
            try:
                await hear(await self._database(), CHANNEL, self._heard, listening)
            except StorageError as error:
                logger.warning("Other servers are not heard just now: %s", error)
            tried.set()
            await anyio.sleep(RETRY_SECONDS)

    def _heard(self, payload: str) -> None:
        try:
            said = json.loads(payload)
            event = _KINDS[said["kind"]](**said["members"])
        except (ValueError, KeyError, TypeError):
            logger.warning("Something unknown was said on the channel %s.", CHANNEL)
            return
        if said.get("scope") == self._scope:
            self._deliver(event)
