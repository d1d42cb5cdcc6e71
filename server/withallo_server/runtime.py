"""The state of one server process: yielded by the lifespan, closed with it."""

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

import anyio
from mcp.server.mcpserver import Context
from pydantic import SecretStr
from withallo_client import AlloClient
from withallo_tools.services import Services

from withallo_server.account import Account
from withallo_server.late import Late
from withallo_server.notifier import Notifier
from withallo_server.settings import Settings

if TYPE_CHECKING:
    from withallo_sandbox import Sandbox

    from withallo_server.database import Database

logger = logging.getLogger(__name__)

QUIET_SECONDS = 1.0


class Runtime:
    """What all requests share; fulfils `withallo_tools.services.ServiceProvider`.

    Attributes:
        settings: What the operator decided.
        notifier: Tells clients that something changed.
        database: Opens the database on first use.
        account: The services of the operator's own key.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        client: AlloClient | None = None,
        sandbox: "Sandbox | None" = None,
        database: "Database | None" = None,
    ) -> None:
        self.settings = settings
        self.sandbox = sandbox
        self.notifier = Notifier()
        self.database = Late(self._open_database)
        self.database.room = database
        self._given_client = client
        self._closing = AsyncExitStack()
        self._awake = anyio.Event()
        self.account = Account(
            settings,
            settings.api_key or SecretStr(""),
            client=self._make_client,
            database=self.database,
            notifier=self.notifier,
            clock=self._now,
        )

    def services_for(self, ctx: Context[Any, Any]) -> Services:
        """The services of the caller: those of the operator's key."""
        return self.account

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        """Serve; slow work begins after the first answer, or after a second without a request."""
        async with self._closing, anyio.create_task_group() as tasks:
            tasks.start_soon(self._background)
            try:
                yield self
            finally:
                tasks.cancel_scope.cancel()

    def wake(self) -> None:
        """Let the slow work begin: the first answer is out, or a tool needs what it finds."""
        self._awake.set()

    async def _background(self) -> None:
        with anyio.move_on_after(QUIET_SECONDS):
            await self._awake.wait()
        await self.account.look_up()

    def _make_client(self) -> AlloClient:
        raise NotImplementedError

    async def _open_database(self) -> "Database":
        from withallo_server.database import Database

        database = await Database.open(self.settings.database)
        self._closing.push_async_callback(database.close)
        return database

    def _now(self) -> datetime:
        return datetime.now(UTC)
