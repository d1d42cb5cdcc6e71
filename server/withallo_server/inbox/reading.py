"""Statements that read the inbox, each quick on a million events."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, not_, select, union_all

from withallo_server.inbox.events import event_of, micros
from withallo_server.inbox.facts import CALL_OVER, number_key
from withallo_server.inbox.tables import events, unindexed
from withallo_tools.services import EventPage, EventQuery, InboxEvent

COUNTED = 1000
"""Matches are counted up to this many."""

_ARMS = 100
_ID = (events.c.sequence, events.c.happened_at)


def list_events(connection: Connection, account: str, query: EventQuery) -> EventPage:
    """A page of events and where to go on."""
    arms = list(_arms(account, query))
    latest = newest(connection)
    page = _before(connection, query)
    paged = [select(*_ID).where(*arm, *page) for arm in arms]
    found = connection.execute(_merged(paged, query))
    rows = _rows(connection, [row.sequence for row in found])
    total = sum(_count(connection, arm) for arm in arms)
    if not query.newest_first and len(rows) == query.limit and rows:
        latest = rows[-1].sequence
    return EventPage(_with_stages(connection, rows), min(total, COUNTED), latest, total_is_exact=total < COUNTED)


def get_event(connection: Connection, account: str, event_id: str) -> InboxEvent | None:
    """One event; a further delivery of the same thing leads to the event it belongs to."""
    mine = select(events).where(events.c.account == account)
    row = connection.execute(mine.where(events.c.event_id == event_id)).one_or_none()
    if row is not None and row.same_as is not None:
        row = connection.execute(mine.where(events.c.sequence == row.same_as)).one_or_none() or row
    return None if row is None else _with_stages(connection, [row])[0]


def newest(connection: Connection) -> int:
    """The highest sequence there is, of any account."""
    return connection.scalar(select(func.max(events.c.sequence))) or 0


def topics(connection: Connection, account: str, most: int = 100) -> list[str]:
    """The topics there are, found by jumping along the index."""
    found: list[str] = []
    while len(found) < most:
        mine = select(func.min(events.c.topic)).where(events.c.account == account)
        following = connection.scalar(mine.where(events.c.topic > found[-1]) if found else mine)
        if following is None:
            break
        found.append(following)
    return found


def ids_like(connection: Connection, account: str, start: str, most: int = 100) -> list[str]:
    """Ids that begin with some letters, newest first where there are none."""
    mine = select(events.c.event_id).where(events.c.account == account, events.c.same_as.is_(None))
    if not start:
        mine = mine.order_by(events.c.happened_at.desc())
    else:
        mine = mine.where(events.c.event_id >= start, events.c.event_id < f"{start}\U0010ffff")
    return list(connection.scalars(mine.limit(most)))


def raw_events(connection: Connection, account: str, after: int, most: int) -> Sequence[Row[Any]]:
    """Deliveries as they came, in the order of their commit."""
    mine = select(events).where(unindexed(events.c.account) == account, events.c.sequence > after)
    return connection.execute(mine.order_by(events.c.sequence).limit(most)).all()


def joined_events(connection: Connection, account: str, after: int, most: int) -> EventPage:
    """The events that deliveries committed after a sequence told of once more, and where to go on."""
    mine = select(events.c.sequence, events.c.same_as).where(
        unindexed(events.c.account) == account, events.c.sequence > after, events.c.same_as.is_not(None)
    )
    latest = newest(connection)
    rows = connection.execute(mine.order_by(events.c.sequence).limit(most)).all()
    if not rows:
        return EventPage((), 0, latest)
    if len(rows) == most:
        latest = rows[-1].sequence
    originals = connection.execute(select(events).where(events.c.sequence.in_({row.same_as for row in rows}))).all()
    return EventPage(_with_stages(connection, originals), len(originals), latest)


def count_all(connection: Connection, account: str) -> int:
    """How many deliveries there are; reads the whole index."""
    return connection.scalar(select(func.count()).where(events.c.account == account)) or 0


def _by_arrival(query: EventQuery) -> bool:
    """Whether the order is that of the commits, which is found along the primary key."""
    return query.after is not None or not query.newest_first


def _arms(account: str, query: EventQuery) -> Iterable[list[ColumnElement[bool]]]:
    """The query as parts of which each runs along one index; joined by `or`, SQLite would sort everything."""
    common = list(_common(account, query))
    numbers = list(dict.fromkeys(number_key(number) for number in query.contact_numbers))
    wanted = [(events.c.contact_number, numbers), (events.c.topic, list(query.topics))]
    (column, values), *others = [each for each in wanted if each[1]] or [(events.c.topic, [])]
    common += [unindexed(other).in_(allowed) for other, allowed in others]
    if not values:
        yield common
    elif _by_arrival(query):
        yield [*common, unindexed(column).in_(values)]
    elif len(values) > _ARMS:
        yield [*common, column.in_(values)]
    else:
        yield from ([*common, column == value] for value in values)


def _common(account: str, query: EventQuery) -> Iterable[ColumnElement[bool]]:
    yield (unindexed(events.c.account) if _by_arrival(query) else events.c.account) == account
    yield events.c.same_as.is_(None)
    if query.after is not None:
        yield events.c.sequence > query.after
    elif not query.topics or CALL_OVER in query.topics:
        yield events.c.part_of.is_(None)
    if query.allo_number is not None:
        line = unindexed(events.c.allo_number) if _by_arrival(query) else events.c.allo_number
        yield line == number_key(query.allo_number)
    if query.since is not None:
        yield events.c.happened_at >= micros(query.since)
    if query.until is not None:
        yield events.c.happened_at < micros(query.until)
    if query.unread:
        yield events.c.read.is_(False)


def _before(connection: Connection, query: EventQuery) -> Sequence[ColumnElement[bool]]:
    """What comes on the pages behind an event; one that is gone by now is looked for by its neighbour."""
    if query.before is None:
        return ()
    if _by_arrival(query):
        return (events.c.sequence < query.before,)
    edge = select(events.c.happened_at).where(events.c.sequence <= query.before)
    time = connection.scalar(edge.order_by(events.c.sequence.desc()).limit(1))
    if time is None:
        return (events.c.sequence < 0,)
    same_time_later = and_(events.c.happened_at == time, events.c.sequence >= query.before)
    return (events.c.happened_at <= time, not_(same_time_later))


def _merged(arms: Sequence[Select[Any]], query: EventQuery) -> Select[Any]:
    def ordered(arm: Select[Any], columns: Any) -> Select[Any]:
        keys = (columns.sequence,) if _by_arrival(query) else (columns.happened_at, columns.sequence)
        return arm.order_by(*(key.desc() if query.newest_first else key for key in keys)).limit(query.limit)

    if len(arms) == 1:
        return ordered(arms[0], events.c)
    every = union_all(*(select(ordered(arm, events.c).subquery()) for arm in arms)).subquery()
    return ordered(select(every.c.sequence), every.c)


def _rows(connection: Connection, sequences: Sequence[int]) -> list[Row[Any]]:
    found = connection.execute(select(events).where(events.c.sequence.in_(sequences)))
    by_sequence = {row.sequence: row for row in found}
    return [by_sequence[sequence] for sequence in sequences]


def _count(connection: Connection, arm: Sequence[ColumnElement[bool]]) -> int:
    bounded = select(events.c.sequence).where(*arm).limit(COUNTED).subquery()
    return connection.scalar(select(func.count()).select_from(bounded)) or 0


def _with_stages(connection: Connection, rows: Sequence[Row[Any]]) -> tuple[InboxEvent, ...]:
    calls = [row.sequence for row in rows if row.topic == CALL_OVER]
    stages: dict[int, list[InboxEvent]] = {}
    if calls:
        parts = select(events).where(events.c.part_of.in_(calls)).order_by(events.c.happened_at)
        for part in connection.execute(parts):
            stages.setdefault(part.part_of, []).append(event_of(part))
    return tuple(event_of(row, tuple(stages.get(row.sequence, ()))) for row in rows)
