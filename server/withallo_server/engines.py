"""Opens the engine behind `Database`: a SQLite file with its write-ahead log, or PostgreSQL."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
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

BUSY_SECONDS = 15.0


class StorageError(Exception):
    """The database cannot be reached, read or written; the message says which and what to do."""


FORBIDDEN = "42501"
"""What PostgreSQL calls a right that a user lacks."""


@contextmanager
def translated(place: str) -> Iterator[None]:
    """Turn what the database says about its state into `StorageError`; errors of the statement itself pass."""
    try:
        yield
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) != FORBIDDEN:
            raise
        raise StorageError(
            f"The database at {place} lets this user not do that ({error.orig}): it has to create tables."
        ) from error
    except (IntegrityError, DataError):
        raise
    except DBAPIError as error:
        cause = str(error.orig).strip().splitlines()
        raise StorageError(f"The database at {place} failed: {cause[0] if cause else 'no reason given'}.") from error
    except PoolTimeoutError as error:
        raise StorageError(f"The database at {place} is too busy: no connection became free.") from error


def open_engine(target: str | Path) -> Engine:
    """Open or create what is at a path or a `postgresql://` URL."""
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


_PRAGMAS = (
    "synchronous=FULL",
    "foreign_keys=ON",
    "journal_size_limit=67108864",
    "wal_autocheckpoint=8000",
    "cache_size=-500",
)


def _configure_sqlite(connection: Any, _record: object) -> None:
    """Durable, and with small page caches: each connection has one, and the operating system keeps the file anyway."""
    connection.isolation_level = None
    for pragma in _PRAGMAS:
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
