"""An account grown from a seed."""

from datetime import datetime

from withallo_sandbox.account import Account
from withallo_sandbox.contacts import ContactBook
from withallo_sandbox.records import Line
from withallo_sandbox.seed.calls import draw_calls
from withallo_sandbox.timeline import Timeline


def grow(seed: int, lines: tuple[Line, ...], contacts: int, calls: int, now: datetime) -> Account:
    """Contacts, and 60 days of calls and texts that end now."""
    book = ContactBook(contacts, seed, now)
    return Account(
        lines, book, Timeline(draw_calls(seed, lines, book, calls, now)), {}, last_key=int(now.timestamp() * 1000)
    )
