"""The outbox table."""

from sqlalchemy import Column, Connection, Float, Index, Integer, Table, Text, UniqueConstraint, text

from withallo_server.database import Schema, metadata

sends = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("tool", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("likeness", Text, nullable=False),
    Column("sent_likeness", Text, nullable=False),
    Column("recipients", Text, nullable=False),
    Column("message_digest", Text),
    Column("sender", Text),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", Float, nullable=False),
    Column("state", Text, nullable=False),
    Column("holder", Text, nullable=False),
    Column("lease_until", Float, nullable=False),
    Column("settled_at", Float),
    Column("result", Text, nullable=False, server_default="{}"),
    Column("note", Text, nullable=False, server_default=""),
    Column("about", Text),
    UniqueConstraint("account", "key", name="outbox_key"),
    Index("outbox_time", "account", "asked_at"),
    Index("outbox_state", "account", "state"),
)

recipients = Table(
    "outbox_recipients",
    metadata,
    Column("send_id", Integer, primary_key=True, autoincrement=False),
    Column("number", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("asked_at", Float, nullable=False),
    Index("outbox_recipient_time", "account", "number", "asked_at"),
)


def _add_about(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE outbox ADD COLUMN about TEXT"))


def _index_states(connection: Connection) -> None:
    connection.execute(text("CREATE INDEX IF NOT EXISTS outbox_state ON outbox (account, state)"))


SCHEMA = Schema("outbox", (sends, recipients), (_add_about, _index_states))
