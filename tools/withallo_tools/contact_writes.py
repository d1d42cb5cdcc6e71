"""Contacts: creating and changing them."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult
from pydantic import Field

from withallo_client import Contact, ContactContext, ForbiddenError
from withallo_tools.answers import Answer, Facts, refusal
from withallo_tools.contact_card import person_of
from withallo_tools.lines import read_number
from withallo_tools.outsiders import RECORDS, OutsiderText, clean
from withallo_tools.parameters import NO_ROWS, FirstName, IdempotencyKey, JobTitle, LastName, WantedContact, Website
from withallo_tools.phone import display, normal
from withallo_tools.resolve import find_exact, person_row
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
    removed: tuple[OutsiderText, ...] = Field(default=(), description="Numbers and e-mails that are gone.")


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
    """Create a contact. Somebody with one of these numbers or e-mails is named instead of created a second time.

    Use update_contact for somebody who is already there; a second one needs an idempotency_key.
    """
    reach = services(ctx)
    members = await _members(
        reach, numbers, emails, name=name, last_name=last_name, job_title=job_title, website=website
    )
    twins = await _with_these(reach, members)
    if twins and not idempotency_key:
        raise _there_already(twins)
    write = Write(
        tool="create_contact",
        action=f"Create the contact {' '.join(filter(None, (name, last_name))) or members['numbers'][0]}",
        details=(*_details(members), *(("Already there", person_row(twin)) for twin in twins)),
        payload=members,
        idempotency_key=idempotency_key or None,
    )

    async def request(key: str) -> Mapping[str, Any]:
        created = await reach.client.contacts.create(**members)
        return created.model_dump(mode="json", exclude_none=True)

    return await _answer(reach, await reach.writes.submit(ctx, write, request), "Created", ())


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

    To add a number, pass the old ones too (get_contact shows them): a human is asked before any is removed.
    Use create_contact for somebody new.
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
    before = await _before(reach, party.contact_id)
    _refuse_no_change(reach, before, members)
    removed = _removed(reach, before, members)

    async def still() -> bool:
        return _removed(reach, await _before(reach, party.contact_id), members) == removed

    write = Write(
        tool="update_contact",
        action=f"Change the contact {party.label}",
        details=(
            ("Contact", party.label),
            *_details(members, before),
            *((("Removes", ", ".join(removed)),) if removed else ()),
        ),
        payload={"id": party.contact_id, **members},
        deletes=bool(removed),
        still=still,
    )

    async def request(key: str) -> Mapping[str, Any]:
        changed = await reach.client.contacts.update(party.contact_id, **members)
        return changed.model_dump(mode="json", exclude_none=True)

    return await _answer(reach, await reach.writes.submit(ctx, write, request), "Changed", removed)


async def _members(reach: Services, numbers: tuple[str, ...], emails: tuple[str, ...], **words: str) -> dict[str, Any]:
    members: dict[str, Any] = {key: value.strip() for key, value in words.items() if value.strip()}
    if numbers:
        members["numbers"] = [await _full_number(reach, number) for number in numbers]
    if emails:
        members["emails"] = [email.strip() for email in emails]
    reach.client.contacts.check(**members)
    return members


async def _full_number(reach: Services, text: str) -> str:
    phone = await read_number(reach, text)
    if phone.kind == "short":
        raise ToolError(f"numbers: '{clean(text, 40)}' was read as the short number {phone.e164}; pass a full number.")
    return phone.e164


async def _with_these(reach: Services, members: Mapping[str, Any]) -> list[Person]:
    """Everybody the directory knows by one of these numbers or e-mail addresses."""
    numbers, emails = set(members["numbers"]), {email.casefold() for email in members.get("emails", ())}
    found: dict[str, Person] = {}
    for known_by in (*members["numbers"], *members.get("emails", ())):
        for person in (await reach.people.resolve(known_by)).candidates:
            theirs = {normal(number, reach.region) for number in person.numbers}
            if numbers & theirs or emails & {email.casefold() for email in person.emails}:
                found[person.contact_id] = person
    return list(found.values())


def _there_already(twins: Sequence[Person]) -> ToolError:
    can_change = any(twin.contact_id.startswith("cnt_") for twin in twins)
    return refusal(
        "Not created: somebody with one of these numbers or e-mails is there already.",
        [person_row(twin) for twin in twins],
        ("Change them with update_contact and the id. " if can_change else "")
        + "If the user wants a second contact all the same, call again with an idempotency_key.",
    )


async def _before(reach: Services, contact_id: str) -> ContactContext | None:
    """The contact as it is now; nothing for a key that may write contacts and not read them."""
    try:
        return await reach.client.contacts.get(contact_id)
    except ForbiddenError:
        return None


def _removed(reach: Services, before: ContactContext | None, members: Mapping[str, Any]) -> tuple[str, ...]:
    """Numbers and e-mail addresses that the contact has now and will not have."""
    if before is None:
        lists = [name for name in ("numbers", "emails") if name in members]
        return tuple(f"all other {name} it has: this key cannot read them (CONTACTS_READ)" for name in lists)
    kept = {*members.get("numbers", ()), *(email.casefold() for email in members.get("emails", ()))}
    gone = [number for number in before.numbers if "numbers" in members and normal(number, reach.region) not in kept]
    gone += [email for email in before.emails if "emails" in members and email.casefold() not in kept]
    return tuple(clean(value, 120) for value in gone)


def _refuse_no_change(reach: Services, before: ContactContext | None, members: Mapping[str, Any]) -> None:
    """Ask nobody about a change that changes nothing."""
    if before is None:
        return
    lists = {
        "numbers": {normal(number, reach.region) for number in before.numbers},
        "emails": set(before.emails),
    }
    if all(
        set(value) == lists[key] if key in lists else value == (getattr(before, key) or "").strip()
        for key, value in members.items()
    ):
        raise refusal("Nothing to change: the contact is so already.", [clean(before.full_name, 60)])


def _details(members: Mapping[str, Any], before: ContactContext | None = None) -> tuple[tuple[str, str], ...]:
    """What is set, and what a word replaces."""
    rows = []
    for key, value in members.items():
        old = getattr(before, key, None)
        was = f" (was {clean(old, 120)})" if isinstance(old, str) and old.strip() and old != value else ""
        rows.append(
            (key.replace("_", " ").capitalize(), (", ".join(value) if isinstance(value, list) else value) + was)
        )
    return tuple(rows)


async def _answer(reach: Services, written: Written, done: str, removed: tuple[str, ...]) -> CallToolResult:
    gone = [f"removed: {', '.join(removed)}"] if removed else []
    if written.state == "dry_run":
        answer = Answer(reach.answer_budget).say("Dry run: nothing was changed.")
        answer.rows([f"would be {line}" for line in gone], RECORDS)
        return answer.result(SavedContact(state=written.state))
    contact = Contact.model_validate(written.result)
    await reach.people.remember([person_of(contact)], whole=True)
    again = "" if written.state == "sent" else " earlier with this key; not repeated"
    facts = SavedContact(
        state=written.state,
        id=clean(contact.id, 60),
        name=clean(contact.full_name, 120),
        numbers=tuple(map(display, contact.numbers)),
        emails=tuple(clean(email, 120) for email in contact.emails),
        removed=removed,
    )
    row = " | ".join(filter(None, (facts.name, ", ".join(facts.numbers), ", ".join(facts.emails), facts.id)))
    answer = Answer(reach.answer_budget).say(f"{done}{again}:")
    answer.rows([row, *gone], RECORDS)
    return answer.result(facts)
