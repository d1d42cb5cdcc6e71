"""Statements that change the inbox; each runs inside one transaction that the caller opened."""

import zlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, delete, select, text, update

from withallo_server.database import upsert
from withallo_server.inbox.events import NewEvent, micros
from withallo_server.inbox.tables import events, marks, unindexed

CHANNEL = "withallo_inbox"

# Put together once: to build a statement takes several times as long as to run it.
_KNOWN = select(events.c.account, events.c.event_id).where(events.c.event_id.in_(bindparam("ids", expanding=True)))
_SHOWN: Select[Any] = (
    select(events.c.account, events.c.subject, events.c.sequence, events.c.verified, events.c.source)
    .where(events.c.subject.in_(bindparam("subjects", expanding=True)), events.c.same_as.is_(None))
    .order_by(events.c.sequence)
)
_LOCK = zlib.crc32(b"withallo inbox")


def lock(connection: Connection) -> None:
    """Let one writer in at a time, so that a lower sequence is never committed after a higher one was read.

    SQLite has one writer anyway; PostgreSQL hands out sequence numbers before the commit.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def add_events(connection: Connection, batch: Sequence[NewEvent]) -> list[bool]:
    """Insert what is not there yet.

    Returns:
        For each event whether it was stored; false for a delivery that had been stored before, and for a call or
        message that was fetched though a delivery had told of it.
    """
    lock(connection)
    known = _known_ids(connection, batch)
    stored: list[bool] = []
    fresh: list[NewEvent] = []
    for event in batch:
        is_new = (event.account, event.event_id) not in known
        known.add((event.account, event.event_id))
        stored.append(is_new)
        if is_new:
            fresh.append(event)
    while fresh:
        fresh = _insert_distinct(connection, fresh)
    if any(stored) and connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})
    return stored


def mark_read(connection: Connection, account: str, event_ids: Collection[str]) -> int:
    """Mark events as read; returns how many were not."""
    mine = (events.c.account == account) & events.c.event_id.in_(event_ids) & events.c.read.is_(False)
    return connection.execute(update(events).where(mine).values(read=True)).rowcount


def prune(connection: Connection, account: str, *, before: datetime | None, keep: int | None, most: int = 1000) -> int:
    """Delete the oldest events: those received before a time, and those beyond the newest `keep`.

    Takes `most` at a time, so that nobody waits long; returns how many went, fewer than `most` at the end.
    """
    mine = select(events.c.sequence).where(unindexed(events.c.account) == account)
    reasons: list[Any] = []
    if before is not None:
        reasons.append(mine.where(events.c.received_at < micros(before)).order_by(events.c.sequence).limit(most))
    if keep is not None:
        edge = mine.order_by(events.c.sequence.desc()).offset(keep).limit(1)
        newest = connection.scalar(edge)
        if newest is not None:
            reasons.append(mine.where(events.c.sequence <= newest).order_by(events.c.sequence).limit(most))
    gone = 0
    for reason in reasons:
        gone += connection.execute(delete(events).where(events.c.sequence.in_(reason.scalar_subquery()))).rowcount
    return gone


def read_mark(connection: Connection, account: str, name: str) -> str | None:
    """How far a piece of background work had come."""
    return connection.scalar(select(marks.c.value).where(marks.c.account == account, marks.c.name == name))


def write_mark(connection: Connection, account: str, name: str, value: str) -> None:
    """Remember how far it has come."""
    upsert(connection, marks, [{"account": account, "name": name, "value": value}], replace=("value",))


def _known_ids(connection: Connection, batch: Sequence[NewEvent]) -> set[tuple[str, str]]:
    found = connection.execute(_KNOWN, {"ids": [event.event_id for event in batch]})
    known = {(row.account, row.event_id) for row in found}
    fetched = [event for event in batch if event.source == "reconciled"]
    shown = _shown(connection, [event.facts.subject or "" for event in fetched])
    return known | {
        (event.account, event.event_id) for event in fetched if (event.account, event.facts.subject) in shown
    }


def _insert_distinct(connection: Connection, batch: Sequence[NewEvent]) -> list[NewEvent]:
    """Insert events, joined with what tells of the same call or message in another way: signed, unsigned or fetched.

    Returns the rest of the batch, which tells of something just inserted and now has a row to be joined with.
    """
    shown = _shown(connection, {event.facts.subject for event in batch if event.facts.subject is not None})
    rows: list[dict[str, Any]] = []
    rest: list[NewEvent] = []
    taken: dict[tuple[str, str], tuple[str, bool]] = {}
    for event in batch:
        row = event.row()
        if event.facts.subject is not None:
            key, way = (event.account, event.facts.subject), (event.source, event.verified)
            if taken.setdefault(key, way) != way:
                rest.append(event)
                continue
            original = next((each for each in shown.get(key, ()) if (each.source, each.verified) != way), None)
            if original is not None:
                row["same_as"] = original.sequence
                _improve(connection, original, event)
        rows.append(row)
    _insert(connection, rows)
    return rest


def _insert(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows with one statement: row by row, the thread would have to win the interpreter back for each."""
    names = ", ".join(rows[0])
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    places = ", ".join(mark for _ in rows[0])
    values = tuple(value for row in rows for value in row.values())
    connection.exec_driver_sql(
        f"INSERT INTO events ({names}) VALUES {', '.join(f'({places})' for _ in rows)}",  # noqa: S608  # our own columns
        values,
    )


def _shown(connection: Connection, subjects: Collection[str]) -> dict[tuple[str, str], list[Row[Any]]]:
    found: dict[tuple[str, str], list[Row[Any]]] = {}
    if subjects:
        for row in connection.execute(_SHOWN, {"subjects": list(subjects)}):
            found.setdefault((row.account, row.subject), []).append(row)
    return found


def _improve(connection: Connection, original: Any, event: NewEvent) -> None:
    """Let a signed delivery speak for an event that so far rests on an unsigned or a fetched one."""
    if event.verified and (original.source == "reconciled" or not original.verified):
        values = {"payload": event.payload, "verified": True}
        connection.execute(update(events).where(events.c.sequence == original.sequence).values(values))
