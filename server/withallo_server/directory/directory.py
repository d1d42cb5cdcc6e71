"""The contact directory: who is who, kept on disk, searched without asking Allo."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

import anyio
from sqlalchemy import Connection, func, select

from withallo_client import AlloClient
from withallo_server.database import Database
from withallo_server.directory.filling import Filler, Progress
from withallo_server.directory.index import digits_of
from withallo_server.directory.merging import account_id, take_in
from withallo_server.directory.ranking import EXACT, parse
from withallo_server.directory.records import Record, Source, event_source, from_event, from_person, merged
from withallo_server.directory.resolution import decide
from withallo_server.directory.search import Hit, find
from withallo_server.directory.tables import SCHEMA, keys, people, records
from withallo_tools.services import CONTACT_IDS, PeoplePage, Person, Resolution
from withallo_tools.services import Progress as Report

_SHORT_FILL = 1000
_PATIENCE = 4.0
_LONGEST_PATIENCE = 20.0
_GLANCE = 0.05
_CANDIDATES = 13
"""One more than a human may be offered: of as many as this, some would be missing from the choice."""


class Directory:
    """Fulfils `withallo_tools.services.People` for one account.

    Open it with `open`, and keep `run` running beside the server.
    """

    def __init__(self, database: Database, filler: Filler, account: int, region: str) -> None:
        self._database = database
        self._filler = filler
        self._account = account
        self._region = region
        self._names = filler.names

    @classmethod
    async def open(
        cls,
        database: Database,
        client: AlloClient,
        *,
        region: str,
        scopes: Callable[[], Awaitable[frozenset[str]]],
        account: str = "default",
    ) -> Self:
        """Open the directory of an account and bring its tables up to date.

        Args:
            database: Where it is kept.
            client: The API with the key of the account.
            region: ISO country that a number without a country code belongs to.
            scopes: The scopes of the key; v1 contacts need CONTACTS_READ, CRM people CRM_READ.
            account: Whose contacts these are; several accounts may share a database.

        Raises:
            StorageError: The database cannot be used.
        """
        await database.migrate(SCHEMA)
        number = await database.write(lambda connection: account_id(connection, account))
        return cls(database, Filler(database, client, number, region, scopes), number, region)

    async def run(self) -> None:
        """Fill and refresh the directory until cancelled."""
        await self._filler.run()

    async def filled(self) -> None:
        """Wait until every list was read to its end at least once."""
        await self._filler.filled.wait()

    async def search(self, query: str, *, limit: int, offset: int = 0, progress: Report | None = None) -> PeoplePage:
        """Find people, best first; an empty query lists everybody by name.

        A short first fill under way is waited for, a long one is not: the page then says that it is not complete.

        Raises:
            WithalloError: Nobody is found, because Allo could never be read.
        """
        filled = await self._patiently(progress)

        def work(connection: Connection) -> PeoplePage:
            if not query.strip():
                found, total = self._everybody(connection, limit, offset)
            else:
                hits, total = self._hits(connection, query, limit, offset)
                found = self._people(connection, hits)
            return PeoplePage(found, total, filled.complete)

        page = await self._database.read(work)
        if not page.total:
            self._own_up(query, filled)
        return page

    async def resolve(self, text: str, *, certain: bool = False, progress: Report | None = None) -> Resolution:
        """Find out who is meant by a name, a number, an e-mail address or an id.

        To be certain, a first fill is waited for as long as it gets on, at most 20 seconds.

        Raises:
            WithalloError: Nobody is found, because Allo could never be read.
        """
        filled = await self._patiently(progress, certain=certain)

        def work(connection: Connection) -> Resolution:
            hits, _ = self._hits(connection, text, _CANDIDATES)
            return decide(parse(text, self._region), self._people(connection, hits), complete=filled.complete)

        meant = await self._database.read(work)
        if not meant.candidates:
            self._own_up(text, filled)
        return meant

    async def names(self, numbers: Collection[str]) -> dict[str, str]:
        """The known name of each number; a number that two people share has both names."""
        digits = {number: digits_of(number, self._region) for number in numbers if number}
        missing = self._names.missing(digits.values())
        if missing:
            found = await self._database.read(lambda connection: self._named(connection, missing))
            self._names.put({number: found.get(number, "") for number in missing})
        named = ((number, self._names.get(of)) for number, of in digits.items())
        return {number: name for number, name in named if name}

    async def remember(self, people: Sequence[Person], *, whole: bool = False) -> None:
        """Take in what another answer showed; `whole` when it showed all of their numbers and addresses."""
        heard = [record for person in people if (record := from_person(person))]
        await self._take_in(heard, "whole answers" if whole else "answers")

    async def observe(self, data: Mapping[str, Any]) -> None:
        """Take in the contact that the payload of an event is about, or names as its other party."""
        record = from_event(data)
        if record is not None:
            await self._take_in([record], event_source(data))

    async def _take_in(self, heard: list[Record], source: Source) -> None:
        if not heard:
            return
        await self._database.write(
            lambda connection: take_in(connection, self._account, heard, source=source, sweep=0, region=self._region)
        )
        self._names.clear()

    async def _patiently(self, progress: Report | None, *, certain: bool = False) -> Progress:
        """Wait a moment for a first fill that will soon be over; to be certain, for any that gets on."""
        end, read = anyio.current_time() + _LONGEST_PATIENCE, -1
        with anyio.move_on_after(_PATIENCE) as patience:
            while True:
                filled = await self._filler.progress()
                if filled.complete:
                    return filled
                if filled.read != read:
                    read = filled.read
                    if certain:
                        patience.deadline = min(end, anyio.current_time() + _PATIENCE)
                    if progress is not None:
                        await progress(filled.read, filled.of)
                if filled.trouble or filled.over or (not certain and (filled.of or 0) > _SHORT_FILL):
                    return filled
                await anyio.sleep(_GLANCE)
        return await self._filler.progress()

    def _own_up(self, text: str, filled: Progress) -> None:
        """Say why nobody was found where no list was ever read; a number or an id is of use without its name."""
        needs_name = not text.strip().startswith(CONTACT_IDS) and not parse(text, self._region).number
        if filled.trouble is not None and not filled.ever and needs_name:
            raise filled.trouble.with_traceback(None)

    def _hits(self, connection: Connection, query: str, limit: int, offset: int = 0) -> tuple[Sequence[Hit], int]:
        text = query.strip()
        if text.startswith(CONTACT_IDS):
            known = select(records.c.person).where(records.c.account_id == self._account, records.c.record_id == text)
            person = connection.scalar(known)
            found = [Hit(person, EXACT, "id")] if person is not None else []
            return found[offset : offset + limit], len(found)
        hits = find(connection, self._account, parse(text, self._region))
        return hits.page(offset, limit), hits.total

    def _everybody(self, connection: Connection, limit: int, offset: int) -> tuple[tuple[Person, ...], int]:
        page = (
            select(people.c.person)
            .where(people.c.account_id == self._account)
            .order_by(people.c.sort_name, people.c.person)
            .limit(limit)
            .offset(offset)
        )
        hits = [Hit(person, EXACT, "") for person in connection.scalars(page)]
        return self._people(connection, hits), self._count(connection)

    def _people(self, connection: Connection, hits: Sequence[Hit]) -> tuple[Person, ...]:
        known = self._known(connection, [hit.person for hit in hits])
        return tuple(
            replace(person, name=person.name or person.company or "", score=round(hit.score, 1), matched=hit.matched)
            for hit in hits
            if (person := known.get(hit.person))
        )

    def _known(self, connection: Connection, persons: Sequence[int]) -> dict[int, Person]:
        rows = select(records).where(records.c.account_id == self._account, records.c.person.in_(persons))
        groups: dict[int, list[Record]] = {}
        for row in connection.execute(rows):
            groups.setdefault(row.person, []).append(Record.from_json(row.record_id, row.data))
        return {person: merged(group) for person, group in groups.items()}

    def _named(self, connection: Connection, digits: Sequence[str]) -> dict[str, str]:
        owners = select(keys.c.key, keys.c.person).where(
            keys.c.account_id == self._account, keys.c.key.in_([f"n{number}" for number in digits])
        )
        rows = connection.execute(owners).all()
        known = self._known(connection, [row.person for row in rows])
        names: dict[str, list[str]] = {}
        for row in rows:
            person = known[row.person]
            # A key also ends longer numbers than the one that is asked for.
            name = person.name or person.company
            if name and row.key[1:] in {digits_of(number, self._region) for number in person.numbers}:
                names.setdefault(row.key[1:], []).append(name)
        return {number: " or ".join(dict.fromkeys(found[:3])) for number, found in names.items()}

    def _count(self, connection: Connection) -> int:
        counted = select(func.count()).select_from(people).where(people.c.account_id == self._account)
        return connection.scalar(counted) or 0
