"""Sixty days of calls at hours people work."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from withallo_sandbox import ids
from withallo_sandbox.contacts import ContactBook
from withallo_sandbox.records import Call, Line
from withallo_sandbox.seed import dice


def draw_calls(seed: int, lines: tuple[Line, ...], book: ContactBook, count: int, now: datetime) -> Iterator[Call]:
    """So many calls."""
    rng = dice(seed, "calls")
    for place in range(count):
        line = rng.choice(lines)
        person = book[rng.randrange(0, min(len(book), 250) - 1) // 2 * 2 + (line.country == "US")]
        date = now - timedelta(seconds=rng.randrange(60, 60 * 86400))
        yield Call(
            ids.token("cll", place), "INBOUND", line.number, person.numbers[0], line.users[0], date, 90, "ANSWERED"
        )
