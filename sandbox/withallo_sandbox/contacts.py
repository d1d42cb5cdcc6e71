"""The contact list: whatever was created or changed, over contacts that are made when looked at."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from withallo_sandbox import ids
from withallo_sandbox.people import PEOPLE
from withallo_sandbox.records import Contact
from withallo_sandbox.seed import numbers
from withallo_sandbox.seed.contacts import contact

_KEPT = 2048


class ContactBook:
    """All contacts, addressed by place, by id and by number.

    Args:
        size: How many there are to begin with.
        seed: What they grow from.
        now: The present they are dated from.
    """

    def __init__(self, size: int, seed: int, now: datetime) -> None:
        if not len(PEOPLE) <= size <= numbers.CAPACITY:
            message = f"a sandbox holds {len(PEOPLE)} to {numbers.CAPACITY} contacts, not {size}"
            raise ValueError(message)
        self._size = size
        self._grown = lru_cache(maxsize=_KEPT)(lambda ordinal: contact(seed, ordinal, size, now))
        self._kept: dict[int, Contact] = {}
        self._owners: defaultdict[str, list[int]] = defaultdict(list)
        for person in PEOPLE:
            self._keep(person)

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, ordinal: int) -> Contact:
        return self._kept.get(ordinal) or self._grown(ordinal)

    def __iter__(self) -> Iterator[Contact]:
        return (self[ordinal] for ordinal in range(self._size))

    def by_id(self, family: str, text: str) -> Contact | None:
        """The contact whose id in this family (`cnt_`, `cnt-`, `per-`, `con_`) reads so."""
        if not text.startswith(family):
            return None
        ordinal = ids.ordinal(family, text.removeprefix(family))
        return self[ordinal] if ordinal is not None and ordinal < self._size else None

    def with_number(self, number: str) -> tuple[Contact, ...]:
        """Everybody who has this number."""
        places = {*self._owners.get(number, ()), *numbers.possible_owners(number)}
        found = (self[place] for place in sorted(places) if place < self._size)
        return tuple(person for person in found if number in person.numbers)

    def create(self, now: datetime, **members: Any) -> Contact:
        """Add a contact at the end."""
        person = Contact(ordinal=self._size, created_at=now, updated_at=now, **members)
        self._size += 1
        self._keep(person)
        return person

    def update(self, person: Contact, now: datetime, **members: Any) -> Contact:
        """Replace some members of a contact."""
        changed = replace(person, updated_at=now, **members)
        self._keep(changed)
        return changed

    def _keep(self, person: Contact) -> None:
        self._kept[person.ordinal] = person
        for number in person.numbers:
            if person.ordinal not in self._owners[number]:
                self._owners[number].append(person.ordinal)
