"""What was read in conversations that wander between instances."""

import time

from sqlalchemy import Column, Connection, Float, Table, Text, delete, select

from withallo_server.database import Database, Schema, metadata, upsert

KEPT_SECONDS = 12 * 3600.0
"""A conversation has no end that a server could see; what was read half a day ago is no longer in anybody's head."""

readings = Table(
    "readings",
    metadata,
    Column("account", Text, primary_key=True),
    Column("session", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("number", Text, primary_key=True),
    Column("at", Float, nullable=False),
)

SCHEMA = Schema("readings", (readings,))

Kinds = dict[str, set[str]]


async def keep(database: Database, account: str, session: str, read: Kinds) -> None:
    """Write down whose words were read, as far as that is not known yet."""
    known = await recall(database, account, session)
    new = sorted((kind, number) for kind, numbers in read.items() for number in numbers - known[kind])
    if not new:
        return
    mine = {"account": account, "session": session, "at": time.time()}
    rows = [{**mine, "kind": kind, "number": number} for kind, number in new]

    def work(connection: Connection) -> None:
        connection.execute(delete(readings).where(readings.c.at < time.time() - KEPT_SECONDS))
        upsert(connection, readings, rows, replace=("at",))

    await database.write(work)


async def recall(database: Database, account: str, session: str) -> Kinds:
    """Whose words were read in a conversation, on any instance."""
    await database.migrate(SCHEMA)
    statement = select(readings.c.kind, readings.c.number).where(
        readings.c.account == account, readings.c.session == session, readings.c.at > time.time() - KEPT_SECONDS
    )
    found: Kinds = {"texts": set(), "names": set()}
    for kind, number in await database.read(lambda connection: connection.execute(statement).all()):
        found.setdefault(kind, set()).add(number)
    return found
