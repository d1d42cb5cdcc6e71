"""The account: its lines, people, calls and texts, and what the API does to them."""

import re
import sys
from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import datetime
from unicodedata import normalize

from withallo_sandbox import ids
from withallo_sandbox.company import PENDING_SENDER_ID, SENDER_ID, TAGS, USERS
from withallo_sandbox.contacts import ContactBook
from withallo_sandbox.records import ANONYMOUS, Call, Company, Contact, Item, Line, Message, Promise, User
from withallo_sandbox.timeline import Timeline

_ACCENT = re.compile("[\u0300-\u036f]")
_WORD = re.compile(r"\w+")


@dataclass(slots=True)
class Account:
    """Everything the API reads and writes."""

    lines: tuple[Line, ...]
    contacts: ContactBook
    timeline: Timeline
    archived: set[tuple[str, str]] = field(default_factory=set)
    sent: list[Message] = field(default_factory=list)
    last_key: int = 1_000_000

    _spoken: dict[str, list[str]] = field(default_factory=dict)
    _labels: dict[str, tuple[Promise, ...]] = field(default_factory=dict)

    users = USERS
    tags = TAGS
    sender_ids = (SENDER_ID, PENDING_SENDER_ID)

    def labels(self) -> dict[str, tuple[Promise, ...]]:
        """The promises made in calls, by call id; a call without any is left out."""
        if not self._labels:
            spoken = ((call.id, call.speech().promises) for call in self.timeline.calls())
            self._labels = {call_id: promises for call_id, promises in spoken if promises}
        return self._labels

    def new_key(self, family: str) -> str:
        """The token of a record that did not exist at the start."""
        self.last_key += 1
        return ids.token(family, self.last_key)

    def line(self, number: str) -> Line | None:
        """Our line with this number."""
        return next((line for line in self.lines if line.number == number), None)

    def user(self, user_id: str) -> User | None:
        """The teammate with this id."""
        return next((user for user in self.users if user.id == user_id), None)

    def name_of(self, number: str) -> str | None:
        """The name of whoever has this number; of the first, where several do."""
        return next((person.full_name for person in self.contacts.with_number(number) if person.full_name), None)

    def last_item(self, person: Contact) -> Item | None:
        """The newest call or text with somebody, over all their numbers."""
        items = [item for number in person.numbers if (item := self.timeline.last(number))]
        return max(items, key=lambda item: item.date, default=None)

    def active_contacts(self) -> dict[int, datetime]:
        """The places of everybody who called, wrote or was reached, with the time of the last."""
        active: dict[int, datetime] = {}
        for number in self.timeline.contact_numbers():
            last = self.timeline.last(number)
            for person in self.contacts.with_number(number):
                if last:
                    active[person.ordinal] = max(last.date, active.get(person.ordinal, last.date))
        return active

    def company(self, company_id: str) -> Company | None:
        """The company with this id, if anybody works there."""
        return next((p.company for p in self.contacts if p.company and p.company.id == company_id), None)

    def interactions(self, person: Contact) -> int:
        """How many calls and texts there were with somebody."""
        return sum(self.timeline.count(number) for number in person.numbers)

    def engagement(self, person: Contact, now: datetime) -> str | None:
        """How warm the relation is, or nothing without any contact."""
        last = self.last_item(person)
        if last is None:
            return None
        days = (now - last.date).days
        return "ENGAGED" if days < 14 else "COOLING" if days < 45 else "COLD"

    def hits(self, item: Item, prefix: str) -> int:
        """How many words that were spoken, summed up or written begin so; case and accents do not count."""
        if isinstance(item, Message):
            return _count(sorted(words(item.content)), prefix)
        if item.id not in self._spoken:
            spoken = words(" ".join(row.text for row in item.speech().turns))
            self._spoken[item.id] = sorted(map(sys.intern, spoken))
        return _count(self._spoken[item.id], prefix) + _count(sorted(words(item.summary or "")), prefix)

    def unanswered(self, item: Item) -> bool:
        """Whether nobody of ours reacted to this text or missed call, on any line or sender ID."""
        if item.direction != "INBOUND" or item.contact_number == ANONYMOUS:
            return False
        if isinstance(item, Call) and item.result not in {"MISSED", "VOICEMAIL"}:
            return False
        for later in self.timeline.newest_first(contact=item.contact_number):
            if later is item:
                return True
            if later.direction == "OUTBOUND" or (isinstance(later, Call) and later.result == "ANSWERED"):
                return False
        return True


def words(text: str) -> list[str]:
    """The words of a text without case and accents."""
    return _WORD.findall(_ACCENT.sub("", normalize("NFKD", text.casefold())))


def _count(ordered: list[str], prefix: str) -> int:
    return bisect_left(ordered, prefix + "\U0010ffff") - bisect_left(ordered, prefix)
