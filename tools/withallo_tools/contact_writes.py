"""Contacts: creating and changing them."""

from collections.abc import Mapping
from typing import Annotated, Any

from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult
from pydantic import Field

from withallo_client import Contact
from withallo_tools.answers import Answer, Facts
from withallo_tools.lines import read_number
from withallo_tools.outsiders import RECORDS, OutsiderText, clean
from withallo_tools.parameters import NO_ROWS, FirstName, IdempotencyKey, JobTitle, LastName, WantedContact, Website
from withallo_tools.phone import display
from withallo_tools.resolve import find_exact
from withallo_tools.services import Person, Services, Write, Written, services
from withallo_tools.tool import Effect, ToolContext, tool

Numbers = Annotated[tuple[str, ...], Field(max_length=20, description="Phone numbers, as people write them."), NO_ROWS]
Emails = Annotated[tuple[str, ...], Field(max_length=20, description="E-mail addresses."), NO_ROWS]


class SavedContact(Facts):
    """What was saved."""

    state: str = Field(description="sent, replayed or dry_run")
    id: OutsiderText = ""
    name: OutsiderText = ""
    numbers: tuple[OutsiderText, ...] = ()
    emails: tuple[OutsiderText, ...] = ()


@tool(title="Create a contact", effect=Effect.CREATE, toolset="contacts", scopes=("CONTACTS_READ_WRITE",))
async def create_contact(
    ctx: ToolContext,
    *,
    numbers: Annotated[tuple[str, ...], Field(min_length=1, max_length=20, description="Phone numbers, at least one.")],
    name: FirstName = "",
    last_name: LastName = "",
    job_title: JobTitle = "",
    website: Website = "",
    emails: Emails = (),
    idempotency_key: IdempotencyKey = "",
) -> Annotated[CallToolResult, SavedContact]:
    """Create a contact. Look with search_contacts first: Allo does not notice duplicates.

    Use update_contact for somebody who is already there.
    """
    reach = services(ctx)
    members = await _members(
        reach, numbers, emails, name=name, last_name=last_name, job_title=job_title, website=website
    )
    write = Write(
        tool="create_contact",
        action=f"Create the contact {' '.join(filter(None, (name, last_name))) or members['numbers'][0]}",
        details=_details(members),
        payload=members,
        idempotency_key=idempotency_key or None,
    )

    async def request(key: str) -> Mapping[str, Any]:
        created = await reach.client.contacts.create(**members)
        return created.model_dump(mode="json", exclude_none=True)

    return await _answer(reach, await reach.writes.submit(ctx, write, request), "Created")


@tool(title="Change a contact", effect=Effect.UPDATE, toolset="contacts", scopes=("CONTACTS_READ_WRITE",))
async def update_contact(
    ctx: ToolContext,
    *,
    contact: WantedContact,
    numbers: Numbers = (),
    name: FirstName = "",
    last_name: LastName = "",
    job_title: JobTitle = "",
    website: Website = "",
    emails: Emails = (),
) -> Annotated[CallToolResult, SavedContact]:
    """Change members of one contact; what is left out stays. numbers and emails replace the whole list.

    To add a number, pass the old ones too (get_contact shows them). Use create_contact for somebody new.
    """
    reach = services(ctx)
    members = await _members(
        reach, numbers, emails, name=name, last_name=last_name, job_title=job_title, website=website
    )
    if not members:
        raise ToolError("Nothing to change: pass at least one of numbers, name, last_name, job_title, website, emails.")
    party = await find_exact(reach, contact)
    if not party.contact_id.startswith("cnt_"):
        raise ToolError("contact: only contacts with a cnt_ id can be changed, and this one has none known here.")
    write = Write(
        tool="update_contact",
        action=f"Change the contact {party.label}",
        details=(("Contact", party.label), *_details(members, replaces=True)),
        payload={"id": party.contact_id, **members},
    )

    async def request(key: str) -> Mapping[str, Any]:
        changed = await reach.client.contacts.update(party.contact_id, **members)
        return changed.model_dump(mode="json", exclude_none=True)

    return await _answer(reach, await reach.writes.submit(ctx, write, request), "Changed")


async def _members(reach: Services, numbers: tuple[str, ...], emails: tuple[str, ...], **words: str) -> dict[str, Any]:
    members: dict[str, Any] = {key: value.strip() for key, value in words.items() if value.strip()}
    if numbers:
        members["numbers"] = [await _full_number(reach, number) for number in numbers]
    if emails:
        members["emails"] = [email.strip() for email in emails]
    return members


async def _full_number(reach: Services, text: str) -> str:
    phone = await read_number(reach, text)
    if phone.kind == "short":
        raise ToolError(f"numbers: '{clean(text, 40)}' was read as the short number {phone.e164}; pass a full number.")
    return phone.e164


def _details(members: Mapping[str, Any], *, replaces: bool = False) -> tuple[tuple[str, str], ...]:
    return tuple(
        (
            key.replace("_", " ").capitalize() + (" (replaces all)" if replaces and isinstance(value, list) else ""),
            ", ".join(value) if isinstance(value, list) else value,
        )
        for key, value in members.items()
    )


async def _answer(reach: Services, written: Written, done: str) -> CallToolResult:
    if written.state == "dry_run":
        return Answer().say("Dry run: nothing was changed.").result(SavedContact(state=written.state))
    contact = Contact.model_validate(written.result)
    await reach.people.remember([_person(contact)])
    again = "" if written.state == "sent" else " earlier with this key; not repeated"
    facts = SavedContact(
        state=written.state,
        id=clean(contact.id, 60),
        name=clean(contact.full_name, 120),
        numbers=tuple(map(display, contact.numbers)),
        emails=tuple(clean(email, 120) for email in contact.emails),
    )
    row = " | ".join(filter(None, (facts.name, ", ".join(facts.numbers), ", ".join(facts.emails), facts.id)))
    answer = Answer(reach.answer_budget).say(f"{done}{again}:")
    answer.rows([row], RECORDS)
    return answer.result(facts)


def _person(contact: Contact) -> Person:
    company = contact.company.name if contact.company else None
    return Person(contact.id, contact.full_name, company, contact.numbers, contact.emails, contact.job_title)
