"""Contacts: finding and reading them."""

from typing import Annotated

from mcp.types import CallToolResult
from pydantic import BaseModel, Field

from withallo_client import ContactContext
from withallo_tools.answers import Answer, Facts
from withallo_tools.outsiders import RECORDS, OutsiderText
from withallo_tools.paging import next_cursor, read_offset
from withallo_tools.parameters import Cursor, Limit, WantedContact
from withallo_tools.resolve import find_reading
from withallo_tools.services import services
from withallo_tools.tool import Effect, ToolContext, tool


class PersonRow(BaseModel):
    """One person."""

    id: OutsiderText = ""
    name: OutsiderText = ""
    numbers: tuple[OutsiderText, ...] = ()
    company: OutsiderText = ""
    emails: tuple[OutsiderText, ...] = ()
    job_title: OutsiderText = ""
    last_contact: str | None = None
    matched: str = ""


class People(Facts):
    """People found, best first."""

    people: tuple[PersonRow, ...] = ()
    total: int
    complete: bool = Field(default=True, description="False while the directory is still filling.")
    next_cursor: str = ""


class ActivityRow(BaseModel):
    """One recent event with a contact."""

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


@tool(title="Search contacts", effect=Effect.READ, toolset="contacts", scopes=("CONTACTS_READ", "CRM_READ"))
async def search_contacts(
    ctx: ToolContext,
    *,
    query: Annotated[
        str, EMPTY, Field(max_length=200, description="Name, company, e-mail or part of a number; typos are fine.")
    ] = "",
    limit: Limit = 20,
    cursor: Cursor = "",
) -> Annotated[CallToolResult, People]:
    """Find people in the contact directory, best match first with what matched; without a query list everybody.

    Use get_contact for one person in full.
    """
    reach = services(ctx)
    asked = {"query": query, "limit": limit}
    offset = read_offset("contacts", asked, cursor)
    page = await reach.people.search(query, limit=limit, offset=offset)
    answer = Answer(reach.answer_budget).say(_people_headline(len(page.people), page.total, offset, query))
    if not page.complete:
        answer.say("The directory is still filling: somebody may be missing; try again in a moment.")
    shown = answer.rows([_person_text(reach, person, searched=bool(query)) for person in page.people], RECORDS)
    end = offset + shown
    more = next_cursor("contacts", asked, end) if shown and end < page.total else ""
    answer.say(f"More: cursor={more}" if more else "")
    rows = tuple(_person_facts(reach, person, searched=bool(query)) for person in page.people[:shown])
    return answer.result(People(people=rows, total=page.total, complete=page.complete, next_cursor=more))


@tool(title="Get a contact", effect=Effect.READ, toolset="contacts", scopes=("CONTACTS_READ", "CRM_READ"))
async def get_contact(ctx: ToolContext, *, contact: WantedContact) -> Annotated[CallToolResult, ContactFacts]:
    """Show one contact: numbers, e-mails, company, engagement and recent activity.

    Use get_contact_conversation for all calls and texts with them, search_contacts to look around.
    """
    reach = services(ctx)
    party = await find_reading(reach, contact)
    if not party.contact_id:
        answer = Answer().say("Not in the contacts:").rows
    if party.contact_id.startswith("per"):
        person = await reach.client.people.get(party.contact_id)
        found = ContactContext.model_validate(person.model_dump())
    else:
        found = await reach.client.contacts.get(party.contact_id, extend=("engagement", "activity"))
    return _contact_answer(reach, found)
