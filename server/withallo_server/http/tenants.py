"""One account for each Allo key that callers bring: its own client, limits, directory, inbox and outbox."""

import hashlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
from anyio.abc import TaskGroup
from pydantic import PrivateAttr, SecretStr

from withallo_server import errors
from withallo_server.account import Account
from withallo_server.settings import Settings

logger = logging.getLogger(__name__)

MOST_TENANTS = 500
IDLE_SECONDS = 3600.0

Open = Callable[["TenantSettings", SecretStr, Callable[[], TaskGroup]], Account]
Background = Callable[[Account], Coroutine[Any, Any, None]]


class TooManyTenantsError(Exception):
    """Every place is taken by somebody who is being served right now."""


class TenantSettings(Settings):
    """The operator's settings, for the account of somebody else's key."""

    _tenant: str = PrivateAttr("")

    @property
    def account(self) -> str:
        """Name of the account in shared tables."""
        return self._tenant


def account_name(key: SecretStr) -> str:
    """Name of the account of a key: a digest that leads nobody back to it."""
    return "key-" + hashlib.sha256(b"withallo account " + key.get_secret_value().encode()).hexdigest()[:32]


def settings_for(settings: Settings, name: str, key: SecretStr) -> TenantSettings:
    """The operator's settings with another account and key; what is set for the operator's own key stays theirs."""
    values = {**settings.__dict__, "api_key": key, "webhook_secrets": (), "webhook_token": None, "listen": None}
    tenant = TenantSettings.model_construct(**values)
    tenant._tenant = name  # noqa: SLF001  # pydantic takes private attributes only after construction
    return tenant


@dataclass
class _Tenant:
    account: Account
    leave: anyio.Event = field(default_factory=anyio.Event)
    visitors: int = 0
    last_seen: float = field(default_factory=time.monotonic)


class Tenants:
    """The accounts that are open in this process; those nobody used for an hour are closed.

    Args:
        settings: What the operator decided.
        open_account: Makes an account.
        background: What runs for an account as long as it is open.
    """

    def __init__(self, settings: Settings, open_account: Open, background: Background) -> None:
        self._settings = settings
        self._open_account = open_account
        self._background = background
        self._open: dict[str, _Tenant] = {}
        self._lock = anyio.Lock()

    def __len__(self) -> int:
        return len(self._open)

    def account(self, name: str) -> Account:
        """The open account of that name, for a request that is being served."""
        return self._open[name].account

    @asynccontextmanager
    async def visiting(self, tasks: TaskGroup, key: SecretStr) -> AsyncIterator[Account]:
        """Keep the account of a key open for as long as a request lasts.

        Raises:
            TooManyTenantsError: There is no room for another one.
        """
        name = account_name(key)
        async with self._lock:
            tenant = self._open.get(name)
            if tenant is None:
                self._make_room()
                tenant = await tasks.start(self._live, name, key)
            tenant.visitors += 1
        try:
            yield tenant.account
        finally:
            tenant.visitors -= 1
            tenant.last_seen = time.monotonic()

    async def _live(
        self, name: str, key: SecretStr, *, task_status: anyio.abc.TaskStatus[_Tenant] = anyio.TASK_STATUS_IGNORED
    ) -> None:
        async with anyio.create_task_group() as own:
            account = self._open_account(settings_for(self._settings, name, key), key, lambda: own)
            tenant = self._open[name] = _Tenant(account)
            own.start_soon(self._in_background, account)
            task_status.started(tenant)
            try:
                await _until_idle(tenant)
            finally:
                self._forget(name, tenant)
                own.cancel_scope.cancel()
                with anyio.CancelScope(shield=True):
                    await account.close()

    async def _in_background(self, account: Account) -> None:
        """Run what an account needs; its failure is its own and ends no other account."""
        try:
            await self._background(account)
        except Exception as error:  # noqa: BLE001  # whatever it is, the others must still be served
            logger.warning("%s", errors.explain(error))

    def _make_room(self) -> None:
        """Close the account that nobody is being served from for the longest time, if every place is taken.

        Raises:
            TooManyTenantsError: All of them are in use.
        """
        if len(self._open) < MOST_TENANTS:
            return
        idle = [(each.last_seen, name) for name, each in self._open.items() if not each.visitors]
        if not idle:
            raise TooManyTenantsError
        name = min(idle)[1]
        self._forget(name, self._open[name])

    def _forget(self, name: str, tenant: _Tenant) -> None:
        """Let nobody find an account that closes; whoever brings its key from now on gets a new one."""
        tenant.leave.set()
        if self._open.get(name) is tenant:
            del self._open[name]


async def _until_idle(tenant: _Tenant) -> None:
    """Wait until an account has to leave, or nobody used it for long."""
    while not tenant.leave.is_set():
        with anyio.move_on_after(IDLE_SECONDS):
            await tenant.leave.wait()
        if not tenant.visitors and time.monotonic() - tenant.last_seen >= IDLE_SECONDS:
            return
