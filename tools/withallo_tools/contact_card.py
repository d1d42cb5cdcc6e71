"""One contact in full, as text and as structured content."""

from collections.abc import Sequence

from mcp.types import CallToolResult
from pydantic import BaseModel

from withallo_client import ContactContext
from withallo_tools.answers import Answer, Facts
from withallo_tools.moments import span_words
from withallo_tools.outsiders import EVERYBODY, OutsiderText, clean
from withallo_tools.phone import display
from withallo_tools.services import Services
from withallo_tools.times import TimeRange

MOST_ACTIVITY = 10


class ActivityRow(BaseModel):
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
    engagement: str = ""
    activity: tuple[ActivityRow, ...] = ()


def contact_answer(reach: Services, contact: ContactContext, headline: str) -> CallToolResult:
    """The answer about one contact, its activity newest first."""
    facts = ContactFacts(
        id=clean(contact.id, 60),
        name=clean(contact.full_name, 120),
        company=clean(contact.company.name or "", 120) if contact.company else "",
        job_title=clean(contact.job_title or "", 120),
        website=clean(contact.website or "", 200),
        numbers=tuple(map(display, contact.numbers[:20])),
        emails=tuple(clean(email, 120) for email in contact.emails[:20]),
        engagement=clean(contact.engagement or "", 20).lower(),
        activity=_activity(reach, contact.activity or ()),
    )
    answer = Answer(reach.answer_budget).say(f"{headline} ({span_words(TimeRange(), reach)})")
    answer.rows([*_card(facts), *map(_activity_text, contact.activity or (), facts.activity)], EVERYBODY)
    return answer.result(facts)


def _card(facts: ContactFacts) -> list[str]:
    return [
        " | ".join(filter(None, (facts.name or "no name", facts.job_title, facts.company, facts.id))),
        *(f"{label}: {value}" for label, value in _members(facts) if value),
    ]


def _members(facts: ContactFacts) -> Sequence[tuple[str, str]]:
    return (
        ("numbers", ", ".join(facts.numbers)),
        ("e-mails", ", ".join(facts.emails)),
        ("website", facts.website),
        ("engagement", facts.engagement),
    )
