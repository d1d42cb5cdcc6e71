"""Questions put to a human, and what became of them."""

from sqlalchemy import Column, Connection, Float, Index, Table, Text, text

from withallo_server.database import Schema, metadata

questions = Table(
    "consents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("principal", Text, nullable=False),
    Column("tool", Text, nullable=False),
    Column("binding", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("secret", Text, nullable=False, server_default=""),
    Column("call", Text, nullable=False, server_default=""),
    Column("edited", Text),
    Column("note", Text, nullable=False, server_default=""),
    Column("about", Text),
    Column("asked_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    Index("consents_binding", "account", "binding", "state"),
)


def _add_about(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE consents ADD COLUMN about TEXT"))


SCHEMA = Schema("consent", (questions,), (_add_about,))
