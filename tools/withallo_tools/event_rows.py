"""Inbox events as rows of an answer."""

import json
import re
from collections.abc import Mapping
from math import isfinite
from typing import Any

from withallo_client import InvalidWebhookPayloadError, WebhookEvent
from withallo_client.webhook_events import CallCompletedData, ContactData, EventData, SmsData
from withallo_tools.answers import Row
from withallo_tools.gist import gist
from withallo_tools.moments import at_local, iso_local
from withallo_tools.names import beside
from withallo_tools.outsiders import OutsiderText, clean
from withallo_tools.phone import display
from withallo_tools.services import InboxEvent, Services

_LONGEST_WORDS = 500
_WORD = re.compile(r"[A-Za-z0-9_-]{1,60}")


class EventRow(Row):
    """One event."""

    id: str
    at: str | None = None
    topic: OutsiderText
    verified: bool
    source: str = "webhook"
    direction: str = ""
    result: str = ""
    contact: OutsiderText = ""
    name: OutsiderText = ""
    line: str = ""
    call_id: str = ""
    text: OutsiderText = ""


def event_row(
    reach: Services, event: InboxEvent, names: Mapping[str, str], lines: Mapping[str, str]
) -> tuple[str, EventRow]:
    """One event as a line of text and as structured content.

    Args:
        reach: For the clock.
        event: What came in.
        names: Known names by number.
        lines: How to name our lines; a line that is not in it stays out.
    """
    data = _typed(event)
    result, call_id = _call(data)
    name = names.get(event.contact_number or "", "") or clean(_name(data, event.direction), 60)
    row = EventRow(
        id=clean(event.event_id, 200),
        at=iso_local(event.occurred_at or event.received_at, reach),
        topic=clean(event.topic, 60),
        verified=event.verified,
        source=event.source,
        direction=(event.direction or "").lower(),
        result=result,
        contact=display(event.contact_number) if event.contact_number else "",
        name=name,
        line=lines.get(event.allo_number or "", ""),
        call_id=call_id,
        text=_words(data, event.data),
    )
    return _text(reach, event, row), row


def _text(reach: Services, event: InboxEvent, row: EventRow) -> str:
    doubts = "" if event.verified else "verified: false"
    source = "reconciled" if event.source == "reconciled" else ""
    unread = "" if event.read else "unread"
    head = f"{at_local(event.occurred_at or event.received_at, reach)} {row.topic}"
    way = row.direction if row.topic.startswith("call.") else ""
    ours = ", ".join(filter(None, (head, way, row.result, row.line, row.call_id, source, doubts, unread)))
    who = beside(event.contact_number, {}, row.name) if event.contact_number else row.name
    return " | ".join(filter(None, (ours, who, row.text)))


def _typed(event: InboxEvent) -> EventData | None:
    try:
        return WebhookEvent(event.topic, event.data, {}).typed()
    except InvalidWebhookPayloadError:
        return None


def _call(data: EventData | None) -> tuple[str, str]:
    if not isinstance(data, CallCompletedData):
        return "", ""
    minutes = data.length_in_minutes
    length = f" {round(minutes)} min" if minutes and isfinite(minutes) else ""
    return (_word(data.result).lower() + length).strip(), _word(data.id)


def _word(said: str | None) -> str:
    """A word of Allo's own; whatever else an unsigned event holds in its place is left out."""
    return said if said and _WORD.fullmatch(said) else ""


def _name(data: EventData | None, direction: str | None) -> str:
    person = getattr(data, "person", None)
    if person is not None:
        return " ".join(filter(None, (person.name, person.last_name)))
    if isinstance(data, ContactData):
        return " ".join(filter(None, (data.name, data.last_name)))
    named = "to_name" if direction == "OUTBOUND" else "from_name"
    return getattr(data, named, None) or ""


def _words(data: EventData | None, payload: Mapping[str, Any]) -> str:
    match data:
        case SmsData():
            return clean(data.content or "", _LONGEST_WORDS)
        case CallCompletedData():
            return gist(data.one_sentence_summary or data.summary, 200)
        case None:
            return clean(json.dumps(payload, ensure_ascii=False, default=str), 200)
        case _:
            return ""
