"""The state of one server process: yielded by the lifespan, closed with it."""

import importlib
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup
from mcp.server.mcpserver import Context
from pydantic import SecretStr

from withallo_client import AlloClient
from withallo_server import errors
from withallo_server.account import Account
from withallo_server.late import Late
from withallo_server.notifier import Notifier
from withallo_server.settings import Settings
from withallo_server.telemetry import observe_request
from withallo_tools.services import Services

if TYPE_CHECKING:
    from withallo_sandbox import Sandbox
    from withallo_server.database import Database
    from withallo_server.embedded import Embedded
    from withallo_server.inbox.bus import PostgresBus
    from withallo_server.inbox.signing import SigningSecrets
    from withallo_server.inbox.store import Store

logger = logging.getLogger(__name__)

QUIET_SECONDS = 1.0
ANSWER_FIRST_SECONDS = 0.05
FOLLOW_AGAIN_SECONDS = 5.0


class Runtime:
    """What all requests share; fulfils `withallo_tools.services.ServiceProvider`.

    Attributes:
        settings: What the operator decided.
        notifier: Tells clients that something changed.
        database: The database, opened on first use.
        store: The inbox of all accounts, opened on first use.
        account: The services of the operator's own key.
        listener: Where webhooks are received, already bound; nothing when they are not.
    """

    _bus: "PostgresBus | None" = None
    _is_following = False

    def __init__(
        self,
        settings: Settings,
        *,
        client: AlloClient | None = None,
        sandbox: "Sandbox | None" = None,
        database: "Database | None" = None,
        notifier: Notifier | None = None,
    ) -> None:
        self.settings = settings
        self.notifier = notifier or Notifier(self._shared_bus(settings))
        self.listener: socket.socket | None = None
        self._client = client
        self._sandbox = sandbox
        self._given_database = database
        self._tasks: TaskGroup | None = None
        self._awake = anyio.Event()
        self.database: Late[Database] = Late(self._task_group, self._open_database)
        self.store: Late[Store] = Late(self._task_group, self._open_store)
        self.account = Account(
            settings,
            settings.api_key or SecretStr(""),
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
        async with anyio.create_task_group() as tasks, AsyncExitStack() as stack:
            self._tasks = tasks
            await self._receive(stack)
            tasks.start_soon(self._warm_up)
            try:
                yield self
            finally:
                tasks.cancel_scope.cancel()
                with anyio.CancelScope(shield=True):
                    await self.account.close()

    async def watch_inbox(self) -> None:
        """Make sure that whatever is stored from now on is announced; a database that fails is told in the log."""
        await guarded(self.store)

    async def follow(self, account: Account) -> None:
        """Tell of the events of an account; goes on where it stopped when its inbox closed or failed. Never ends."""
        from withallo_server.database import StorageError
        from withallo_server.inbox.inbox import AccountInbox

        while True:
            try:
                store = await self.store()
                await account.follow_from_now(AccountInbox(store, account.settings.account))
                await account.follow(AccountInbox(store, await account.name()))
            except* StorageError as closed:
                logger.info("The inbox is not followed just now: %s", closed.exceptions[0])
            except* Exception as group:  # noqa: BLE001  # a database that comes back is a database again
                logger.warning("%s", errors.explain(group.exceptions[0]))
            await anyio.sleep(FOLLOW_AGAIN_SECONDS)

    def wake(self) -> None:
        """Let the slow work begin."""
        self._awake.set()

    @cached_property
    def embedded(self) -> "Embedded | None":
        """The embedded account, with `--sandbox`."""
        if not self.settings.sandbox:
            return None
        from withallo_server.embedded import Embedded

        return Embedded(self._sandbox)

    async def _receive(self, stack: AsyncExitStack) -> None:
        """Take webhooks from the embedded account, and on the port if there is one."""
        embedded = self.embedded
        if embedded is None and self.listener is None:
            return
        from withallo_server.receiving import WebhookDoor, webhook_token

        token = webhook_token(self.settings)
        door = WebhookDoor(self.account, token, self.store, self._signing_secrets)
        if embedded is not None:
            await stack.enter_async_context(embedded.delivering(door, token))
        if self.listener is not None:
            from withallo_server.listening import serve

            app = door if embedded is None else embedded.beside(door)
            await self._task_group().start(serve, app, self.listener)

    async def _signing_secrets(self) -> Sequence[SecretStr]:
        return await self._signing.current()

    @cached_property
    def _signing(self) -> "SigningSecrets":
        from withallo_server.inbox.signing import SigningSecrets

        def given() -> Sequence[SecretStr]:
            own = self.embedded.secret if self.embedded is not None else None
            return (*self.settings.webhook_secrets, *([own] if own is not None else []))

        return SigningSecrets(given, self.settings.data_dir)

    async def _warm_up(self) -> None:
        with anyio.move_on_after(QUIET_SECONDS):
            await self._awake.wait()
            await anyio.sleep(ANSWER_FIRST_SECONDS)
        asks_allo = self.settings.api_key is not None or self.settings.sandbox or self._client is not None
        for work in (self.store, *((self.account.look_up, self.account.directory) if asks_allo else ())):
            self._task_group().start_soon(guarded, work)

    def _shared_bus(self, settings: Settings) -> "PostgresBus | None":
        """The bus between servers that share a PostgreSQL; a file needs none, and stdio starts do not load it."""
        if not str(settings.database).startswith("postgres"):
            return None
        from withallo_server.inbox.bus import PostgresBus

        self._bus = PostgresBus(self._late_database, settings.account)
        return self._bus

    async def _late_database(self) -> "Database":
        return await self.database()

    def _task_group(self) -> TaskGroup:
        if self._tasks is None:
            raise RuntimeError("the server is not running")
        return self._tasks

    def _make_client(self) -> AlloClient:
        settings = self.settings
        if self._client is not None:
            return self._client
        if self.embedded is not None:
            return self.embedded.client(settings.api_key)
        key = settings.api_key or SecretStr("")
        return AlloClient(key, base_url=settings.base_url, auth_scheme=settings.auth_scheme, observe=observe_request)

    @asynccontextmanager
    async def _open_database(self) -> "AsyncIterator[Database]":
        if self._given_database is not None:
            yield self._given_database
            return
        await anyio.to_thread.run_sync(importlib.import_module, "withallo_server.inbox.store")
        from withallo_server.database import Database

        database = await Database.open(self.settings.database)
        try:
            yield database
        finally:
            with anyio.CancelScope(shield=True):
                await database.close()

    @asynccontextmanager
    async def _open_store(self) -> "AsyncIterator[Store]":
        """Open the inbox; whatever is stored after this is announced."""
        database = await self.database()
        from withallo_server.inbox.inbox import AccountInbox
        from withallo_server.inbox.store import Store

        async with Store.open(database) as store:
            await self.account.follow_from_now(AccountInbox(store, self.settings.account))
            if not self._is_following:
                self._is_following = True
                self._task_group().start_soon(self.follow, self.account)
            async with self._bus.running() if self._bus else nullcontext():
                yield store

    def _now(self) -> datetime:
        return datetime.now(UTC) if self.embedded is None else self.embedded.sandbox.clock.now()


async def guarded(work: Callable[[], Awaitable[object]]) -> None:
    """Run background work; what fails is told in the log and does not end the server."""
    try:
        await work()
    except Exception as error:  # noqa: BLE001  # whatever it is, requests must still be served
        logger.warning("%s", errors.explain(error))
