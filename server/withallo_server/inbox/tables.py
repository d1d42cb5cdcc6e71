"""The inbox tables. Times are microseconds since 1970, UTC."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    event,
)
from sqlalchemy.sql.functions import coalesce

from withallo_server.database import Schema, metadata

_Sequence = BigInteger().with_variant(Integer(), "sqlite")

events = Table(
    "events",
    metadata,
    Column("sequence", _Sequence, primary_key=True, autoincrement=True),
    Column("account", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("occurred_at", BigInteger),
    Column("happened_at", BigInteger, nullable=False),
    Column("verified", Boolean, nullable=False),
    Column("source", Text, nullable=False),
    Column("direction", Text),
    Column("outcome", Text),
    Column("contact_number", Text),
    Column("allo_number", Text),
    Column("subject", Text),
    Column("same_as", BigInteger),
    Column("part_of", BigInteger),
    Column("read", Boolean, nullable=False),
    Column("payload", Text, nullable=False),
    UniqueConstraint("event_id", "account", name="events_id"),
    sqlite_autoincrement=True,
)
"""One row for each delivery.

`happened_at` is what people order by: when it occurred, or when it came if that is unknown. `subject` names the call
or message. `same_as` marks a further delivery of something already there, `part_of` the ringing of a finished call.
"""

_shown = events.c.same_as.is_(None)
_unread = events.c.read.is_(False)

# The last two columns let matches be counted without a look at the rows.
_order = (events.c.happened_at, events.c.sequence, events.c.same_as, events.c.part_of)

Index("events_time", events.c.account, *_order)
Index("events_topic", events.c.account, events.c.topic, *_order)
Index("events_contact", events.c.account, events.c.contact_number, *_order)
Index("events_line", events.c.account, events.c.allo_number, *_order)


def _partial_index(name: str, *columns: ColumnElement[Any], where: ColumnElement[bool]) -> None:
    """Index only the rows that are asked for; `Index` would load every dialect it is told a condition for."""

    def create(target: Table, connection: Connection, **_: Any) -> None:
        rendering = {"literal_binds": True, "include_table": False}
        condition = where.compile(connection, compile_kwargs=rendering)
        names = ", ".join(str(column.compile(connection, compile_kwargs=rendering)) for column in columns)
        connection.exec_driver_sql(f"CREATE INDEX {name} ON {target.name} ({names}) WHERE {condition}")

    event.listen(events, "after_create", create)


_partial_index("events_unread", events.c.account, events.c.topic, events.c.happened_at, where=_unread & _shown)
_partial_index("events_subject", events.c.subject, events.c.account, where=events.c.subject.is_not(None))
_partial_index("events_part", events.c.part_of, where=events.c.part_of.is_not(None))


def unindexed(column: ColumnElement[str] | ColumnElement[str | None]) -> ColumnElement[str]:
    """A column to compare with row by row: SQLite would take its index for the best way and then sort everything."""
    return coalesce(column, "")


marks = Table(
    "inbox_marks",
    metadata,
    Column("account", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
"""How far background work has come, so that it goes on there after a crash."""

SCHEMA = Schema("inbox", (events, marks))
