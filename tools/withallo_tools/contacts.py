"""Contacts: finding and reading them."""

from typing import Annotated

from mcp.types import CallToolResult
from pydantic import Field

from withallo_client import Company, ContactContext
from withallo_tools.answers import Answer, Facts, count
from withallo_tools.contact_card import ContactFacts, contact_answer, person_of
from withallo_tools.lines import known_line_names
from withallo_tools.moments import span_words
from withallo_tools.newest import Position
from withallo_tools.outsiders import EVERYBODY, RECORDS, OutsiderText, clean
from withallo_tools.paging import next_cursor, read_cursor, read_offset
from withallo_tools.parameters import OPTIONAL, Cursor, Limit, WantedContact
from withallo_tools.people_rows import PersonRow, people_row
from withallo_tools.resolve import Party, find_reading, first_fill, sharing
from withallo_tools.services import Services, services
from withallo_tools.talk import TalkRow, talk_row
from withallo_tools.talk_search import conversation_with
from withallo_tools.times import TimeRange
from withallo_tools.tool import Effect, ToolContext, tool


class People(Facts):
    """People found, best first."""

    people: tuple[PersonRow, ...] = ()
    total: int
    complete: bool = Field(default=True, description="False while somebody may be missing.")
    next_cursor: str = ""


class ContactConversation(Facts):
    """Calls and texts with one contact, newest first."""

    contact: OutsiderText
    items: tuple[TalkRow, ...] = ()
    total: int | None = None
    next_cursor: str = ""


@tool(title="Search contacts", effect=Effect.READ, toolset="contacts", scopes=("CONTACTS_READ", "CRM_READ"))
async def search_contacts(
    ctx: ToolContext,
    *,
    query: Annotated[
        str, Field(description="Name, company, e-mail or part of a number; typos are fine."), OPTIONAL
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
    page = await reach.people.search(query, limit=limit, offset=offset, progress=first_fill(ctx))
    answer = Answer(reach.answer_budget).say(
        _headline(len(page.people), page.total, query),
        "" if page.complete else "Not every contact was read yet: somebody may be missing; try again in a moment.",
    )
    rows = [people_row(reach, person, query=query) for person in page.people]
    shown = answer.table(rows, RECORDS)
    more = next_cursor("contacts", asked, offset + shown) if shown and offset + shown < page.total else ""
    answer.say(f"More: cursor={more}" if more else "")
    people = tuple(row for _, row in rows[:shown])
    return answer.result(People(people=people, total=page.total, complete=page.complete, next_cursor=more))


@tool(title="Show a contact", effect=Effect.READ, toolset="contacts", scopes=("CONTACTS_READ", "CRM_READ"))
async def get_contact(ctx: ToolContext, *, contact: WantedContact) -> Annotated[CallToolResult, ContactFacts]:
    """Show one contact: numbers, e-mails, company, engagement and recent activity.

    Use get_contact_conversation for what was said and written, search_contacts to look around.
    """
    reach = services(ctx)
    party = await find_reading(reach, contact)
    found = await _read_contact(reach, party)
    if party.contact_id.startswith(("cnt_", "per")):
        await reach.people.remember([person_of(found)], whole=True)
    headline = "Contact" if party.contact_id else "No contact has this number"
    return contact_answer(reach, found, headline, await sharing(reach, found.numbers))


@tool(
    title="Show the conversation with a contact", effect=Effect.READ, toolset="contacts", scopes=("CONVERSATIONS_READ",)
)
async def get_contact_conversation(
    ctx: ToolContext, *, contact: WantedContact, limit: Limit = 20, cursor: Cursor = ""
) -> Annotated[CallToolResult, ContactConversation]:
    """Show the calls and texts with one contact, newest first, one line each, texts in full.

    Use search_conversations to find words or narrow by date, get_call for what was said in a call.
    """
    reach = services(ctx)
    asked = {"contact": contact, "limit": limit}
    after = Position.from_json(read_cursor("conversation", asked, cursor))
    party = await find_reading(reach, contact)
    found = await conversation_with(reach, party, limit, after)
    names = await known_line_names(reach)
    rows = [talk_row(reach, talk, names) for talk in found.rows]
    of_all = f" of {found.total}" if found.total and found.total > len(rows) else ""
    answer = Answer(reach.answer_budget).say(
        f"{len(rows)}{of_all} calls and texts, newest first ({span_words(TimeRange(), reach)}):"
    )
    shown = answer.table(rows, EVERYBODY, f"with {party.label}")
    found = found.cut(shown)
    more = next_cursor("conversation", asked, found.position.as_json()) if found.position else ""
    answer.say(f"More: cursor={more}" if more else "")
    items = tuple(row for _, row in rows[:shown])
    facts = ContactConversation(contact=party.label, items=items, total=found.total, next_cursor=more)
    return answer.result(facts)


def _headline(shown: int, total: int, query: str) -> str:
    if not shown:
        return f"Nobody matches '{clean(query, 60)}'." if query else "No contacts."
    return f"{shown} of {count(total, 'contact')}{', best match first' if query else ''}:"


async def _read_contact(reach: Services, party: Party) -> ContactContext:
    if party.contact_id.startswith("cnt_"):
        return await reach.client.contacts.get(party.contact_id, extend=("engagement", "activity"))
    if party.contact_id.startswith("per"):
        person = await reach.client.people.get(party.contact_id)
        return ContactContext.model_validate(person.model_dump())
    known = (await reach.people.resolve(party.contact_id)).best if party.contact_id else None
    return ContactContext(
        id=party.contact_id,
        name=party.name,
        numbers=party.numbers,
        emails=known.emails if known else (),
        job_title=known.job_title if known else None,
        company=Company(name=known.company) if known else None,
    )
