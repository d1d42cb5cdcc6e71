"""People as rows of an answer."""

from withallo_tools.answers import Row
from withallo_tools.moments import at_local, iso_local
from withallo_tools.outsiders import OutsiderText, clean
from withallo_tools.phone import display
from withallo_tools.resolve import person_row
from withallo_tools.services import Person, Services


class PersonRow(Row):
    """One person."""

    id: OutsiderText = ""
    name: OutsiderText = ""
    numbers: tuple[OutsiderText, ...] = ()
    company: OutsiderText = ""
    emails: tuple[OutsiderText, ...] = ()
    job_title: OutsiderText = ""
    last_contact: str | None = None
    matched: str = ""


def people_row(reach: Services, person: Person, *, searched: bool) -> tuple[str, PersonRow]:
    """One person as a line of text and as structured content; `searched` says what matched."""
    last = f"last contact {at_local(person.last_activity_at, reach)}" if person.last_activity_at else ""
    matched = clean(person.matched, 40) if searched else ""
    text = " | ".join(filter(None, (person_row(person), last, matched and f"matched {matched}")))
    return text, PersonRow(
        id=clean(person.contact_id, 60),
        name=clean(person.name, 60),
        numbers=tuple(map(display, person.numbers[:5])),
        company=clean(person.company or "", 60),
        emails=tuple(clean(email, 80) for email in person.emails[:3]),
        job_title=clean(person.job_title or "", 60),
        last_contact=iso_local(person.last_activity_at, reach),
        matched=matched,
    )
