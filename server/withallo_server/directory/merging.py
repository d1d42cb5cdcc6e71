"""Takes records in: finds whose they are, joins those of one human, and keeps the index true."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection, delete, insert, select, tuple_, update

from withallo_server.database import upsert
from withallo_server.directory.index import digits_of, keys_of, search_text, vocabulary_of
from withallo_server.directory.nicknames import also_called
from withallo_server.directory.records import LISTED, Record, Source, merged, union
from withallo_server.directory.tables import accounts, keys, people, records
from withallo_server.directory.vocabulary import chunks, forget_unused, learn
from withallo_server.directory.words import name_words

_LISTS = ("contacts", "people")


def account_id(connection: Connection, account: str) -> int:
    """The number an account has in these tables, given on first sight."""
    upsert(connection, accounts, [{"account": account, "next_person": 1}])
    number: int = connection.execute(select(accounts.c.id).where(accounts.c.account == account)).scalar_one()
    return number


def take_in(
    connection: Connection, account: int, heard: Sequence[Record], *, source: Source, sweep: int, region: str
) -> None:
    """Add or update what was heard; a record joins the person it is about, or becomes one.

    Two records are one human when their ids are of different families, they share a number or an e-mail address, and
    their names do not contradict each other.
    """
    # The row of the account is taken first, so that two processes never number or join people at the same time.
    connection.execute(update(accounts).where(accounts.c.id == account).values(next_person=accounts.c.next_person))
    batch = _Batch(connection, account, region, len(heard))
    batch.load(heard)
    for record in heard:
        if batch.can_place(record, source):
            batch.place(record, source)
    batch.write_records(source, sweep, {record.record_id for record in heard})
    batch.write_people()


def forget(connection: Connection, account: int, *, source: Source, before_sweep: int, region: str) -> int:
    """Drop the records that the last sweeps of a source no longer showed; returns how many."""
    gone = select(records.c.record_id, records.c.person).where(
        records.c.account_id == account, records.c.source == source, records.c.sweep < before_sweep
    )
    rows = connection.execute(gone).all()
    for chunk in chunks(rows):
        batch = _Batch(connection, account, region)
        batch.load_people({row.person for row in chunk})
        for row in chunk:
            batch.remove(row.record_id)
        for person in {row.person for row in chunk}:
            batch.hold_to_lists(person)
        batch.drop_removed()
        batch.write_people()
    forget_unused(connection, account)
    return len(rows)


def compatible(first: str, second: str) -> bool:
    """Whether two names may be one human's: every word of the shorter is in the longer, short or abbreviated."""
    shorter, longer = sorted((name_words(first), name_words(second)), key=len)
    left = list(longer)
    for word in shorter:
        match = next((other for other in left if _same_word(word, other)), None)
        if match is None:
            return False
        left.remove(match)
    return True


def _same_word(word: str, other: str) -> bool:
    if word == other or other in also_called(word):
        return True
    return 1 in (len(word), len(other)) and word[0] == other[0]


