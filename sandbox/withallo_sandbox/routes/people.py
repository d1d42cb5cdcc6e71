"""People in the CRM (API contract 6.10)."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

from pydantic import Field, StrictBool
from starlette.responses import Response

from withallo_sandbox import notify
from withallo_sandbox.account import Account
from withallo_sandbox.errors import RefusedError, invalid, not_found
from withallo_sandbox.gate import Endpoint
from withallo_sandbox.records import Company, Contact
from withallo_sandbox.requests import Ask, Body, checked_numbers, checked_page
from withallo_sandbox.shapes import data, v2

_UNPROCESSABLE = 422


class Filters(Body):
    """Filters, all of which must hold; keys that are not known are ignored."""

    name: str | None = None
    last_name: str | None = None
    job_title: str | None = None
    website: str | None = None
    company: str | None = None
    email: str | None = None
    phone_number: str | None = None
    deal_status: str | None = None


class SearchPeople(Body):
    """Body of a search."""

    filters: Filters | None = None
    search: str | None = None
    sort: Literal["DATE_DESC", "DATE_ASC", "NAME_ASC", "NAME_DESC", "CREATED_DESC", "CREATED_ASC"] | None = None
    page: int = 1
    size: int = 20


class UpdatePerson(Body):
    """Body of a partial change; lists replace."""

    name: str | None = None
    last_name: str | None = None
    job_title: str | None = None
    website: str | None = None
    address: str | None = None
    numbers: list[str] | None = None
    emails: list[str] | None = None
    company_id: str | None = None


class CreatePerson(UpdatePerson):
    """Body of a new person."""

    numbers: list[str] = Field(min_length=1)
    allow_duplicate_number: StrictBool = False


def search_people(ask: Ask) -> Response:
    """People that match every filter, the last active first."""
    query = ask.read(SearchPeople, status=_UNPROCESSABLE)
    page = checked_page(query.page, query.size, first=1)
    account = ask.state.account
    places = _sorted(account, query.sort or "DATE_DESC")
    tests = [*_filters(query.filters or Filters()), *_search(query.search)]
    if tests:
        places = [place for place in places if all(test(account.contacts[place]) for test in tests)]
    chosen = (account.contacts[place] for place in places[page.start : page.start + page.size])
    return v2.listing([v2.person(person, account) for person in chosen], page, len(places))


def _sorted(account: Account, order: str) -> Sequence[int]:
    """Places in the contact list; nobody is looked at unless sorted by name."""
    everybody = range(len(account.contacts))
    if order.startswith("CREATED"):
        return everybody if order == "CREATED_ASC" else everybody[::-1]
    if order.startswith("NAME"):
        names = [account.contacts[place].full_name.casefold() for place in everybody]
        return sorted(everybody, key=names.__getitem__, reverse=order == "NAME_DESC")
    active = account.active_contacts()
    idle = [place for place in everybody if place not in active]
    newest = sorted(active, key=active.__getitem__, reverse=True)
    return [*newest, *idle] if order == "DATE_DESC" else [*reversed(idle), *reversed(newest)]


def _filters(wanted: Filters) -> list[Callable[[Contact], bool]]:
    tests: list[Callable[[Contact], bool]] = []

    def contains(text: str | None, *read: Callable[[Contact], str | None]) -> None:
        if text:
            needle = text.casefold()
            tests.append(lambda person: any(needle in (one(person) or "").casefold() for one in read))

    contains(wanted.name, lambda p: p.name)
    contains(wanted.last_name, lambda p: p.last_name)
    contains(wanted.job_title, lambda p: p.job_title)
    contains(wanted.website, lambda p: p.website)
    contains(wanted.company, lambda p: p.company.name if p.company else None)
    contains(wanted.email, lambda p: " ".join(p.emails))
    if wanted.phone_number:
        tests.append(lambda person: wanted.phone_number in person.numbers)
    if wanted.deal_status:
        tests.append(lambda person: any(deal.status == wanted.deal_status for deal in person.deals))
    return tests


def _search(text: str | None) -> list[Callable[[Contact], bool]]:
    needle = (text or "").strip().casefold()
    if not needle:
        return []

    def found(person: Contact) -> bool:
        company = person.company.name if person.company else ""
        return needle in " ".join((person.full_name, company, *person.emails, *person.numbers)).casefold()

    return [found]


def get_person(ask: Ask) -> Response:
    """One person."""
    return data(v2.person(_person(ask), ask.state.account))


def create_person(ask: Ask) -> Response:
    """Add a person; the status is 200."""
    body, account = ask.read(CreatePerson, status=_UNPROCESSABLE), ask.state.account
    members = _members(account, body)
    if not body.allow_duplicate_number and any(account.contacts.with_number(n) for n in members["numbers"]):
        raise RefusedError(409, "PERSON_ALREADY_EXISTS", "Somebody has this number; see allow_duplicate_number.")
    empty: dict[str, Any] = dict.fromkeys(("name", "last_name", "job_title", "website", "address", "company"))
    person = account.contacts.create(ask.state.clock.now(), **{**empty, "emails": (), **members})
    notify.contact(ask.state, person, created=True)
    return data(v2.person(person, account))


def update_person(ask: Ask) -> Response:
    """Change what the body holds; numbers and emails replace."""
    person, account = _person(ask), ask.state.account
    members = _members(account, ask.read(UpdatePerson, status=_UNPROCESSABLE))
    changed = account.contacts.update(person, ask.state.clock.now(), **members)
    notify.contact(ask.state, changed, created=False)
    return data(v2.person(changed, account))


def _person(ask: Ask) -> Contact:
    person = ask.state.account.contacts.by_id("per-", ask.segment("id"))
    if person is None:
        raise not_found("PERSON_NOT_FOUND")
    return person


def _members(account: Account, body: UpdatePerson) -> dict[str, Any]:
    members = body.given()
    members.pop("allow_duplicate_number", None)
    if body.numbers is not None:
        members["numbers"] = checked_numbers(body.numbers, status=_UNPROCESSABLE)
    if "company_id" in members:
        members["company"] = _company(account, members.pop("company_id"))
    return members


def _company(account: Account, company_id: str | None) -> Company | None:
    if company_id is None:
        return None
    company = account.company(company_id)
    if company is None:
        raise invalid("company_id", "No such company.", status=_UNPROCESSABLE)
    return company


_PEOPLE = "/v2/api/crm/people"

ENDPOINTS = (
    Endpoint("POST", _PEOPLE, "CRM_WRITE", "Create a person", create_person),
    Endpoint("POST", _PEOPLE + "/search", "CRM_READ", "Search people", search_people),
    Endpoint("GET", _PEOPLE + "/{id}", "CRM_READ", "Read a person", get_person),
    Endpoint("PUT", _PEOPLE + "/{id}", "CRM_WRITE", "Update a person", update_person),
)
