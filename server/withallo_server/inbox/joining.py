"""Ringing and answered events hold no call id: they find their finished call by numbers and time."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select, update

from withallo_server.inbox.facts import CALL_OVER, RINGING
from withallo_server.inbox.tables import events
from withallo_server.inbox.writing import lock, read_mark, write_mark

AT_ONCE = 500
CALLS = RINGING | {CALL_OVER}

_EVERY_ACCOUNT = ""
_MARK = "joined"
_NEAR = timedelta(minutes=5) // timedelta(microseconds=1)
_MOST_NEAR = 200
_COLUMNS: tuple[ColumnElement[Any], ...] = (
    events.c.account,
    events.c.sequence,
    events.c.topic,
    events.c.happened_at,
    events.c.direction,
    events.c.contact_number,
    events.c.allo_number,
    events.c.same_as,
    events.c.part_of,
)


def join_calls(connection: Connection) -> int:
    """Join the call events that came since the last time; returns how many were looked at."""
    lock(connection)
    done = int(read_mark(connection, _EVERY_ACCOUNT, _MARK) or 0)
    fresh = select(*_COLUMNS).where(events.c.sequence > done, events.c.topic.in_(CALLS))
    rows = connection.execute(fresh.order_by(events.c.sequence).limit(AT_ONCE)).all()
    for row in rows:
        if row.same_as is None and row.contact_number:
            _join_around(connection, row)
    if rows:
        write_mark(connection, _EVERY_ACCOUNT, _MARK, str(rows[-1].sequence))
    return len(rows)


def _join_around(connection: Connection, row: Row[Any]) -> None:
    """Pair the calls and stages near one event; nearest first, so that the order of arrival does not matter."""
    near = connection.execute(
        select(*_COLUMNS)
        .where(
            events.c.account == row.account,
            events.c.contact_number == row.contact_number,
            events.c.happened_at.between(row.happened_at - 3 * _NEAR, row.happened_at + 3 * _NEAR),
            events.c.topic.in_(CALLS),
            events.c.same_as.is_(None),
        )
        .limit(_MOST_NEAR)
    ).all()
    stages = [each for each in near if each.topic in RINGING]
    pairs = _pair(stages, [each for each in near if each.topic == CALL_OVER])
    for stage in stages:
        call = pairs.get(stage.sequence)
        if call not in (None, stage.part_of) and abs(stage.happened_at - row.happened_at) <= _NEAR:
            connection.execute(update(events).where(events.c.sequence == stage.sequence).values(part_of=call))


def _pair(stages: Sequence[Row[Any]], calls: Sequence[Row[Any]]) -> dict[int, int]:
    found: dict[int, int] = {}
    taken: set[tuple[int, str]] = set()
    for _, stage, call in sorted(_candidates(stages, calls), key=lambda each: each[0]):
        place = (call.sequence, stage.topic)
        if stage.sequence not in found and place not in taken:
            found[stage.sequence] = call.sequence
            taken.add(place)
    return found


def _candidates(stages: Sequence[Row[Any]], calls: Sequence[Row[Any]]) -> Iterable[tuple[int, Row[Any], Row[Any]]]:
    for stage in stages:
        for call in calls:
            apart = abs(stage.happened_at - call.happened_at)
            same_line = stage.allo_number == call.allo_number or None in (stage.allo_number, call.allo_number)
            same_way = stage.direction == call.direction or None in (stage.direction, call.direction)
            if apart <= _NEAR and same_line and same_way:
                yield apart, stage, call
