"""People as rows of an answer."""

from dataclasses import replace

from pydantic import Field

from withallo_tools.answers import Row
from withallo_tools.moments import at_local, iso_local
from withallo_tools.outsiders import OutsiderText, clean
from withallo_tools.phone import NumberPart, display, normal
from withallo_tools.resolve import person_row
from withallo_tools.services import Person, Services

_NUMBERS, _EMAILS = 5, 3
_PART_OF_NUMBER = 3


class PersonRow(Row):
    """One person."""

    id: OutsiderText = ""
    name: OutsiderText = ""
    numbers: tuple[OutsiderText, ...] = ()
    company: OutsiderText = ""
    emails: tuple[OutsiderText, ...] = ()
    job_title: OutsiderText = ""
    left_out: int = Field(default=0, description="More numbers and e-mails: get_contact shows them.")
    last_contact: str | None = None
    matched: str = ""


def people_row(reach: Services, person: Person, *, query: str) -> tuple[str, PersonRow]:
    """One person as a line of text and as structured content, with what matched the query, and that first."""
    person = _matching_first(person, query, reach.region)
    last = f"last contact {at_local(person.last_activity_at, reach)}" if person.last_activity_at else ""
    matched = clean(person.matched, 40) if query else ""
    text = " | ".join(filter(None, (person_row(person), last, matched and f"matched {matched}")))
    numbers, emails = person.numbers[:_NUMBERS], person.emails[:_EMAILS]
    return text, PersonRow(
        id=clean(person.contact_id, 60),
        name=clean(person.name, 60),
        numbers=tuple(map(display, numbers)),
        company=clean(person.company or "", 60),
        emails=tuple(clean(email, 80) for email in emails),
        left_out=len(person.numbers) - len(numbers) + len(person.emails) - len(emails),
        job_title=clean(person.job_title or "", 60),
        last_contact=iso_local(person.last_activity_at, reach),
        matched=matched,
    )


def _matching_first(person: Person, query: str, region: str) -> Person:
    """The person with the numbers and e-mails before all others that hold what was looked for."""
    words = query.casefold().split()
    part = NumberPart.read(query, region) if sum(sign.isdigit() for sign in query) >= _PART_OF_NUMBER else None
    numbers = sorted(person.numbers, key=lambda number: not (part and part.is_in(normal(number, region))))
    emails = sorted(person.emails, key=lambda email: -sum(word in email.casefold() for word in words))
    return replace(person, numbers=tuple(numbers), emails=tuple(emails))
