"""Hears what other processes say through PostgreSQL (LISTEN and NOTIFY)."""

from collections.abc import Callable
from typing import Any, NoReturn

import anyio
import anyio.to_thread

from withallo_server.database import Database, StorageError

_PATIENCE: dict[str, Any] = {"connect_timeout": 5, "keepalives_idle": 10, "keepalives_interval": 5}


async def hear(
    database: Database, channel: str, heard: Callable[[str], None], listening: Callable[[], None]
) -> NoReturn:
    """Call `heard` with each payload of a channel, on a connection of its own, until that breaks.

    Args:
        database: Where.
        channel: A plain word.
        heard: Must not raise.
        listening: Called once nothing said from now on is missed; what was said before has to be looked up.

    Raises:
        StorageError: The connection could not be made, or broke.
    """
    import psycopg

    def connect() -> "psycopg.Connection[Any]":
        url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        connection = psycopg.connect(url, autocommit=True, **_PATIENCE)
        connection.execute(f'LISTEN "{channel}"')
        return connection

    try:
        connection = await anyio.to_thread.run_sync(connect)
        try:
            listening()
            while True:
                await anyio.wait_readable(connection.fileno())
                for notification in await anyio.to_thread.run_sync(lambda: list(connection.notifies(timeout=0))):
                    heard(notification.payload)
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(connection.close)
    except (psycopg.Error, OSError) as error:
        raise StorageError(f"The connection to {database.place} broke: {type(error).__name__}.") from error
