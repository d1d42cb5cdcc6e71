"""What in the inbox still wants somebody: unread events, missed calls, texts without an answer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select

from withallo_server.inbox.events import micros, moment
from withallo_server.inbox.facts import CALL_OVER, TEXTS
from withallo_server.inbox.reading import COUNTED, topics
from withallo_server.inbox.tables import events

LOOKS_BACK = timedelta(days=14)

_MOST_ROWS = 5000
_OUR_TEXTS = "sms.sent"
_MISSED = ("MISSED", "VOICEMAIL", "FAILED")
_TALKED = ("ANSWERED", "TRANSFERRED")
_NOBODY = frozenset({"", "anonymous", "unknown", "private", "restricted"})


@dataclass(frozen=True, slots=True)
class Open:
    """Somebody who waits.

    Attributes:
        number: Who.
        times: How often they called or wrote without an answer.
        event_id: The last time.
    """

    number: str
    times: int
    last: datetime
    event_id: str


@dataclass(frozen=True, slots=True)
class Digest:
    """The state of an inbox.

    Attributes:
        unread: Unread events by topic, without the texts we sent, each counted up to 1000.
        missed_calls: Callers whom nobody answered and nobody has called or texted since, latest first.
        unanswered_texts: Texters who got no answer since, latest first.
        since: How far back calls and texts were looked at: never before the first event there is; None without any.
    """

    unread: Mapping[str, int]
    missed_calls: tuple[Open, ...]
    unanswered_texts: tuple[Open, ...]
    since: datetime | None


@dataclass(slots=True)
class _Waiting:
    row: Row[Any]
    times: int = 0


@dataclass(slots=True)
class _Sheet:
    """Filled from the newest event back: the first time we turned to somebody settles all that is older."""

    settled: set[str] = field(default_factory=set)
    waiting: dict[str, dict[str, _Waiting]] = field(default_factory=lambda: {"call": {}, "text": {}})

    def enter(self, row: Row[Any]) -> None:
        number = row.contact_number or ""
        if number.lower() in _NOBODY or number in self.settled:
            return
        outcome = (row.outcome or "").upper()
        is_call = row.topic == CALL_OVER
        if row.direction == "OUTBOUND" or (is_call and outcome.startswith(_TALKED)):
            self.settled.add(number)
        elif not is_call or outcome.startswith(_MISSED):
            kind = "call" if is_call else "text"
            self.waiting[kind].setdefault(number, _Waiting(row)).times += 1

    def open(self, kind: str) -> tuple[Open, ...]:
        return tuple(
            Open(number, entry.times, moment(entry.row.happened_at), entry.row.event_id)
            for number, entry in self.waiting[kind].items()
        )


def read_digest(connection: Connection, account: str, now: datetime) -> Digest:
    """Sum up an inbox."""
    sheet = _Sheet()
    since = now - LOOKS_BACK
    for row in _calls_and_texts(connection, account, since):
        sheet.enter(row)
    theirs = (topic for topic in topics(connection, account) if topic != _OUR_TEXTS)
    unread = {topic: count for topic in theirs if (count := _unread(connection, account, topic))}
    first = connection.scalar(select(func.min(events.c.happened_at)).where(events.c.account == account))
    covered = None if first is None else max(since, moment(first))
    return Digest(unread, sheet.open("call"), sheet.open("text"), covered)


def _calls_and_texts(connection: Connection, account: str, since: datetime) -> Iterable[Row[Any]]:
    columns: tuple[ColumnElement[Any], ...] = (
        events.c.event_id,
        events.c.topic,
        events.c.direction,
        events.c.outcome,
        events.c.contact_number,
        events.c.happened_at,
    )
    statement = select(*columns).where(
        events.c.account == account,
        events.c.happened_at >= micros(since),
        events.c.topic.in_((CALL_OVER, *TEXTS)),
        events.c.same_as.is_(None),
    )
    return connection.execute(statement.order_by(events.c.happened_at.desc()).limit(_MOST_ROWS)).all()


def _unread(connection: Connection, account: str, topic: str) -> int:
    unread = select(events.c.sequence).where(
        events.c.account == account,
        events.c.topic == topic,
        events.c.read.is_(False),
        events.c.same_as.is_(None),
        events.c.part_of.is_(None),
    )
    return connection.scalar(select(func.count()).select_from(unread.limit(COUNTED).subquery())) or 0
