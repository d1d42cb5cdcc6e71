"""An account grown from a seed."""

from datetime import datetime, timedelta
from itertools import chain

from withallo_sandbox.account import Account
from withallo_sandbox.contacts import ContactBook
from withallo_sandbox.records import Line
from withallo_sandbox.seed.calls import draw_calls
from withallo_sandbox.seed.story import tell
from withallo_sandbox.seed.texts import draw_texts
from withallo_sandbox.timeline import Timeline

_UNREAD_FOR = timedelta(days=4)


def grow(seed: int, lines: tuple[Line, ...], contacts: int, calls: int, now: datetime) -> Account:
    """Contacts, and 60 days of calls and texts that end now."""
    book = ContactBook(contacts, seed, now)
    items = chain(draw_calls(seed, lines, book, calls, now), draw_texts(seed, book, now), tell(seed, now))
    account = Account(lines, book, Timeline(items), last_key=int(now.timestamp() * 1000))
    for item in account.timeline.newest_first():
        if now - item.date > _UNREAD_FOR:
            break
        item.read = not account.unanswered(item)
    return account
