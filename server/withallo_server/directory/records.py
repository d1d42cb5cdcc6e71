"""What one route of Allo says about somebody, and how several such records read as one person."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from withallo_client import Contact, CrmPerson
from withallo_tools.services import CONTACT_IDS, Person

Source = Literal["contacts", "people", "events", "answers", "whole answers"]
"""Where a record is from: the v1 contacts, the v2 CRM, an event, or an answer to another question."""

LISTED = ("cnt_", "per-")
"""Families that Allo's lists show; the others are heard of only in events and answers."""

_MOST_VALUES = 50
_LONGEST_TEXT = 300
NUMBER_ONLY = "tel:"


@dataclass(frozen=True, slots=True)
class Record:
    """What is known about somebody under one id.

    Attributes:
        record_id: `cnt_…`, `cnt-…`, `per-…` or `con_…`; `tel:` and a number where no id was given.
        last_activity: Seconds since the epoch.
    """

    record_id: str
    name: str = ""
    company: str = ""
    job_title: str = ""
    numbers: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    last_activity: float | None = None

    @property
    def family(self) -> str:
        """Ids of one family are different people; ids of two families may be the same one."""
        return next((family for family in CONTACT_IDS if self.record_id.startswith(family)), NUMBER_ONLY)

    def updated(self, newer: "Record", source: Source) -> "Record":
        """This record after hearing `newer`, which says all but what it left empty, unless an answer only named it."""
        whole = source != "answers"
        return replace(
            newer,
            name=newer.name or self.name,
            company=newer.company or self.company,
            job_title=newer.job_title or self.job_title,
            numbers=newer.numbers if whole and newer.numbers else union(self.numbers, newer.numbers),
            emails=newer.emails if whole and newer.emails else union(self.emails, newer.emails),
            last_activity=max(filter(None, (self.last_activity, newer.last_activity)), default=None),
        )

    def to_json(self) -> str:
        """As the database keeps it."""
        return json.dumps({name: value for name, value in asdict(self).items() if value and name != "record_id"})

    @classmethod
    def from_json(cls, record_id: str, data: str) -> "Record":
        """Back from the database."""
        values = json.loads(data)
        return cls(record_id, **{**values, **{key: tuple(values.get(key, ())) for key in ("numbers", "emails")}})


def from_contact(contact: Contact) -> Record:
    """A row of the v1 contacts (API contract 6.2)."""
    company = contact.company.name if contact.company else None
    return _record(contact.id, contact.full_name, company, contact, contact.last_activity_date)


def from_crm(person: CrmPerson) -> Record:
    """A row of the v2 CRM (API contract 6.10)."""
    company = person.company.name if person.company else None
    return _record(person.id, person.full_name, company, person, person.last_activity_at)


def from_person(person: Person) -> Record | None:
    """What another answer showed; nothing without an id or a number."""
    record_id = person.contact_id or (NUMBER_ONLY + person.numbers[0] if person.numbers else "")
    if not record_id:
        return None
    return _record(record_id, person.name, person.company, person, person.last_activity_at)


def from_event(data: Mapping[str, Any]) -> Record | None:
    """The contact inside an event of either dialect (API contract 7.1 and 7.3); nothing where there is none.

    A call names its person without a number, which is then that of the other party.
    """
    person = data.get("person")
    who = person if isinstance(person, Mapping) else data
    if not isinstance(who.get("id"), str) or not who["id"].startswith(CONTACT_IDS):
        return None
    company = who.get("company") or data.get("company")
    company = company.get("name") if isinstance(company, Mapping) else company
    name = " ".join(part.strip() for part in (who.get("name"), who.get("last_name")) if isinstance(part, str))
    numbers = _texts(who.get("numbers"))
    return Record(
        _text(who["id"]),
        _text(name),
        _text(company),
        _text(who.get("job_title")),
        numbers if numbers or who is data else _texts([_other_party(data)]),
        union(_texts(who.get("emails")), _texts([who.get("email")])),
    )


def event_source(data: Mapping[str, Any]) -> Source:
    """A call only names its person, with one number of perhaps several; an event about a contact shows all of them."""
    return "answers" if data.get("person") else "events"


def _other_party(data: Mapping[str, Any]) -> Any:
    if "OUTBOUND" in (data.get("type"), data.get("direction")):
        return data.get("to_number") or data.get("to")
    return data.get("from_number")


def merged(records: Sequence[Record]) -> Person:
    """One person out of the records that are about them, the v1 record first; the name may be missing."""
    ordered = sorted(records, key=lambda record: (*CONTACT_IDS, NUMBER_ONLY).index(record.family))
    first = ordered[0]
    last = max((record.last_activity for record in ordered if record.last_activity), default=None)
    company = next((record.company for record in ordered if record.company), None)
    return Person(
        contact_id="" if first.family == NUMBER_ONLY else first.record_id,
        name=max((record.name for record in ordered), key=len),
        company=company,
        numbers=union(*(record.numbers for record in ordered)),
        emails=union(*(record.emails for record in ordered)),
        job_title=next((record.job_title for record in ordered if record.job_title), None),
        last_activity_at=datetime.fromtimestamp(last, UTC) if last else None,
    )


def _record(
    record_id: str, name: str, company: str | None, more: Contact | CrmPerson | Person, last: datetime | None
) -> Record:
    return Record(
        _text(record_id),
        _text(name),
        _text(company),
        _text(more.job_title),
        _texts(more.numbers),
        _texts(more.emails),
        last.timestamp() if last else None,
    )


def _text(value: Any) -> str:
    """A bounded text that any database takes; anything else is nothing."""
    if not isinstance(value, str):
        return ""
    return value[:_LONGEST_TEXT].replace("\x00", "").encode("utf-8", "replace").decode().strip()


def _texts(values: Any) -> tuple[str, ...]:
    if not isinstance(values, list | tuple):
        return ()
    return tuple(text for value in values[:_MOST_VALUES] if (text := _text(value)))


def union(*groups: Iterable[str]) -> tuple[str, ...]:
    """Each value once, in the order they came, bounded."""
    return tuple(dict.fromkeys(value for group in groups for value in group))[:_MOST_VALUES]