@dataclass(slots=True)
class _Batch:
    """People that a few records may be about, loaded and written back together."""

    connection: Connection
    account: int
    region: str
    size: int = 1
    members: dict[int, dict[str, Record]] = field(default_factory=lambda: defaultdict(dict))
    owner: dict[str, int] = field(default_factory=dict)
    _keys_before: dict[int, frozenset[str]] = field(default_factory=dict)
    _sharing: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    _changed: set[str] = field(default_factory=set)
    _removed: list[str] = field(default_factory=list)
    _free: list[int] = field(default_factory=list)

    def load(self, heard: Sequence[Record]) -> None:
        """Everybody known by an id, a number or an address that was heard."""
        ids = [record.record_id for record in heard]
        persons: set[int] = set()
        for chunk in chunks(ids):
            known = select(records.c.person).where(records.c.account_id == self.account, records.c.record_id.in_(chunk))
            persons.update(self.connection.scalars(known))
        for chunk in chunks(sorted({key for record in heard for key in self._contact_keys(record)})):
            known = select(keys.c.person).where(keys.c.account_id == self.account, keys.c.key.in_(chunk))
            persons.update(self.connection.scalars(known))
        self.load_people(persons)

    def load_people(self, persons: Collection[int]) -> None:
        """These people with all their records."""
        for chunk in chunks(sorted(persons)):
            rows = select(records).where(records.c.account_id == self.account, records.c.person.in_(chunk))
            for row in self.connection.execute(rows):
                self._add(row.person, Record.from_json(row.record_id, row.data))
        self._keys_before = {person: self._keys(person) for person in self.members}

    def can_place(self, heard: Record, source: Source) -> bool:
        """Whether it is known whom this is about; a mere name may be anybody's, unless a list has the record."""
        reachable = any(True for _ in self._contact_keys(heard))
        return reachable or heard.record_id in self.owner or source in _LISTS

    def place(self, heard: Record, source: Source) -> None:
        """Update what is known under this id, and find the person again where the record no longer fits."""
        is_list = source in _LISTS and heard.family in LISTED
        person = self.owner.get(heard.record_id)
        if person is None:
            person, record = self._matching(heard) or self._new_person(), heard
        else:
            known = self.members[person][heard.record_id]
            record = self.members[person][heard.record_id] = known.updated(heard, source)
            self._pass_on(person, known, record)
            if is_list:
                self.hold_to_lists(person)
            if not self._fits(record, person):
                self.members[person].pop(record.record_id)
                person = self._matching(record) or (self._new_person() if self.members[person] else person)
        self._add(person, record)
        self._changed.add(record.record_id)
        if is_list:
            self.hold_to_lists(person)

    def _pass_on(self, person: int, known: Record, record: Record) -> None:
        """What took the place of a number or an address in one record does so in the others of the same human."""
        gone = set(self._contact_keys(known)) - set(self._contact_keys(record))
        for other in list(self.members[person].values()) if gone else ():
            numbers = tuple(number for number in other.numbers if self._number_key(number) not in gone)
            emails = tuple(email for email in other.emails if _email_key(email) not in gone)
            if (numbers, emails) != (other.numbers, other.emails) and compatible(record.name, other.name):
                numbers = numbers if numbers == other.numbers else union(numbers, record.numbers)
                emails = emails if emails == other.emails else union(emails, record.emails)
                self.members[person][other.record_id] = replace(other, numbers=numbers, emails=emails)
                self._changed.add(other.record_id)

    def hold_to_lists(self, person: int) -> None:
        """Drop what events and answers said of somebody where the lists, which they follow, say otherwise."""
        group = self.members[person].values()
        listed = [record for record in group if record.family in LISTED]
        if len(listed) == len(group):
            return
        shown = {key for record in listed for key in self._contact_keys(record)}
        kinds = {key[0] for key in shown}
        for other in [record for record in group if record.family not in LISTED]:
            denied = any(key not in shown and key[0] in kinds for key in self._contact_keys(other))
            if denied or not listed or not all(compatible(record.name, other.name) for record in listed):
                self.remove(other.record_id)

    def remove(self, record_id: str) -> None:
        """Take a record from its person."""
        self.members[self.owner.pop(record_id)].pop(record_id)
        self._removed.append(record_id)

    def write_records(self, source: Source, sweep: int, heard: Collection[str]) -> None:
        """Write what changed; a record that a list shows stays that list's, whoever else mentions it."""
        rows = [
            {
                "account_id": self.account,
                "record_id": record_id,
                "person": self.owner[record_id],
                "source": source,
                "sweep": sweep,
                "data": self.members[self.owner[record_id]][record_id].to_json(),
            }
            for record_id in sorted(self._changed & self.owner.keys())
        ]
        its_own, data = ("source", "sweep") if source in _LISTS else (), ("person", "data")
        upsert(self.connection, records, [row for row in rows if row["record_id"] in heard], replace=(*data, *its_own))
        upsert(self.connection, records, [row for row in rows if row["record_id"] not in heard], replace=data)
        self.drop_removed()

    def drop_removed(self) -> None:
        """Delete the records that were taken from their people."""
        for chunk in chunks(self._removed):
            wanted = records.c.record_id.in_(chunk)
            self.connection.execute(delete(records).where(records.c.account_id == self.account, wanted))

    def write_people(self) -> None:
        """Bring the rows and keys of everybody in this batch up to date."""
        rows, added, dropped = [], [], []
        vocabulary: set[str] = set()
        for person, group in self.members.items():
            before, after = self._keys_before.get(person, frozenset()), self._keys(person)
            added += [{"account_id": self.account, "key": key, "person": person} for key in sorted(after - before)]
            dropped += [(key, person) for key in before - after]
            if group:
                seen = merged(list(group.values()))
                vocabulary |= vocabulary_of(seen) if before != after else set()
                text, last = search_text(seen), seen.last_activity_at
                values = (self.account, person, _sort_name(text), text, last.timestamp() if last else None)
                rows.append(dict(zip(people.c.keys(), values, strict=True)))
        for chunk in chunks(list(self.members)):
            old = delete(people).where(people.c.account_id == self.account, people.c.person.in_(chunk))
            self.connection.execute(old)
        if rows:
            self.connection.execute(insert(people), rows)
        for pairs in chunks(dropped):
            wanted = tuple_(keys.c.key, keys.c.person).in_(pairs)
            self.connection.execute(delete(keys).where(keys.c.account_id == self.account, wanted))
        upsert(self.connection, keys, added)
        learn(self.connection, self.account, vocabulary)

    def _add(self, person: int, record: Record) -> None:
        self.members[person][record.record_id] = record
        self.owner[record.record_id] = person
        for key in self._contact_keys(record):
            self._sharing[key].add(person)

    def _contact_keys(self, record: Record) -> Iterator[str]:
        yield from map(_email_key, record.emails)
        yield from filter(None, map(self._number_key, record.numbers))

    def _number_key(self, number: str) -> str:
        digits = digits_of(number, self.region)
        return f"n{digits}" if digits else ""

    def _matching(self, record: Record) -> int | None:
        """The one person this record is about; none when several could be meant equally well."""
        near = {person for key in self._contact_keys(record) for person in self._sharing.get(key, ())}
        fitting = [person for person in sorted(near) if self._fits(record, person)]
        same = [person for person in fitting if self._has_name(person, record.name)]
        found = same or fitting
        return found[0] if len(found) == 1 else None

    def _fits(self, record: Record, person: int) -> bool:
        group = [other for other in self.members[person].values() if other.record_id != record.record_id]
        shared = set(self._contact_keys(record))
        return (
            bool(group)
            and all(other.family != record.family and compatible(record.name, other.name) for other in group)
            and any(key in shared for other in group for key in self._contact_keys(other))
        )

    def _has_name(self, person: int, name: str) -> bool:
        return any(name_words(other.name) == name_words(name) for other in self.members[person].values())

    def _keys(self, person: int) -> frozenset[str]:
        group = self.members[person]
        return keys_of(merged(list(group.values())), self.region) if group else frozenset()

    def _new_person(self) -> int:
        if not self._free:
            number = accounts.c.next_person
            taken = update(accounts).where(accounts.c.id == self.account).values(next_person=number + self.size)
            after = self.connection.execute(taken.returning(number)).scalar_one()
            self._free = list(range(after - self.size, after))
        return self._free.pop(0)


def _email_key(email: str) -> str:
    return f"@{email.casefold()[:200]}"


def _sort_name(text: str) -> str:
    """By name, or by company; those without either come last."""
    return text.replace("\t", " ").strip() or "~"
