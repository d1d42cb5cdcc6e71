"""The state of one server process: yielded by the lifespan, closed with it."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

import anyio
from anyio.abc import TaskGroup
from mcp.server.mcpserver import Context
from pydantic import SecretStr

from withallo_client import AlloClient
from withallo_server import errors
from withallo_server.account import Account
from withallo_server.late import Late
from withallo_server.notifier import Notifier
from withallo_server.settings import Settings
from withallo_tools.services import Services

if TYPE_CHECKING:
    from withallo_sandbox import Sandbox
    from withallo_server.database import Database
    from withallo_server.inbox.store import Store

logger = logging.getLogger(__name__)

QUIET_SECONDS = 1.0
ANSWER_FIRST_SECONDS = 0.05


class Runtime:
    """What all requests share; fulfils `withallo_tools.services.ServiceProvider`.

    Attributes:
        settings: What the operator decided.
        notifier: Tells clients that something changed.
        database: The database, opened on first use.
        store: The inbox of all accounts, opened on first use.
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
        self.notifier = Notifier()
        self._client = client
        self._sandbox = sandbox
        self._given_database = database
        self._tasks: TaskGroup | None = None
        self._awake = anyio.Event()
        self.database: Late[Database] = Late(self._task_group, self._open_database)
        self.store: Late[Store] = Late(self._task_group, self._open_store)
        self.account = Account(
            settings,
            self._key,
            tasks=self._task_group,
            make_client=self._make_client,
            open_database=self.database,
            open_store=self.store,
            notifier=self.notifier,
            clock=self._now,
        )

    @property
    def current(self) -> Account:
        """The services of whoever is calling: those of the operator's key."""
        return self.account

    def services_for(self, ctx: Context[Any, Any]) -> Services:
        """The services of the caller."""
        return self.current

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        """Serve; slow work begins after the first answer, or after a second without a request."""
        async with anyio.create_task_group() as tasks:
            self._tasks = tasks
            tasks.start_soon(self._warm_up)
            try:
                yield self
            finally:
                tasks.cancel_scope.cancel()
                with anyio.CancelScope(shield=True):
                    await self.account.close()
                self._tasks = None

    def wake(self) -> None:
        """Let the slow work begin."""
        self._awake.set()

    async def _warm_up(self) -> None:
        with anyio.move_on_after(QUIET_SECONDS):
            await self._awake.wait()
            await anyio.sleep(ANSWER_FIRST_SECONDS)
        async with anyio.create_task_group() as tasks:
            for work in (self.account.look_up, self.store):
                tasks.start_soon(_guarded, work)

    def _task_group(self) -> TaskGroup:
        if self._tasks is None:
            raise RuntimeError("the server is not running")
        return self._tasks

    @property
    def _key(self) -> SecretStr:
        return self.settings.api_key or SecretStr("")

    def _make_client(self) -> AlloClient:
        settings = self.settings
        return self._client or AlloClient(self._key, base_url=settings.base_url, auth_scheme=settings.auth_scheme)

    @asynccontextmanager
    async def _open_database(self) -> "AsyncIterator[Database]":
        if self._given_database is not None:
            yield self._given_database
            return
        from withallo_server.database import Database

        database = await Database.open(self.settings.database)
        try:
            yield database
        finally:
            with anyio.CancelScope(shield=True):
                await database.close()

    @asynccontextmanager
    async def _open_store(self) -> "AsyncIterator[Store]":
        from withallo_server.inbox.store import Store

        async with Store.open(await self.database()) as store:
            yield store

    def _now(self) -> datetime:
        return datetime.now(UTC)


async def _guarded(work: Callable[[], Awaitable[object]]) -> None:
    """Run background work; what fails is told in the log and does not end the server."""
    try:
        await work()
    except Exception as error:  # noqa: BLE001 - whatever it is, requests must still be served
        logger.warning("%s", errors.explain(error))
