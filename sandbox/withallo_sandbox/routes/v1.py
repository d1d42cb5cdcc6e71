"""The v1 routes for calls, contacts and numbers (API contract 6.1, 6.2 and 6.4)."""

from itertools import islice

from pydantic import Field
from starlette.responses import Response

from withallo_sandbox import notify
from withallo_sandbox.errors import RefusedError, invalid
from withallo_sandbox.gate import Endpoint
from withallo_sandbox.records import Call, Contact
from withallo_sandbox.requests import Ask, Body, checked_numbers
from withallo_sandbox.shapes import data, v1


class CreateContact(Body):
    """Body of a new contact."""

    numbers: list[str] = Field(min_length=1)
    name: str | None = None
    last_name: str | None = None
    job_title: str | None = None
    website: str | None = None
    emails: list[str] | None = None


class UpdateContact(Body):
    """Body of a partial change; lists replace."""

    numbers: list[str] | None = None
    name: str | None = None
    last_name: str | None = None
    job_title: str | None = None
    website: str | None = None
    emails: list[str] | None = None


def search_calls(ask: Ask) -> Response:
    """Calls of one line, newest first; metadata is flat here."""
    line = ask.number("allo_number")
    if line is None:
        raise invalid("allo_number", "allo_number is required.", "MISSING_ALLO_NUMBER")
    page = ask.page(first=0, size=10)
    items = ask.state.account.timeline.newest_first(line=line, contact=ask.number("contact_number"))
    calls = [item for item in items if isinstance(item, Call)]
    rows = [v1.call(call, ask.state.base_url) for call in calls[page.start : page.start + page.size]]
    return data({"results": rows, "metadata": v1.counters(page, len(calls))})


def list_contacts(ask: Ask) -> Response:
    """All contacts, the first made first."""
    account, page = ask.state.account, ask.page(first=0, size=10)
    stop = min(len(account.contacts), page.start + page.size)
    rows = [v1.contact(account.contacts[place], account) for place in range(page.start, stop)]
    return data({"results": rows, "metadata": {"pagination": v1.counters(page, len(account.contacts))}})


def _person(ask: Ask) -> Contact:
    person = ask.state.account.contacts.by_id("cnt_", ask.segment("contact_id"))
    if person is None:
        raise RefusedError(400, "CONTACT_NOT_FOUND")
    return person


def get_contact(ask: Ask) -> Response:
    """One contact, with what `extend` asks for."""
    person, account = _person(ask), ask.state.account
    wanted = set(filter(None, ask.query.get("extend", "").split(",")))
    answer = v1.context(person)
    if "engagement" in wanted:
        answer["engagement"] = account.engagement(person, ask.state.clock.now())
    if "activity" in wanted:
        items = (
            item for number in person.numbers for item in islice(account.timeline.newest_first(contact=number), 20)
        )
        newest = sorted(items, key=lambda item: item.date, reverse=True)
        answer["activity"] = [v1.activity(item) for item in newest[:20]]
    return data(answer)


def get_conversation(ask: Ask) -> Response:
    """Calls and texts with one contact over all their numbers, newest first."""
    person, page, timeline = _person(ask), ask.page(first=0, size=10), ask.state.account.timeline
    line = ask.number("allo_number")
    items = [item for number in person.numbers for item in timeline.newest_first(line=line, contact=number)]
    items.sort(key=lambda item: item.date, reverse=True)
    rows = [v1.entry(item, ask.state.base_url) for item in items[page.start : page.start + page.size]]
    return data({"results": rows, "metadata": {"pagination": v1.counters(page, len(items))}})


def create_contact(ask: Ask) -> Response:
    """Add a contact; the status is that of the vendor's page."""
    body, account = ask.read(CreateContact), ask.state.account
    person = account.contacts.create(
        ask.state.clock.now(),
        name=body.name,
        last_name=body.last_name,
        numbers=checked_numbers(body.numbers),
        emails=tuple(body.emails or ()),
        company=None,
        job_title=body.job_title,
        website=body.website,
    )
    notify.contact(ask.state, person, created=True)
    return data(v1.contact(person, account))


def update_contact(ask: Ask) -> Response:
    """Change what the body holds; numbers and emails replace."""
    person, body, account = _person(ask), ask.read(UpdateContact), ask.state.account
    members = body.given()
    if body.numbers is not None:
        members["numbers"] = checked_numbers(body.numbers)
    changed = account.contacts.update(person, ask.state.clock.now(), **members)
    notify.contact(ask.state, changed, created=False)
    return data(v1.contact(changed, account))


def list_numbers(ask: Ask) -> Response:
    """Lines, after a row without a number for each sender ID."""
    account = ask.state.account
    senders = [
        {"number": None, "name": sender.name, "country": sender.country, "is_shared_number": True}
        for sender in account.sender_ids
        if sender.active
    ]
    return data([*senders, *(v1.number(line) for line in account.lines)])


_CONTACT = "/v1/api/contact/{contact_id}"

ENDPOINTS = (
    Endpoint("GET", "/v1/api/calls", "CONVERSATIONS_READ", "Search calls of a number", search_calls),
    Endpoint("GET", _CONTACT, "CONTACTS_READ", "Read a contact", get_contact),
    Endpoint("GET", f"{_CONTACT}/conversation", "CONVERSATIONS_READ", "Read a conversation", get_conversation),
    Endpoint("GET", "/v1/api/contacts", "CONTACTS_READ", "List contacts", list_contacts),
    Endpoint("POST", "/v1/api/contacts", "CONTACTS_READ_WRITE", "Create a contact", create_contact),
    Endpoint("PUT", "/v1/api/contacts/{contact_id}", "CONTACTS_READ_WRITE", "Update a contact", update_contact),
    Endpoint("GET", "/v1/api/numbers", "CONVERSATIONS_READ", "List numbers", list_numbers),
)
