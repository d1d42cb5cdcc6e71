"""What happened to the people every sandbox knows, so that questions about them have an answer."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from withallo_sandbox import ids
from withallo_sandbox.company import LYON, NEW_YORK, PARIS
from withallo_sandbox.people import (
    CLAIRE,
    JOHN_SMITH_COFFEE,
    MARIE,
    ROBERT,
    SARAH,
    SIOBHAN,
    THOMAS_ARCHITECT,
    ZOE,
)
from withallo_sandbox.records import ANONYMOUS, Contact, Item, Line, Message, Result
from withallo_sandbox.seed import dice
from withallo_sandbox.seed.calls import Plan, make_call, result_for
from withallo_sandbox.seed.people_pool import at_work
from withallo_sandbox.seed.texts import text

_FIRST: Final = 900_000
LONG_CALL_ID: Final = "cll-" + ids.token("cll", _FIRST)
"""The 49-minute call with Sarah Whitfield, on the Wednesday of last week at ten in New York."""

_ROBERT_TEXTS: Final = (
    "Hey, did the walnut come in?",
    "> Hi Robert, it did. Forty boards, nice ones.",
    "Great. My crew is on site until 4",
    "> We'll be there at 2 with the first load.",
    "Elevator is out, FYI. Stairs to the 3rd floor",
    "> Thanks for the warning, sending two more people.",
    "All in. The client loves the benches",
    "> Good to hear! Any issue with the back row?",
    "One leg wobbles, the rest is solid",
    "> Could you send a photo?",
    "Tomorrow, when there is light",
    "> Sure.",
    "Second from the left, see what I mean?",
    "> Got it. That's a bracket, ten minutes of work.",
    "Can somebody come by Thursday?",
    "> Thursday 8 am works.",
    "Works for me. Ask for Luis at the gate",
    "> Will do.",
    "He's done, thanks. No wobble",
    "> Perfect. The invoice is 3,150 dollars as agreed.",
    "Paid this morning",
    "> Received, thank you Robert.",
    "New job coming up in Queens, 14 desks. Interested?",
    "> Always. What's the timeline?",
    "They want them before the holidays",
    "Can you call me about the desks today?",
)


def tell(seed: int, now: datetime) -> Iterator[Item]:
    """Fixed events of the last weeks and the last hours."""
    rng = dice(seed, "story")
    yield from _weeks(seed, rng, now)
    yield from _hours(seed, rng, now)
    yield from _robert(now)
    yield from _unanswered(now)


def _local(line: Line, now: datetime, days_ago: int, hour: int, minute: int) -> datetime:
    zone = ZoneInfo(line.zone)
    day = now.astimezone(zone).date() - timedelta(days=days_ago)
    return datetime.combine(day, time(hour, minute), zone).astimezone(now.tzinfo)


def _weeks(seed: int, rng: Random, now: datetime) -> Iterator[Item]:
    weekday = now.astimezone(ZoneInfo(NEW_YORK.zone)).weekday()
    wednesday = _local(NEW_YORK, now, weekday + 5, 10, 4)
    friday = now.astimezone(ZoneInfo(PARIS.zone)).weekday() + 3
    sarah, marie, siobhan = (_party(person) for person in (SARAH, MARIE, SIOBHAN))
    earlier, long_talk = _local(PARIS, now, friday, 11, 20), _local(NEW_YORK, now, friday + 7, 15, 40)
    plans = (
        Plan(_FIRST, "INBOUND", "ANSWERED", NEW_YORK, *sarah, wednesday, 49 * 60, agreed=True),
        Plan(_FIRST + 1, "OUTBOUND", "ANSWERED", NEW_YORK, *sarah, wednesday - timedelta(days=7), 260),
        Plan(_FIRST + 2, "INBOUND", "ANSWERED", PARIS, *marie, earlier, 410),
        Plan(_FIRST + 3, "INBOUND", "ANSWERED", NEW_YORK, *siobhan, long_talk, 1880),
    )
    for plan in plans:
        yield make_call(seed, plan, rng)


def _party(person: Contact) -> tuple[str, str]:
    return person.numbers[0], person.full_name


def _hours(seed: int, rng: Random, now: datetime) -> Iterator[Item]:
    recent: tuple[tuple[int, Contact, Line, Result], ...] = (
        (7, JOHN_SMITH_COFFEE, NEW_YORK, "ANSWERED"),
        (26, CLAIRE, PARIS, "MISSED"),
        (48, SARAH, NEW_YORK, "ANSWERED"),
        (75, MARIE, PARIS, "MISSED"),
        (115, THOMAS_ARCHITECT, PARIS, "VOICEMAIL"),
        (170, ZOE, LYON, "ANSWERED"),
        (236, SIOBHAN, NEW_YORK, "ANSWERED"),
    )
    for place, (minutes, person, line, wanted) in enumerate(recent, start=_FIRST + 10):
        when = now - timedelta(minutes=minutes)
        result = result_for(line, when, wanted)
        seconds = 200 if result == "ANSWERED" else None
        yield make_call(seed, Plan(place, "INBOUND", result, line, *_party(person), when, seconds), rng)
    hidden = now - timedelta(minutes=140)
    line = PARIS if at_work(PARIS, hidden) else NEW_YORK
    result = result_for(line, hidden, "ANSWERED")
    yield make_call(seed, Plan(_FIRST + 30, "INBOUND", result, line, ANONYMOUS, "", hidden, 40), rng)


def _robert(now: datetime) -> Iterator[Message]:
    """A month of texts, the last of them waiting since three hours ago."""
    last = len(_ROBERT_TEXTS) - 1
    for place, words in enumerate(_ROBERT_TEXTS):
        key = ids.token("msg", _FIRST + place)
        days = round((last - place) * 27 / last)
        when = _local(NEW_YORK, now, days + 1, 9 + place % 8, (place * 17) % 60)
        if place == last:
            when = now - timedelta(hours=3)
        yield text(key, NEW_YORK, ROBERT.numbers[0], words, when)


def _unanswered(now: datetime) -> Iterator[Message]:
    waiting = (
        (ZOE, LYON, 26, "Bonjour, vous avez pu regarder pour les bancs de la terrasse ?"),
        (MARIE, LYON, 5, "Bonjour, je n'ai pas encore reçu le devis pour la bibliothèque. Vous pouvez regarder ?"),
        (SIOBHAN, NEW_YORK, 50, "Hi! Is the cherry sample still on its way?"),
    )
    for place, (person, line, hours, words) in enumerate(waiting, start=100):
        key = ids.token("msg", _FIRST + place)
        yield text(key, line, person.numbers[0], words, now - timedelta(hours=hours))
