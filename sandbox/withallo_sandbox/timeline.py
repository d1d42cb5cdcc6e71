"""Calls and texts in the order they happened."""

from bisect import insort
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime

from withallo_sandbox.records import Call, Item


def _date(item: Item) -> datetime:
    return item.date


class Timeline:
    """Every call and text, found by id, by line, by contact number, or newest first."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._all: list[Item] = []
        self._by_id: dict[str, Item] = {}
        self._by_line: defaultdict[str, list[Item]] = defaultdict(list)
        self._by_contact: defaultdict[str, list[Item]] = defaultdict(list)
        for item in sorted(items, key=_date):
            self.add(item)

    def __len__(self) -> int:
        return len(self._all)

    def add(self, item: Item) -> None:
        """Put a call or text in its place."""
        self._by_id[item.id] = item
        for rows in (self._all, self._by_line[item.allo_number], self._by_contact[item.contact_number]):
            if rows and rows[-1].date > item.date:
                insort(rows, item, key=_date)
            else:
                rows.append(item)

    def get(self, item_id: str) -> Item | None:
        """The call or text with this REST id."""
        return self._by_id.get(item_id)

    def newest_first(self, *, line: str | None = None, contact: str | None = None) -> Iterator[Item]:
        """Items, the last one first, of one line, one contact number, or both."""
        if contact is not None:
            rows = self._by_contact.get(contact, [])
            return (item for item in reversed(rows) if line is None or item.allo_number == line)
        return reversed(self._all if line is None else self._by_line.get(line, []))

    def calls(self) -> Iterator[Call]:
        """Every call, oldest first."""
        return (item for item in self._all if isinstance(item, Call))

    def contact_numbers(self) -> Iterator[str]:
        """Every number that was called, texted, or heard from."""
        return iter(self._by_contact)

    def count(self, contact: str) -> int:
        """How many calls and texts there were with this number."""
        return len(self._by_contact.get(contact, ()))

    def last(self, contact: str) -> Item | None:
        """The newest call or text with this number."""
        rows = self._by_contact.get(contact)
        return rows[-1] if rows else None
