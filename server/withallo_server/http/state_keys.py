"""The key that seals questions to humans, kept in the database so that every instance and every restart has it."""

import secrets

from sqlalchemy import Column, Connection, Table, Text, select

from withallo_server.database import Database, Schema, metadata, upsert

_secrets = Table(
    "server_secrets", metadata, Column("name", Text, primary_key=True), Column("value", Text, nullable=False)
)

SCHEMA = Schema("http", (_secrets,))
_NAME = "request-state"


async def shared_state_key(database: Database) -> str:
    """The key of all instances on this database; made by the first of them.

    Raises:
        StorageError: The database cannot be used.
    """
    await database.migrate(SCHEMA)
    return await database.write(_find_or_make)


def _find_or_make(connection: Connection) -> str:
    query = select(_secrets.c.value).where(_secrets.c.name == _NAME)
    found: str | None = connection.scalar(query)
    if found is None:
        made = secrets.token_urlsafe(48)
        upsert(connection, _secrets, [{"name": _NAME, "value": made}])
        found = connection.scalar(query)
    return str(found)
