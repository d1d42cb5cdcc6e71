"""What was read in conversations that wander between instances."""

from sqlalchemy import Column, Connection, Float, Table, Text, delete, select

from withallo_server.database import Database, Schema, metadata, upsert
from withallo_server.guardrails.readings import Heard

_RENEWED_SECONDS = 600.0

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


async def keep(database: Database, account: str, session: str, heard: Heard, oldest: float) -> None:
    """Write down whose words were read and when, as far as that is not known yet; forget what is older than a time."""
    known = await recall(database, account, session, oldest)
    new = sorted(each for each, at in heard.items() if at > known.get(each, oldest) + _RENEWED_SECONDS)
    if not new:
        return
    mine = {"account": account, "session": session}
    rows = [{**mine, "kind": kind, "number": number, "at": heard[kind, number]} for kind, number in new]

    def work(connection: Connection) -> None:
        connection.execute(delete(readings).where(readings.c.at < oldest))
        upsert(connection, readings, rows, replace=("at",), newer_by="at")

    await database.write(work)


async def recall(database: Database, account: str, session: str, oldest: float) -> Heard:
    """Whose words were read in a conversation since a time, on any instance."""
    await database.migrate(SCHEMA)
    statement = select(readings.c.kind, readings.c.number, readings.c.at).where(
        readings.c.account == account, readings.c.session == session, readings.c.at > oldest
    )
    rows = await database.read(lambda connection: connection.execute(statement).all())
    return {(row.kind, row.number): row.at for row in rows}
