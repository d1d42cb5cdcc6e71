"""A million stored events: how long a page of events takes, by what it asks."""

import random
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import Connection
from tests.bench import report

from withallo_server.database import Database
from withallo_server.inbox.events import micros
from withallo_server.inbox.inbox import AccountInbox
from withallo_server.inbox.store import Store
from withallo_tools.services import EventQuery

EVENTS = 1_000_000
BATCH = 50_000
REPEATS = 15
TOPICS = ("sms.received", "sms.sent", "call.completed", "call.received", "tag.added", "contact.updated")
WEIGHTS = (30, 20, 25, 24, 0.9, 0.1)


def rows(first: int, count: int, now: int) -> Iterator[tuple[object, ...]]:
    """Events of two years, 20,000 contacts and 12 lines, as rows; the times are microseconds."""
    chance = random.Random(first)
    step = 730 * 86_400_000_000 // EVENTS
    for number in range(first, first + count):
        at = now - step * (EVENTS - number)
        topic = chance.choices(TOPICS, WEIGHTS)[0]
        body = f'{{"topic":"{topic}","data":{{"id":"{number}","content":"Bonjour, merci de me rappeler."}}}}'
        contact, line = f"+336{chance.randrange(20_000):08d}", f"+3364400000{number % 12:02d}"
        yield (f"msg_{number}", topic, at, at, at, contact, line, body)


def fill(connection: Connection, first: int, now: int) -> None:
    """Insert one part of the million; through the receiver it would take minutes."""
    connection.exec_driver_sql(
        "INSERT INTO events (account, event_id, topic, received_at, occurred_at, happened_at, contact_number, "
        "allo_number, payload, verified, source, direction, read) "
        "VALUES ('default', ?, ?, ?, ?, ?, ?, ?, ?, 1, 'webhook', 'INBOUND', 0)",
        list(rows(first, BATCH, now)),
    )


def questions(now: datetime) -> dict[str, EventQuery]:
    """What people ask."""
    contact, texts = ("+33600000042",), ("sms.received", "sms.sent")
    return {
        "newest": EventQuery(),
        "a common topic": EventQuery(topics=texts[:1]),
        "a rare topic": EventQuery(topics=("contact.updated",)),
        "all about calls": EventQuery(topics=("call.received", "call.triggered", "call.answered", "call.completed")),
        "one contact": EventQuery(contact_numbers=contact),
        "texts of one contact": EventQuery(contact_numbers=contact, topics=texts),
        "one line": EventQuery(allo_number="+336440000003"),
        "unread": EventQuery(unread=True, topics=texts[:1]),
        "a day last year": EventQuery(since=now - timedelta(days=400), until=now - timedelta(days=399)),
        "a far page": EventQuery(before=EVENTS - 1000),
        "new since a cursor": EventQuery(after=EVENTS - 50),
    }


async def main(folder: Path) -> None:
    """Fill an inbox and ask."""
    now = datetime.now(UTC)
    database = await Database.open(folder / "million.sqlite3")
    async with Store.open(database) as store:
        for first in range(0, EVENTS, BATCH):
            await database.write(partial(fill, first=first, now=micros(now)))
        inbox = AccountInbox(store, "default")
        taken: dict[str, list[float]] = {}
        for _ in range(REPEATS):
            for name, query in questions(now).items():
                began = time.perf_counter()
                page = await inbox.list(query)
                taken.setdefault(name, []).append((time.perf_counter() - began) * 1000)
                assert page.events, name
    await database.close()
    everything = statistics.median(value for values in taken.values() for value in values)
    slowest, values = max(taken.items(), key=lambda item: statistics.median(item[1]))
    report.row(
        f"events among {EVENTS:,}, median over {len(taken)} kinds of question",
        f"{everything:.1f} ms (slowest kind: {slowest}, {statistics.median(values):.1f} ms)",
        "< 20 ms",
        everything < 20,
    )
