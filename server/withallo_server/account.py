"""The services of one API key: what tools reach through `services(ctx)`."""

import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup
from pydantic import SecretStr

from withallo_client import AlloClient, Number, WithalloError
from withallo_server import errors
from withallo_server.availability import statuses
from withallo_server.guardrails.readings import Readings
from withallo_server.key_scopes import KeyFacts, KeyScopes
from withallo_server.late import Late, LateInbox, LatePeople, LateWrites
from withallo_server.machine import machine_region, zone_of
from withallo_server.notifier import Notifier
from withallo_server.settings import Settings
from withallo_tools.services import EventQuery, Inbox, InboxEvent, People, ServerStatus, Writes

if TYPE_CHECKING:
    from withallo_server.database import Database
    from withallo_server.directory.directory import Directory
    from withallo_server.inbox.announcing import Announcer
    from withallo_server.inbox.inbox import AccountInbox
    from withallo_server.inbox.store import Store
    from withallo_server.writes import GatedWrites

logger = logging.getLogger(__name__)

NUMBERS_KEPT = timedelta(minutes=5)
LONGEST_LOOK_UP_SECONDS = 3.0


class Account:
    """One key, its client and everything kept for it; fulfils `withallo_tools.services.Services`.

    Attributes:
        settings: What the operator decided.
        inbox: What came in by webhook.
        people: Who is who.
        writes: The door for every change.
        readings: Whose words were read in which session.
        directory: What is behind `people`, with its background work.
        numbers_as_of: When the lines were last fetched.
        fresh_for: How old lines may be that are asked for as they are now; more than nothing where callers share a key.
    """

    def __init__(
        self,
        settings: Settings,
        key: SecretStr,
        *,
        tasks: Callable[[], TaskGroup],
        make_client: Callable[[], AlloClient],
        open_database: "Callable[[], Awaitable[Database]]",
        open_store: "Callable[[], Awaitable[Store]]",
        notifier: Notifier,
        clock: Callable[[], datetime],
    ) -> None:
        self.settings = settings
        self.inbox: Inbox = LateInbox(self._account_inbox)
        self.directory = Late(tasks, self._open_directory)
        self.people: People = LatePeople(self.directory)
        self.writes: Writes = LateWrites(Late(tasks, self._open_writes))
        self.readings = Readings(open_database, settings.account, clock)
        self._key = key
        self._make_client = make_client
        self._open_database = open_database
        self._open_store = open_store
        self._notifier = notifier
        self._clock = clock
        self._kept = KeyScopes(settings.data_dir)
        self._facts = self._kept.load(key)
        self._off: tuple[KeyFacts | None, dict[str, str]] = (None, {})
        self._asked: frozenset[str] | None = None
        self._scopes_lock = anyio.Lock()
        self._looked_up = anyio.Event()
        self.numbers_as_of: datetime | None = None
        self.fresh_for = timedelta(0)
        self._numbers: Sequence[Number] = ()
        self._numbers_lock = anyio.Lock()
        self._told_of: int | None = None
        self._name: str | None = None

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
        return zone_of(self.settings.timezone)

    @property
    def tools_off(self) -> dict[str, str]:
        """Tools that are not offered, and why; scopes that were never learned close none."""
        facts, off = self._off
        if facts is not self._facts:
            off = {each.name: each.reason for each in statuses(self.settings, self._facts.scopes) if not each.on}
            self._off = (self._facts, off)
        return off

    @property
    def answer_budget(self) -> int:
        """Tokens one answer may take."""
        return self.settings.answer_tokens

    def now(self) -> datetime:
        """The present; the embedded account's own clock with `--sandbox`."""
        return self._clock()

    async def numbers(self, *, fresh: bool = False) -> Sequence[Number]:
        """Lines and sender IDs, kept for five minutes for whoever does not ask for fresh ones."""
        kept = self.fresh_for if fresh else NUMBERS_KEPT
        if not self._has_numbers(kept):
            async with self._numbers_lock:
                if not self._has_numbers(kept):
                    self._numbers = tuple(await self.client.numbers.list())
                    self.numbers_as_of = self.now()
        return self._numbers

    def _has_numbers(self, kept: timedelta) -> bool:
        return self.numbers_as_of is not None and abs(self.now() - self.numbers_as_of) < kept

    async def scopes(self) -> frozenset[str]:
        """Scopes of the key, asked once in the life of this process."""
        async with self._scopes_lock:
            if self._asked is None:
                me = await self.client.account.me()
                await self._learn(KeyFacts(me.scopes, self._facts.region, me.team.id if me.team else None))
                self._asked = me.scopes
            return self._asked

    async def name(self) -> str:
        """Name in shared tables, that of the key's team (API contract 6.6); `StorageError` while it cannot be known."""
        own = self.settings.account
        if self._name or own == "sandbox" or not self._key.get_secret_value():
            return self._name or own
        from withallo_server import teams

        database = await self._open_database()
        if self._facts.team is None:
            if not await teams.are_there(database):
                return own
            await teams.have_told(self.scopes, LONGEST_LOOK_UP_SECONDS)
        self._name = await teams.account_of(database, self._facts.team, own)
        return self._name

    async def status(self) -> ServerStatus:
        """Which tools are on, and what the inbox does."""
        return ServerStatus(
            tools=statuses(self.settings, self._facts.scopes),
            inbox=await self._inbox_status(),
            environment="sandbox" if self.settings.sandbox else "live",
        )

    async def ready(self) -> None:
        """Wait, but not for long, until the country of the lines is known: numbers are read by it."""
        if self.settings.region is None and self._facts.region is None:
            with anyio.move_on_after(LONGEST_LOOK_UP_SECONDS):
                await self._looked_up.wait()

    async def look_up(self) -> None:
        """Learn scopes, country and team of the key; while Allo cannot be asked, what was learned before holds."""
        try:
            await self.scopes()
            if self.settings.region is None:
                countries = Counter(number.country for number in await self.numbers() if number.country)
                if countries:
                    await self._learn(replace(self._facts, region=countries.most_common(1)[0][0]))
        except WithalloError as error:
            logger.warning("The API key could not be looked up: %s", error)
        finally:
            self._looked_up.set()
        await self.name()

    async def follow_from_now(self, inbox: "AccountInbox") -> int:
        """Decide where `follow` begins, unless it has begun before: there it goes on."""
        if self._told_of is None:
            self._told_of = (await inbox.list(EventQuery(limit=1))).latest
        return self._told_of

    async def follow(self, inbox: "AccountInbox") -> None:
        """Tell clients and the directory of every event from now on, whichever process stored it; never ends.

        Clients hear of it at once; what has to ask who somebody is comes behind, however long Allo takes to say.
        """
        from withallo_server.inbox.announcing import Announcer
        from withallo_server.inbox.upkeep import keep_up

        announcer, after = Announcer(self._notifier, self.people), await self.follow_from_now(inbox)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(keep_up, inbox, self, self.settings)
            tasks.start_soon(self._follow_behind, inbox, after, announcer)
            tasks.start_soon(_follow_joined, inbox, after, announcer)
            async for events in inbox.pages(after):
                self._told_of = events[-1].sequence
                await announcer.tell(events)

    async def _follow_behind(self, inbox: "AccountInbox", after: int, announcer: "Announcer") -> None:
        async for events in inbox.pages(after):
            await announcer.tell_of_contacts(events)
            try:
                await self._pass_on(events)
            except Exception as error:  # noqa: BLE001  # the trouble of other rooms must not silence the inbox
                logger.warning("Events reached neither directory nor channel: %s", type(error).__name__)

    async def _pass_on(self, events: Sequence[InboxEvent]) -> None:
        directory = await self.directory()
        for event in events:
            if event.verified:
                await directory.observe(event.data)
        if self.settings.claude_channel:
            from withallo_server.inbox.channel import push

            await push(events, self, self._notifier, self.readings)

    async def close(self) -> None:
        """Close the connections to Allo."""
        if "client" in self.__dict__:
            await self.client.aclose()

    async def _learn(self, facts: KeyFacts) -> None:
        if facts == self._facts:
            return
        before, self._facts = self.tools_off, facts
        await anyio.to_thread.run_sync(self._kept.save, self._key, facts)
        if self.tools_off != before:
            await self._notifier.tools_changed()

    async def _inbox_status(self) -> str:
        try:
            page = await self.inbox.list(EventQuery(limit=1))
        except Exception as error:  # noqa: BLE001  # the account can be shown without its inbox
            return errors.explain(error)
        count = f"{page.total}{'' if page.total_is_exact else ' or more'} event{'' if page.total == 1 else 's'}"
        places = [*(["the embedded account"] if self.settings.sandbox else []), *filter(None, [self.settings.listen])]
        return f"{count}, receiving webhooks at {' and '.join(places)}" if places else f"{count}, receiving no webhooks"

    async def _account_inbox(self) -> Inbox:
        from withallo_server.inbox.inbox import AccountInbox

        return AccountInbox(await self._open_store(), await self.name())

    @asynccontextmanager
    async def _open_directory(self) -> "AsyncIterator[Directory]":
        database = await self._open_database()
        await self.ready()
        from withallo_server.directory.directory import Directory

        directory = await Directory.open(
            database, self.client, region=self.region, scopes=self.scopes, account=await self.name()
        )
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(directory.run)
            yield directory
            tasks.cancel_scope.cancel()

    @asynccontextmanager
    async def _open_writes(self) -> "AsyncIterator[GatedWrites]":
        database = await self._open_database()
        from withallo_server.writes import open_writes

        async with open_writes(
            database=database,
            settings=self.settings,
            account=await self.name(),
            client=self.client,
            people=self.people,
            inbox=self.inbox,
            clock=self.now,
            zone=self.zone,
            folder=self.settings.data_dir,
            readings=self.readings,
        ) as writes:
            yield writes


async def _follow_joined(inbox: "AccountInbox", after: int, announcer: "Announcer") -> None:
    """Tell clients of events that read differently since a late webhook told more of them."""
    async for events in inbox.joined(after):
        await announcer.tell(events)
