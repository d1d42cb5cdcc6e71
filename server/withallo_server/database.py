"""The one database all rooms of the server share: a SQLite file by default, PostgreSQL for a fleet.

A room declares its tables on `metadata` in its own module, gathers them in a `Schema`, and calls
`Database.migrate` when it opens. Statements are SQLAlchemy Core, run in worker threads.
"""

import functools
import threading
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

import anyio
import anyio.to_thread
from sqlalchemy import Column, Connection, Engine, Integer, MetaData, Table, Text, select, text

from withallo_server.engines import StorageError, open_engine, translated

__all__ = ["Database", "Schema", "StorageError", "metadata", "translated", "upsert"]

Result = TypeVar("Result")

metadata = MetaData()

_versions = Table(
    "schema_versions", metadata, Column("schema", Text, primary_key=True), Column("version", Integer, nullable=False)
)


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables of one room and how older files come up to date.

    A fresh database gets `tables` as they are declared now. An existing one runs only the steps it has not seen,
    so its version is one more than the number of steps.

    Attributes:
        name: Name of the room, for example `inbox`.
        tables: Tables of the room, all on `metadata`.
        steps: Forward migrations, oldest first; never edited once released.
    """

    name: str
    tables: tuple[Table, ...]
    steps: tuple[Callable[[Connection], None], ...] = ()

    @property
    def version(self) -> int:
        """Version this program writes."""
        return 1 + len(self.steps)


class Database:
    """An open database. Several processes may share one."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._reader = engine if self.is_sqlite else engine.execution_options(isolation_level="REPEATABLE READ")
        self._writer = engine.execution_options(begin="BEGIN IMMEDIATE")
        self._is_closed = False
        self._under_way = 0
        self._count = threading.Condition()
        self._migrated: set[tuple[str, int]] = set()
        self._readers = anyio.CapacityLimiter(8)
        self._writers = anyio.CapacityLimiter(4)
        self._turn: AbstractContextManager[Any] = threading.Lock() if self.is_sqlite else nullcontext()

    @classmethod
    async def open(cls, target: str | Path) -> Self:
        """Open or create the database.

        Args:
            target: Path of a SQLite file, or a `postgresql://` URL.

        Raises:
            StorageError: The folder cannot be written, the file is no database, or the server does not answer.
        """
        return cls(await anyio.to_thread.run_sync(open_engine, target))

    def __repr__(self) -> str:
        return f"Database({self.place!r})"

    @property
    def place(self) -> str:
        """Where the data is, without any secret."""
        url = self.engine.url
        if self.is_sqlite:
            return str(url.database)
        return f"postgresql://{url.host or 'localhost'}/{url.database or ''}"

    async def read(self, work: Callable[[Connection], Result]) -> Result:
        """Run `work` on one consistent snapshot.

        Raises:
            StorageError: The database cannot be read.
        """
        return await anyio.to_thread.run_sync(self._transact, self._reader, work, limiter=self._readers)

    async def write(self, work: Callable[[Connection], Result]) -> Result:
        """Run `work` in one transaction that is on disk when this returns, and undone when it raises.

        Raises:
            StorageError: Nothing was written: disk full, not writable, locked, or the server is gone.
        """
        return await anyio.to_thread.run_sync(self.write_now, work, limiter=self._writers)

    def write_now(self, work: Callable[[Connection], Result]) -> Result:
        """The same, from a thread that may wait."""
        with self._turn:
            return self._transact(self._writer, work)

    async def migrate(self, schema: Schema) -> None:
        """Create the room's tables or bring them up to date; safe when several processes start at once.

        Once done it costs nothing, so whoever needs the tables may say so each time.

        Raises:
            StorageError: The data was written by a newer version of this program.
        """
        if (done := (schema.name, schema.version)) not in self._migrated:
            await self.write(functools.partial(_migrate, schema=schema))
            self._migrated.add(done)

    async def rehearse(self, schemas: Collection[Schema]) -> None:
        """Do what `migrate` would do for some rooms, and undo it.

        Raises:
            StorageError: This program cannot work with what is there, or may not change it.
        """
        await self.write(functools.partial(_rehearse, schemas=schemas))

    async def checkpoint(self) -> None:
        """Move what SQLite's log holds into the file while others go on writing; nothing to do on PostgreSQL.

        Left alone, SQLite does it inside somebody's commit, which then takes many times as long.

        Raises:
            StorageError: The file cannot be written.
        """
        if self.is_sqlite:
            engine = self.engine.execution_options(begin="PRAGMA wal_checkpoint(PASSIVE)")
            await anyio.to_thread.run_sync(self._transact, engine, _nothing, limiter=self._readers)

    async def close(self) -> None:
        """Wait for what is under way, then close every connection; what comes later is refused."""
        await anyio.to_thread.run_sync(self._close)

    def _close(self) -> None:
        with self._count:
            self._is_closed = True
            self._count.wait_for(lambda: self._under_way == 0)
        self.engine.dispose()

    def _transact(self, engine: Engine, work: Callable[[Connection], Result]) -> Result:
        with self._count:
            if self._is_closed:
                raise StorageError("The database is closed.")
            self._under_way += 1
        try:
            with translated(self.place), engine.begin() as connection:
                return work(connection)
        finally:
            with self._count:
                self._under_way -= 1
                self._count.notify_all()


def upsert(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    replace: Collection[str] = (),
    newer_by: str | None = None,
) -> None:
    """Insert rows whichever of them are there already; several processes may do so at once.

    Args:
        connection: A transaction.
        table: Its primary key, or any unique constraint where nothing is replaced, tells what is there.
        rows: All with the same columns.
        replace: Columns that a row which is there takes on; none leaves it as it is.
        newer_by: Replace only where the value of this column is not lower than the one that is there.
    """
    if not rows:
        return
    insert: Any
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert
    else:
        from sqlalchemy.dialects.sqlite import insert
    statement = insert(table)
    new = statement.excluded
    if replace:
        where = None if newer_by is None else new[newer_by] >= table.c[newer_by]
        values = {name: new[name] for name in replace}
        statement = statement.on_conflict_do_update(index_elements=table.primary_key, set_=values, where=where)
    else:
        statement = statement.on_conflict_do_nothing()
    connection.execute(statement, rows)


def _nothing(_: Connection) -> None:
    """Leave everything to how the transaction begins."""


def _rehearse(connection: Connection, schemas: Collection[Schema]) -> None:
    undone = connection.begin_nested()
    for schema in schemas:
        _migrate(connection, schema)
    undone.rollback()


def _migrate(connection: Connection, schema: Schema) -> None:
    if connection.dialect.name == "postgresql":
        key = zlib.crc32(b"withallo schema")
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})
    _versions.create(connection, checkfirst=True)
    seen = connection.scalar(select(_versions.c.version).where(_versions.c.schema == schema.name))
    if seen is None:
        metadata.create_all(connection, tables=list(schema.tables))
        connection.execute(_versions.insert().values(schema=schema.name, version=schema.version))
        return
    if seen > schema.version:
        raise StorageError(
            f"The {schema.name} data has version {seen}, this program knows {schema.version}: upgrade withallo-mcp."
        )
    for step in schema.steps[seen - 1 :]:
        step(connection)
    connection.execute(_versions.update().where(_versions.c.schema == schema.name).values(version=schema.version))
