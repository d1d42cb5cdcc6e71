"""One contact in full, as text and as structured content."""

from collections.abc import Sequence
from datetime import UTC, datetime

from mcp.types import CallToolResult
from pydantic import Field

from withallo_client import Activity, Contact, ContactContext, CrmPerson
from withallo_tools.answers import Answer, Facts, Row
from withallo_tools.gist import gist
from withallo_tools.moments import at_local, iso_local, span_words
from withallo_tools.outsiders import EVERYBODY, OutsiderText, clean
from withallo_tools.phone import display
from withallo_tools.services import Person, Services
from withallo_tools.times import TimeRange

MOST_ACTIVITY = 10
_MOST = 100
_BEGINNING = datetime.min.replace(tzinfo=UTC)


class ActivityRow(Row):
    """One recent call or text."""

    at: str | None = None
    what: str
    text: OutsiderText = ""


class ContactFacts(Facts):
    """One contact."""

    id: OutsiderText = ""
    name: OutsiderText = ""
    company: OutsiderText = ""
    job_title: OutsiderText = ""
    website: OutsiderText = ""
    numbers: tuple[OutsiderText, ...] = ()
    emails: tuple[OutsiderText, ...] = ()
    number_of: OutsiderText = Field(default="", description="Everybody who has one of the numbers, if shared.")
    left_out: int = Field(default=0, description="More numbers and e-mails than fit.")
    engagement: str = ""
    activity: tuple[ActivityRow, ...] = ()


def person_of(contact: Contact | ContactContext | CrmPerson) -> Person:
    """The contact as the directory keeps it."""
    company = contact.company.name if contact.company else None
    return Person(contact.id, contact.full_name, company, contact.numbers, contact.emails, contact.job_title)


def contact_answer(reach: Services, contact: ContactContext, headline: str, shared: str = "") -> CallToolResult:
    """The answer about one contact, its activity newest first; `shared` is everybody who has one of the numbers."""
    facts = ContactFacts(
        id=clean(contact.id, 60),
        name=clean(contact.full_name, 120),
        company=clean(contact.company.name or "", 120) if contact.company else "",
        job_title=clean(contact.job_title or "", 120),
        website=clean(contact.website or "", 200),
        numbers=tuple(map(display, contact.numbers[:_MOST])),
        emails=tuple(clean(email, 120) for email in contact.emails[:_MOST]),
        number_of=clean(shared, 120),
        left_out=max(0, len(contact.numbers) - _MOST) + max(0, len(contact.emails) - _MOST),
        engagement=clean(contact.engagement or "", 20).lower(),
        activity=tuple(_activity_row(reach, activity) for activity in _newest(contact)),
    )
    answer = Answer(reach.answer_budget).say(f"{headline} ({span_words(TimeRange(), reach)})")
    recent = [_activity_text(reach, activity) for activity in _newest(contact)]
    rows = [*_card(facts), *recent]
    left = len(rows) - answer.rows(rows, EVERYBODY)
    if left:
        answer.say(f"{left} lines left out for length: get_contact_conversation shows calls and texts.")
    return answer.result(facts)


def _newest(contact: ContactContext) -> list[Activity]:
    dated = sorted(contact.activity or (), key=lambda each: each.made_at or _BEGINNING, reverse=True)
    return dated[:MOST_ACTIVITY]


def _what(activity: Activity) -> str:
    """`INBOUND_CALL` as `inbound call`."""
    return clean(activity.type or "activity", 30).replace("_", " ").lower().replace("sms", "text")


def _activity_text(reach: Services, activity: Activity) -> str:
    return " | ".join(filter(None, (f"{at_local(activity.made_at, reach)} {_what(activity)}", gist(activity.content))))


def _activity_row(reach: Services, activity: Activity) -> ActivityRow:
    return ActivityRow(at=iso_local(activity.made_at, reach), what=_what(activity), text=gist(activity.content))


def _card(facts: ContactFacts) -> list[str]:
    return [
        " | ".join(filter(None, (facts.name or "no name", facts.job_title, facts.company, facts.id))),
        *(f"{label}: {value}" for label, value in _members(facts) if value),
    ]


def _members(facts: ContactFacts) -> Sequence[tuple[str, str]]:
    return (
        ("numbers", ", ".join(facts.numbers)),
        ("a number is shared", facts.number_of),
        ("e-mails", ", ".join(facts.emails)),
        ("more numbers and e-mails", f"{facts.left_out:,} left out for length" if facts.left_out else ""),
        ("website", facts.website),
        ("engagement", facts.engagement),
    )
