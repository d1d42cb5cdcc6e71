"""The runtime of a server that many callers share: each sees the account and the tools its credential opens."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakValueDictionary

import anyio
import httpx
from anyio.abc import TaskGroup
from pydantic import SecretStr

from withallo_client import AlloClient
from withallo_server.account import Account
from withallo_server.http.callers import Caller, current_caller
from withallo_server.http.switchboard import Switchboard
from withallo_server.http.tenants import Tenants, TenantSettings
from withallo_server.notifier import Notifier
from withallo_server.receiving import WebhookDoor, webhook_token
from withallo_server.runtime import Runtime, guarded
from withallo_server.settings import Settings
from withallo_server.telemetry import observe_request
from withallo_tools.services import ServerStatus, ToolStatus

if TYPE_CHECKING:
    from withallo_sandbox import Sandbox
    from withallo_server.database import Database

logger = logging.getLogger(__name__)

SHARED_FOR = timedelta(seconds=1)
"""Callers of one key share what was just fetched: Allo lets a key read 20 times a second, however many they are."""


class HttpRuntime(Runtime):
    """What all requests share, and what is different for each caller.

    Attributes:
        tenants: The accounts of keys that callers bring themselves.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        client: AlloClient | None = None,
        sandbox: "Sandbox | None" = None,
        database: "Database | None" = None,
    ) -> None:
        self.tenants = Tenants(settings, self._open_tenant, self._run_tenant)
        self._notifiers: WeakValueDictionary[str, Notifier] = WeakValueDictionary()
        board = Switchboard(self._notifier_of_caller, self._shared_bus(settings))
        super().__init__(settings, client=client, sandbox=sandbox, database=database, notifier=board)
        self.account.fresh_for = SHARED_FOR

    @property
    def current(self) -> Account:
        """The services of whoever is calling, closed as far as the credential does not open them."""
        caller = current_caller()
        if caller is None:
            return self.account
        account = self.account if caller.account is None else self.tenants.account(caller.account)
        closed = caller.grants.closed()
        return cast("Account", _Granted(account, closed)) if closed else account

    @asynccontextmanager
    async def visit(self, caller: Caller) -> AsyncIterator[None]:
        """Keep the caller's account open for as long as its request lasts.

        Raises:
            TooManyTenantsError: There is no room for another account.
        """
        if caller.key is None:
            yield
            return
        async with self.tenants.visiting(self._task_group(), caller.key):
            yield

    def client_for(self, key: SecretStr) -> AlloClient:
        """A client of Allo with a caller's own key; keys of the embedded account with `--sandbox`."""
        if self.embedded is not None:
            app = self.embedded.sandbox.app
            return AlloClient(key, transport=httpx.ASGITransport(app=app), observe=observe_request)
        settings = self.settings
        return AlloClient(key, base_url=settings.base_url, auth_scheme=settings.auth_scheme, observe=observe_request)

    @cached_property
    def door(self) -> WebhookDoor:
        """The web application that takes webhooks for the operator's account."""
        return WebhookDoor(self.account, webhook_token(self.settings), self.store, self._signing_secrets)

    async def _receive(self, stack: AsyncExitStack) -> None:
        if self.embedded is not None:
            token = webhook_token(self.settings)
            await stack.enter_async_context(self.embedded.delivering(self.door, token))

    async def _warm_up(self) -> None:
        if self.settings.api_key is not None or self.settings.sandbox:
            await super()._warm_up()

    def _notifier_of_caller(self) -> Notifier | None:
        caller = current_caller()
        return None if caller is None or caller.account is None else self._notifier_of(caller.account)

    def _notifier_of(self, account: str) -> Notifier:
        """The notifier of an account; it lives as long as the account is open or a session hears from it."""
        return self._notifiers.setdefault(account, Notifier())

    def _open_tenant(self, settings: TenantSettings, key: SecretStr, tasks: Callable[[], TaskGroup]) -> Account:
        account = Account(
            settings,
            key,
            tasks=tasks,
            make_client=lambda: self.client_for(key),
            open_database=self.database,
            open_store=self.store,
            notifier=self._notifier_of(settings.account),
            clock=self._now,
        )
        account.fresh_for = SHARED_FOR
        return account

    async def _run_tenant(self, account: Account) -> None:
        """Learn what the key may do, and follow its inbox; where that fails, the tools are still served."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(guarded, account.look_up)
            await self.follow(account)


class _Granted:
    """An account with some tools closed to the caller; everything else is the account's own."""

    def __init__(self, account: Account, closed: dict[str, str]) -> None:
        self._account = account
        self._closed = closed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._account, name)

    @property
    def tools_off(self) -> dict[str, str]:
        return {**self._closed, **self._account.tools_off}

    async def status(self) -> ServerStatus:
        status = await self._account.status()
        tools = tuple(
            ToolStatus(each.name, False, self._closed[each.name]) if each.on and each.name in self._closed else each
            for each in status.tools
        )
        return ServerStatus(tools=tools, inbox=status.inbox, environment=status.environment)
