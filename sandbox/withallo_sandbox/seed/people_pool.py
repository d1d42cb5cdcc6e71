"""Who is called, who calls, and at what hours."""

from datetime import datetime, timedelta
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

from withallo_sandbox.contacts import ContactBook
from withallo_sandbox.records import Line
from withallo_sandbox.seed.numbers import AREAS

_POOL = 250
_HOURS = {9: 5, 10: 9, 11: 9, 12: 4, 13: 3, 14: 8, 15: 8, 16: 7, 17: 5, 18: 2}
DAYS = 60


class Callers:
    """The people behind the calls of a country: a few often, many seldom, some unknown."""

    def __init__(self, book: ContactBook, country: str) -> None:
        self._country = country
        people = (book[place] for place in range(min(len(book), _POOL)))
        prefix = "+33" if country == "FR" else "+1"
        self._known = [
            (number, person.full_name) for person in people for number in person.numbers if number.startswith(prefix)
        ]
        self._weights = list(accumulate(1 / (8 + place) for place in range(len(self._known))))

    def known(self, rng: Random) -> tuple[str, str]:
        """The number and name of somebody in the contact list."""
        return rng.choices(self._known, cum_weights=self._weights)[0]

    def stranger(self, rng: Random) -> tuple[str, str]:
        """A number nobody has, and a first name."""
        if self._country == "FR":
            return f"+3360009{rng.randrange(10_000):04d}", rng.choice(("Nadège", "Marc", "Sonia", "Ali", "Rose"))
        return f"+1{rng.choice(AREAS)}5558{rng.randrange(1000):03d}", rng.choice(("Dale", "Nina", "Omar", "Peggy"))


def moment(rng: Random, line: Line, now: datetime, *, after_hours: bool = False) -> datetime:
    """A moment of the last 60 days: on a workday at work, or outside of it."""
    zone = ZoneInfo(line.zone)
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    while True:
        day = today - timedelta(days=rng.randrange(DAYS + 1))
        hour = rng.choice((7, 8, 19, 20, 21)) if after_hours else rng.choices([*_HOURS], [*_HOURS.values()])[0]
        local = day.replace(hour=hour, minute=rng.randrange(60), second=rng.randrange(60))
        working = day.weekday() < 5
        if working != after_hours or rng.random() < 0.3:
            when = local.astimezone(now.tzinfo)
            if (working or after_hours) and now - timedelta(days=DAYS) <= when <= now - timedelta(minutes=4):
                return when


def at_work(line: Line, when: datetime) -> bool:
    """Whether somebody is there to pick up."""
    local = when.astimezone(ZoneInfo(line.zone))
    return local.weekday() < 5 and 9 <= local.hour < 18
