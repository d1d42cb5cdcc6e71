"""Texts in both directions, some still without an answer."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from withallo_sandbox import ids
from withallo_sandbox.company import LYON, NEW_YORK, SENDER_ID
from withallo_sandbox.contacts import ContactBook
from withallo_sandbox.records import Contact, Line, Message
from withallo_sandbox.seed import dice
from withallo_sandbox.seed.english import ENGLISH
from withallo_sandbox.seed.french import FRENCH
from withallo_sandbox.seed.people_pool import moment

_WRITERS = 90


def draw_texts(seed: int, book: ContactBook, now: datetime) -> Iterator[Message]:
    """A few threads with each of some people; French ones go out from the sender ID and come in on the mobile line."""
    rng = dice(seed, "texts")
    writers = [book[place] for place in range(min(len(book), _WRITERS))]
    place = 0
    for person in writers:
        for _ in range(rng.choice((0, 1, 1, 2, 3))):
            for message in _thread(rng, person, place, now):
                place += 1
                yield message


def _thread(rng: Random, person: Contact, place: int, now: datetime) -> Iterator[Message]:
    mobile = next((n for n in person.numbers if n.startswith(("+336", "+1"))), None)
    if mobile is None:
        return
    language, line = (FRENCH, LYON) if mobile.startswith("+33") else (ENGLISH, NEW_YORK)
    slots = language.slots(rng, line.users[0].name.partition(" ")[0], person.name or "")
    turns = rng.choice(language.threads)
    if rng.random() < 0.25:
        turns = turns[:1]
    when = moment(rng, line, now)
    for turn in turns:
        if when >= now:
            return
        yield text(ids.token("msg", place), line, mobile, turn.format_map(slots), when, failed=rng.random() < 0.01)
        place += 1
        when += timedelta(minutes=rng.randrange(1, 50), seconds=rng.randrange(60))


def text(key: str, line: Line, number: str, words: str, when: datetime, *, failed: bool = False) -> Message:
    """One text; `>` in front makes it ours."""
    if not words.startswith("> "):
        return Message(key, "INBOUND", line.number, number, None, when, words)
    sender = SENDER_ID.name if line.country == "FR" else None
    ours = sender or line.number
    return Message(key, "OUTBOUND", ours, number, line.users[0], when, words.removeprefix("> "), sender, failed)
