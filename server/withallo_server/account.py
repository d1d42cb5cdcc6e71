"""The services of one API key: what tools reach through `services(ctx)`."""

import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import anyio
import anyio.to_thread
from pydantic import SecretStr
from withallo_client import AlloClient, Number, WithalloError
from withallo_tools.services import Inbox, People, ServerStatus, Writes

from withallo_server.availability import statuses
from withallo_server.key_scopes import KeyFacts, KeyScopes
from withallo_server.late import Late, LateInbox, LatePeople, LateWrites
from withallo_server.machine import machine_region, machine_zone
from withallo_server.notifier import Notifier
from withallo_server.settings import Settings

if TYPE_CHECKING:
    from withallo_server.database import Database

logger = logging.getLogger(__name__)

NUMBERS_KEPT_SECONDS = 300


class Account:
    """One key, its client and everything kept for it; fulfils `withallo_tools.services.Services`.

    Attributes:
        problem: Why the key could not be looked up, as far as that was tried and failed.
    """

    def __init__(
        self,
        settings: Settings,
        key: SecretStr,
        *,
        client: Callable[[], AlloClient],
        database: "Callable[[], Awaitable[Database]]",
        notifier: Notifier,
        clock: Callable[[], datetime],
    ) -> None:
        self.settings = settings
        self.problem: WithalloError | None = None
        self._key = key
        self._make_client = client
        self._database = database
        self._notifier = notifier
        self._clock = clock
        self._kept = KeyScopes(settings.data_dir)
        self._facts = self._kept.load(key)
        self._numbers: tuple[float, Sequence[Number]] | None = None
        self._numbers_lock = anyio.Lock()
        self.inbox: Inbox = LateInbox(Late(self._open_inbox))
        self.people: People = LatePeople(Late(self._open_people))
        self.writes: Writes = LateWrites(Late(self._open_writes))

    @cached_property
    def client(self) -> AlloClient:
        """The Allo API with this key."""
        return self._make_client()

    @property
    def region(self) -> str:
        """Country of numbers without a country code: the setting, else that of most lines, else this machine's."""
        return self.settings.region or self._facts.region or machine_region()

    @cached_property
    def zone(self) -> ZoneInfo:
        """The setting, else this machine's zone."""
        return ZoneInfo(self.settings.timezone) if self.settings.timezone else machine_zone()

    @property
    def known_scopes(self) -> frozenset[str] | None:
        """Scopes of the key as last learned; nothing while they never were."""
        return self._facts.scopes

    def now(self) -> datetime:
        """The present; the embedded account's own clock with `--sandbox`."""
        return self._clock()

    async def numbers(self) -> Sequence[Number]:
        """Lines and sender IDs, kept for five minutes."""
        async with self._numbers_lock:
            if self._numbers is None or time.monotonic() - self._numbers[0] > NUMBERS_KEPT_SECONDS:
                self._numbers = (time.monotonic(), tuple(await self.client.numbers.list()))
            return self._numbers[1]

    async def scopes(self) -> frozenset[str]:
        """Scopes of the key, asked now."""
        await self._learn(scopes=frozenset((await self.client.account.me()).scopes))
        return self._facts.scopes or frozenset()

    async def status(self) -> ServerStatus:
        """Which tools are on, and what the inbox does."""
        return ServerStatus(
            tools=statuses(self.settings, self.known_scopes),
            inbox=await self._inbox_status(),
            environment="sandbox" if self.settings.sandbox else "live",
        )

    async def look_up(self) -> None:
        """Learn scopes and country of the key; a failure is kept in `problem` for `get_account`."""
        try:
            await self.scopes()
            if self.settings.region is None:
                countries = Counter(number.country for number in await self.numbers() if number.country)
                await self._learn(region=countries.most_common(1)[0][0] if countries else None)
            self.problem = None
        except WithalloError as error:
            self.problem = error
            logger.info("The key could not be looked up: %s", error)

    async def _learn(self, *, scopes: frozenset[str] | None = None, region: str | None = None) -> None:
        before = self._facts
        self._facts = KeyFacts(
            scopes if scopes is not None else before.scopes, region if region is not None else before.region
        )
        if self._facts == before:
            return
        await anyio.to_thread.run_sync(self._kept.save, self._key, self._facts)
        if statuses(self.settings, before.scopes) != statuses(self.settings, self._facts.scopes):
            await self._notifier.tools_changed()

    async def _inbox_status(self) -> str:
        raise NotImplementedError

    async def _open_inbox(self) -> Inbox:
        raise NotImplementedError

    async def _open_people(self) -> People:
        raise NotImplementedError

    async def _open_writes(self) -> Writes:
        from withallo_server.writes import GatedWrites

        return GatedWrites(
            database=await self._database(),
            settings=self.settings,
            account=self.settings.account,
            client=self.client,
            people=self.people,
            inbox=self.inbox,
            clock=self.now,
        )


def system_clock() -> datetime:
    """The present, UTC."""
    return datetime.now(UTC)
