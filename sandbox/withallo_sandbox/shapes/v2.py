"""Shapes of the v2 routes (API contract 6.6, 6.7 and 6.10)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from starlette.responses import JSONResponse

from withallo_sandbox.account import Account
from withallo_sandbox.records import Call, Contact, Item, Line, Message, SenderId, User
from withallo_sandbox.requests import Page
from withallo_sandbox.shapes import Json, v1, zoneless, zulu
from withallo_sandbox.variants import Variants

_CARRIED: Final = timedelta(seconds=3)
_RESULTS: Final = {
    "ANSWERED": "ANSWERED",
    "VOICEMAIL": "VOICEMAIL",
    "MISSED": "MISSED",
    "TRANSFERRED_AI": "TRANSFERRED",
    "TRANSFERRED_EXTERNAL": "TRANSFERRED",
    "BLOCKED": "BLOCKED",
}


@dataclass(frozen=True, slots=True)
class Context:
    """What an item is shown against."""

    account: Account
    variants: Variants
    base_url: str
    now: datetime


def user(teammate: User) -> Json:
    """A teammate."""
    return {
        "id": teammate.id,
        "name": teammate.name,
        "email": teammate.email,
        "role": teammate.role,
        "status": teammate.status,
        "image_url": None,
    }


def user_ref(teammate: User | None) -> Json | None:
    """A teammate as others mention them."""
    return {"id": teammate.id, "name": teammate.name, "email": teammate.email} if teammate else None


def line(ours: Line) -> Json:
    """A line."""
    return {
        "number": ours.number,
        "name": ours.name,
        "country": ours.country,
        "type": "NUMBER",
        "capabilities": list(ours.capabilities),
        "users": [user_ref(teammate) for teammate in ours.users],
    }


def sender_id(sender: SenderId) -> Json:
    """A sender ID, which has no number."""
    return {
        "number": None,
        "name": sender.name,
        "country": sender.country,
        "type": "SENDER_ID",
        "capabilities": ["SMS"],
        "users": [],
    }


def result(call: Call, variants: Variants) -> str | None:
    """How a call went, in words the variant has; where MISSED is unknown, VOICEMAIL stands in (API contract 9)."""
    word = _RESULTS.get(call.result)
    if variants.enums in {"documented", "plugin"}:
        return {"MISSED": "VOICEMAIL", "BLOCKED": None}.get(word or "", word)
    return word


def status(message: Message, now: datetime) -> str:
    """How far a text has come."""
    if message.failed:
        return "FAILED"
    return "DELIVERED" if message.direction == "INBOUND" or now - message.date > _CARRIED else "SENT"


def item(row: Item, context: Context, *, transcript: bool = False) -> Json:
    """A call or a text. Members of the other kind are null (API contract 6.7)."""
    account, variants = context.account, context.variants
    shape: Json = {
        "id": row.id,
        "type": "CALL" if isinstance(row, Call) else "TEXT_MESSAGE" if variants.enums == "peer" else "SMS",
        "direction": row.direction,
        "allo_number": row.allo_number,
        "contact_number": row.contact_number,
        "contacts": [card(person) for person in account.contacts.with_number(row.contact_number)],
        "user": user_ref(row.user),
        "date": zulu(row.date),
        **dict.fromkeys(("duration", "result", "recording_url", "summary", "tags", "transcript")),
        **dict.fromkeys(("content", "status", "message_type")),
    }
    if isinstance(row, Message):
        return {**shape, "content": row.content, "status": status(row, context.now), "message_type": "SMS"}
    shape.update(
        duration=row.seconds,
        result=result(row, variants),
        recording_url=v1.recording_url(row, context.base_url),
        summary=row.summary,
        tags=list(row.tags),
        transcript=spoken(row) if transcript else None,
    )
    return {**shape, **row.extras}


def spoken(call: Call) -> list[Json] | None:
    """What was said; the AI receptionist speaks as AGENT, as peers have seen."""
    rows = [
        {
            "source": row.source,
            "time": zulu(call.date + timedelta(seconds=row.start)),
            "text": row.text,
            "start_seconds": row.start,
            "end_seconds": row.end,
        }
        for row in call.speech().turns
    ]
    return rows or None


def card(person: Contact) -> Json:
    """A contact beside an item."""
    return {
        "id": person.card_id,
        "name": person.full_name,
        "company": company(person),
        "deals": [{"id": deal.id, "name": deal.name, "status": deal.status} for deal in person.deals],
    }


def company(person: Contact) -> Json | None:
    """The company of somebody."""
    return {"id": person.company.id, "name": person.company.name} if person.company else None


def person(human: Contact, account: Account) -> Json:
    """Somebody in the CRM, whose times have no zone."""
    last = account.last_item(human)
    return {
        "id": human.person_id,
        "name": human.name,
        "last_name": human.last_name,
        "job_title": human.job_title,
        "website": human.website,
        "address": human.address,
        "numbers": list(human.numbers),
        "emails": list(human.emails),
        "company": company(human),
        "interactions": account.interactions(human),
        "last_activity_at": zoneless(last.date) if last else None,
        "created_at": zoneless(human.created_at),
        "updated_at": zoneless(human.updated_at),
    }


def listing(rows: list[Json], page: Page, total: int) -> JSONResponse:
    """A page of rows with its counters."""
    pages = page.pages(total)
    counters = {"page": page.number, "size": page.size, "total_count": total, "total_pages": pages}
    return JSONResponse({"data": rows, "pagination": {**counters, "has_more": page.number < pages}})
