"""Fills the directory in the background: page after page, resumed where it stopped, by one process at a time."""

import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import anyio
from sqlalchemy import Connection, select, update

from withallo_client import (
    AlloClient,
    ApiError,
    ForbiddenError,
    InvalidResponseError,
    RateLimitError,
    ServerError,
    WithalloError,
)
from withallo_server.database import Database, StorageError, upsert
from withallo_server.directory.merging import forget, take_in
from withallo_server.directory.names import NameCache
from withallo_server.directory.records import Record, Source, from_contact, from_crm
from withallo_server.directory.tables import fills

logger = logging.getLogger(__name__)

PAGE_SIZE = 100
_LEASE_SECONDS = 10.0
_REFRESH_SECONDS = 6 * 3600.0
_REFRESH_SECONDS_PER_PAGE = 600.0
_GAP_SECONDS = 1800.0
_LOOK_AGAIN_SECONDS = 30.0
_QUICK_PAGES = 5
_LONGEST_WAIT = 60.0
_ATTEMPTS_PER_PAGE = 4
_SCOPES: dict[Source, frozenset[str]] = {
    "contacts": frozenset(("CONTACTS_READ", "CONTACTS_READ_WRITE")),
    "people": frozenset(("CRM_READ",)),
}
# Searches by POST count as writes, of which there are 5 a second, and a text must never wait behind this.
_PAUSE: dict[Source, float] = {"contacts": 0.0, "people": 0.5}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the first fill is.

    Attributes:
        read: Entries of Allo's lists read so far.
        of: About how many there are, once Allo has said.
        complete: Whether everybody is known: every list was read to its end, and nobody was left out the last time.
        over: Whether every list was read to its end at least once, so that waiting is of no use.
        ever: Whether any list was read to its end at least once, so that not to be found means something.
        trouble: Why Allo could not be read the last time, so that waiting is of no use.
    """

    read: int = 0
    of: int | None = None
    complete: bool = False
    over: bool = False
    ever: bool = False
    trouble: Exception | None = None


@dataclass(frozen=True, slots=True)
class _Turn:
    sweep: int
    page: int


@dataclass(frozen=True, slots=True)
class _Rows:
    records: list[Record]
    total_pages: int | None
    has_more: bool
    left_out: bool = False


class Filler:
    """Reads Allo's lists of people into the directory.

    Args:
        scopes: The scopes of the key, asked for before each round.
        pause: How to wait.
        wall: Seconds since the epoch, which processes that share a database agree on.
    """

    def __init__(
        self,
        database: Database,
        client: AlloClient,
        account_id: int,
        region: str,
        scopes: Callable[[], Awaitable[frozenset[str]]],
        *,
        pause: Callable[[float], Awaitable[None]] = anyio.sleep,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._client = client
        self._account_id = account_id
        self._region = region
        self._scopes = scopes
        self._pause = pause
        self._wall = wall
        self._owner = uuid4().hex
        self._last_seen = Progress()
        self._seen_until = 0.0
        self._sources: list[Source] | None = None
        self._due: dict[Source, float] = {}
        self._refused: dict[Source, float] = {}
        self._failures: Counter[Source] = Counter()
        self._troubles: dict[Source | None, Exception] = {}
        self.names = NameCache()
        self.filled = anyio.Event()

    async def run(self) -> None:
        """Fill what is not filled and refresh what is old, for as long as the server runs."""
        try:
            await self._run()
        finally:
            with anyio.move_on_after(1, shield=True), suppress(StorageError):
                await self._database.write(self._leave)

    async def _run(self) -> None:
        failures = 0
        while True:
            try:
                held = await self._scopes()
                await self._read_what_is_due(held)
                if (await self.progress()).over:
                    self.filled.set()
                failures = 0
                self._troubles.pop(None, None)
                due = [self._due[source] for source in self._sources or ()]
                wait = min(due, default=self._wall() + _REFRESH_SECONDS) - self._wall()
            except (WithalloError, StorageError) as error:
                failures += 1
                wait = _wait_after(error, failures)
                logger.info("The directory waits %.0f s: %s", wait, error)
                self._troubles[None] = error
            await self._pause(min(max(1.0, wait), _REFRESH_SECONDS))

    async def _read_what_is_due(self, held: frozenset[str]) -> None:
        """Read each list that is due; one that cannot be read leaves the turn to the other."""
        now = self._wall()
        self._sources = [
            source for source, any_of in _SCOPES.items() if held & any_of and self._refused.get(source, now) <= now
        ]
        for source in tuple(self._sources):
            if self._due.get(source, 0.0) < self._wall() + 1.0:
                self._due[source] = await self._keep_fresh(source)

    async def progress(self) -> Progress:
        """How far the lists were read, by whichever process."""
        if self._last_seen.complete and self._wall() < self._seen_until:
            return self._last_seen
        rows = await self._database.read(self._states)
        sources = self._sources if self._sources is not None else [source for source in _SCOPES if source in rows]
        known = [rows[source] for source in sources if source in rows]
        totals = [row.total_pages * PAGE_SIZE for row in known if row.total_pages]
        over = len(known) == len(sources) and all(row.finished_at for row in known)
        over = over and (self._sources is not None or bool(known))
        self._seen_until = self._wall() + _LOOK_AGAIN_SECONDS
        self._last_seen = Progress(
            read=PAGE_SIZE * sum(row.total_pages if row.finished_at else row.next_page for row in known),
            of=sum(totals) or None,
            complete=over and not any(_has_gap(row) for row in known),
            over=over,
            ever=any(row.finished_at for row in known),
            trouble=next(iter(self._troubles.values()), None),
        )
        return self._last_seen

    async def _keep_fresh(self, source: Source) -> float:
        """Read a list to its end, or until it cannot be read; says when to come back."""
        while True:
            try:
                turn = await self._database.write(lambda connection: self._take_turn(connection, source))
                if isinstance(turn, float):
                    self._goes_on(source)
                    return turn
                await self._read_page(source, turn, skip=self._failures[source] >= _ATTEMPTS_PER_PAGE)
                self._goes_on(source)
            except ForbiddenError as error:
                logger.info("The directory cannot read %s: %s", source, error)
                self._sources = [other for other in self._sources or () if other != source]
                self._refused[source] = self._wall() + _REFRESH_SECONDS
                self._goes_on(source)
                return self._refused[source]
            except (WithalloError, StorageError) as error:
                self._failures[source] += 1
                self._troubles[source] = error
                wait = _wait_after(error, self._failures[source])
                logger.info("The directory waits %.0f s with %s: %s", wait, source, error)
                return self._wall() + wait

    def _goes_on(self, source: Source) -> None:
        self._failures[source] = 0
        self._troubles.pop(source, None)

    async def _read_page(self, source: Source, turn: _Turn, *, skip: bool) -> None:
        """Take one page in, together with the note that it was taken in."""
        rows = await (self._fetch_or_skip if skip else self._fetch)(source, turn.page)

        def commit(connection: Connection) -> None:
            take_in(connection, self._account_id, rows.records, source=source, sweep=turn.sweep, region=self._region)
            self._note(connection, source, turn, rows)

        await self._database.write(commit)
        self.names.clear()
        if turn.page >= _QUICK_PAGES and _PAUSE[source]:
            await self._pause(_PAUSE[source])

    async def _fetch_or_skip(self, source: Source, page: int) -> _Rows:
        """Leave out a page that cannot be read where the one after it can; else it is not the page's fault."""
        try:
            return await self._fetch(source, page)
        except (InvalidResponseError, ServerError):
            await self._fetch(source, page + 1)
            return _Rows([], None, has_more=True, left_out=True)

    async def _fetch(self, source: Source, page: int) -> _Rows:
        if source == "contacts":
            contacts = await self._client.contacts.search(page=page, size=PAGE_SIZE)
            heard = [from_contact(one) for one in contacts.items]
            return _Rows(heard, contacts.total_pages, contacts.has_more, bool(contacts.unreadable))
        people = await self._client.people.search(page=page + 1, size=PAGE_SIZE, sort="CREATED_ASC")
        heard = [from_crm(one) for one in people.items]
        return _Rows(heard, people.total_pages, people.has_more, bool(people.unreadable))

    def _take_turn(self, connection: Connection, source: Source) -> _Turn | float:
        """The next page to read, or when to ask again: the list is fresh, or another process reads it."""
        first = {"account_id": self._account_id, "source": source, "sweep": 1, "next_page": 0}
        upsert(connection, fills, [first])
        mine = (fills.c.account_id == self._account_id) & (fills.c.source == source)
        row = connection.execute(select(fills).where(mine).with_for_update()).one()
        now = self._wall()
        if row.owner not in (None, self._owner) and row.owned_until > now:
            return now + 2.0
        between = max(_REFRESH_SECONDS, _REFRESH_SECONDS_PER_PAGE * (row.total_pages or 0))
        between = _GAP_SECONDS if _has_gap(row) else between
        if row.next_page == 0 and row.finished_at is not None and row.finished_at + between > now:
            return float(row.finished_at + between)
        connection.execute(update(fills).where(mine).values(owner=self._owner, owned_until=now + _LEASE_SECONDS))
        return _Turn(row.sweep, row.next_page)

    def _leave(self, connection: Connection) -> None:
        """Let another process go on at once."""
        mine = (fills.c.account_id == self._account_id) & (fills.c.owner == self._owner)
        connection.execute(update(fills).where(mine).values(owner=None, owned_until=None))

    def _note(self, connection: Connection, source: Source, turn: _Turn, rows: _Rows) -> None:
        mine = (fills.c.account_id == self._account_id) & (fills.c.source == source)
        if rows.left_out:
            connection.execute(update(fills).where(mine).values(gap_sweep=turn.sweep))
        if rows.has_more:
            values = {"next_page": turn.page + 1, "total_pages": rows.total_pages or fills.c.total_pages}
            connection.execute(update(fills).where(mine).values(**values))
            return
        gap = connection.scalar(select(fills.c.gap_sweep).where(mine))
        if gap is None or gap < turn.sweep - 1:
            forget(connection, self._account_id, source=source, before_sweep=turn.sweep - 1, region=self._region)
        finished = {
            "sweep": turn.sweep + 1,
            "next_page": 0,
            "total_pages": turn.page + 1,
            "finished_at": self._wall(),
            "owner": None,
            "owned_until": None,
        }
        connection.execute(update(fills).where(mine).values(**finished))

    def _states(self, connection: Connection) -> dict[str, Any]:
        rows = connection.execute(select(fills).where(fills.c.account_id == self._account_id))
        return {row.source: row for row in rows}


def _has_gap(row: Any) -> bool:
    """Whether the last sweep that came to its end, or the one under way, had to leave a page out."""
    return row.gap_sweep is not None and row.gap_sweep >= row.sweep - 1


def _wait_after(error: Exception, failures: int) -> float:
    asked = error.retry_after_seconds if isinstance(error, ApiError) else None
    if isinstance(error, RateLimitError) and error.limit == "daily_quota":
        return min(asked or 3600.0, 3600.0)
    return max(asked or 0.0, min(2.0**failures, _LONGEST_WAIT))
