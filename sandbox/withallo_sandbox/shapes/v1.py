"""Shapes of the v1 routes (API contract 6.1 to 6.5)."""

from datetime import timedelta

from withallo_sandbox.account import Account
from withallo_sandbox.records import Call, Contact, Item, Line, Message
from withallo_sandbox.requests import Page
from withallo_sandbox.shapes import Json, zoneless


def call(item: Call, base_url: str) -> Json:
    """A call, with its transcript and a link to its recording."""
    inbound = item.direction == "INBOUND"
    return {
        "id": item.id,
        "from_number": item.contact_number if inbound else item.allo_number,
        "to_number": item.allo_number if inbound else item.contact_number,
        "length_in_minutes": round(item.seconds / 60, 2),
        "type": item.direction,
        "result": result(item),
        "summary": item.summary,
        "tag": item.tags[0] if item.tags else None,
        "recording_url": recording_url(item, base_url),
        "start_date": zoneless(item.date),
        "transcript": transcript(item),
    }


def result(item: Call) -> str:
    """v1 has no word for a missed call: VOICEMAIL stands in (API contract 9)."""
    return "VOICEMAIL" if item.result == "MISSED" else item.result


def recording_url(item: Call, base_url: str) -> str | None:
    """Where the audio is, which needs the key as every route does (API contract 6.7)."""
    return f"{base_url}/v1/assets/recordings/{item.id}.wav" if item.recorded else None


def transcript(item: Call) -> list[Json] | None:
    """What was said, or nothing where nobody spoke."""
    rows = [
        {
            "source": row.source,
            "text": row.text,
            "time": zoneless(item.date + timedelta(seconds=row.start)),
            "start_seconds": row.start,
            "end_seconds": row.end,
        }
        for row in item.speech().turns
    ]
    return rows or None


def message(item: Message) -> Json:
    """A text."""
    inbound = item.direction == "INBOUND"
    return {
        "from_number": item.contact_number if inbound else (None if item.sender_id else item.allo_number),
        "sender_id": item.sender_id,
        "to_number": item.allo_number if inbound else item.contact_number,
        "type": item.direction,
        "content": item.content,
        "start_date": zoneless(item.date),
    }


def entry(item: Item, base_url: str) -> Json:
    """A row of a contact's conversation."""
    if isinstance(item, Call):
        return {"type": "CALL", "call": {**call(item, base_url), "tags": list(item.tags)}, "message": None}
    return {"type": "TEXT_MESSAGE", "call": None, "message": message(item)}


def contact(person: Contact, account: Account) -> Json:
    """A contact as lists and writes answer it."""
    last = account.last_item(person)
    return {
        "id": person.contact_id,
        "name": person.name,
        "last_name": person.last_name,
        "company": company(person),
        "job_title": person.job_title,
        "website": person.website,
        "status": None,
        "is_archived": False,
        "created_at": zoneless(person.created_at),
        "updated_at": zoneless(person.updated_at),
        "numbers": list(person.numbers),
        "emails": list(person.emails),
        "is_whitelisted": person.whitelisted,
        "last_activity_date": zoneless(last.date) if last else None,
        "engagement": None,
    }


def company(person: Contact) -> Json | None:
    """The company, whose id has an underscore on v1."""
    if person.company is None:
        return None
    return {"name": person.company.name, "id": person.company.id.replace("-", "_", 1)}


def context(person: Contact) -> Json:
    """A contact as the single read answers it."""
    return {
        "id": person.contact_id,
        "name": person.name,
        "last_name": person.last_name,
        "numbers": list(person.numbers),
        "emails": list(person.emails),
        "company": company(person),
        "job_title": person.job_title,
        "website": person.website,
        "integration_data": {},
        "custom_properties": None,
        "conversation_url": f"/v1/api/contact/{person.contact_id}/conversation",
    }


def activity(item: Item) -> Json:
    """A row of a contact's recent activity."""
    return {
        "type": f"{item.direction}_{'CALL' if isinstance(item, Call) else 'SMS'}",
        "made_by": item.user.name if item.user else None,
        "made_at": zoneless(item.date),
        "allo_number": item.allo_number if isinstance(item, Call) else None,
        "content": item.content if isinstance(item, Message) else None,
    }


def number(line: Line) -> Json:
    """A line."""
    return {
        "number": line.number,
        "name": line.name,
        "country": line.country,
        "is_shared_number": line.shared,
    }


def counters(page: Page, total: int) -> Json:
    """Where in the pages this one is."""
    return {"total_pages": page.pages(total), "current_page": page.number}
