"""The one database all rooms of the server share: a SQLite file by default, PostgreSQL for a fleet.

A room declares its tables on `metadata` in its own module, gathers them in a `Schema`, and calls
`Database.migrate` when it opens. Statements are SQLAlchemy Core, run in worker threads.
"""

import functools
import os
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

import anyio
import anyio.to_thread
from sqlalchemy import (
    URL,
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    Table,
    Text,
    create_engine,
    event,
    make_url,
    select,
    text,
)
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
    OperationalError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

Result = TypeVar("Result")

BUSY_SECONDS = 15.0

metadata = MetaData()

_versions = Table(
    "schema_versions", metadata, Column("schema", Text, primary_key=True), Column("version", Integer, nullable=False)
)


class StorageError(Exception):
    """The database cannot be reached, read or written; the message says which and what to do."""


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
        return cls(await anyio.to_thread.run_sync(_open, target))

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

        Raises:
            StorageError: The data was written by a newer version of this program.
        """
        await self.write(functools.partial(_migrate, schema=schema))

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
        self._is_closed = True
        for limiter in (self._readers, self._writers):
            borrowers = [object() for _ in range(int(limiter.total_tokens))]
            for borrower in borrowers:
                await limiter.acquire_on_behalf_of(borrower)
            for borrower in borrowers:
                limiter.release_on_behalf_of(borrower)
        await anyio.to_thread.run_sync(self.engine.dispose)

    def _transact(self, engine: Engine, work: Callable[[Connection], Result]) -> Result:
        if self._is_closed:
            raise StorageError("The database is closed.")
        with translated(self.place), engine.begin() as connection:
            return work(connection)


def _nothing(_: Connection) -> None:
    """Leave everything to how the transaction begins."""


@contextmanager
def translated(place: str) -> Iterator[None]:
    """Turn what the database says about its state into `StorageError`; errors of the statement itself pass."""
    try:
        yield
    except (IntegrityError, ProgrammingError, DataError):
        raise
    except DBAPIError as error:
        cause = str(error.orig).strip().splitlines()
        raise StorageError(f"The database at {place} failed: {cause[0] if cause else 'no reason given'}.") from error
    except PoolTimeoutError as error:
        raise StorageError(f"The database at {place} is too busy: no connection became free.") from error


def _open(target: str | Path) -> Engine:
    if str(target).startswith(("postgres://", "postgresql://", "postgresql+psycopg://")):
        return _open_postgres(str(target))
    return _open_sqlite(Path(str(target).removeprefix("sqlite:///")).expanduser().absolute())


def _open_postgres(target: str) -> Engine:
    try:
        url = make_url(target).set(drivername="postgresql+psycopg")
        engine = create_engine(
            url,
            hide_parameters=True,
            pool_pre_ping=True,
            pool_timeout=BUSY_SECONDS,
            connect_args={"connect_timeout": 5},
        )
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise StorageError("ALLO_DATABASE_URL cannot be read: write postgresql://user:password@host/name.") from None
    except ModuleNotFoundError:
        raise StorageError("PostgreSQL needs a driver: install withallo-mcp[postgres].") from None
    with translated(str(url.database)), engine.connect():
        return engine


def _open_sqlite(path: Path) -> Engine:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        if path.stat().st_mode & 0o077 and os.name == "posix":
            path.chmod(0o600)
    except OSError as error:
        raise StorageError(f"The database {path} cannot be written: {error.strerror}. Set ALLO_DATA_DIR.") from error
    engine = create_engine(
        URL.create("sqlite", database=str(path)), hide_parameters=True, connect_args={"timeout": BUSY_SECONDS}
    )
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    try:
        with translated(str(path)):
            _use_wal(engine)
    except StorageError:
        engine.dispose()
        raise
    return engine


def _configure_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "journal_size_limit=67108864", "wal_autocheckpoint=8000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))


def _use_wal(engine: Engine) -> None:
    """Switch to the write-ahead log; SQLite does not wait for another process that does the same."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            with engine.execution_options(begin="PRAGMA journal_mode=WAL").begin():
                return
        except OperationalError as error:
            if "locked" not in str(error.orig) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


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
