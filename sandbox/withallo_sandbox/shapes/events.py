"""What webhooks carry, in the dialect of v2 and of v1 (API contract 7)."""

from collections.abc import Callable
from datetime import datetime, timedelta

from withallo_sandbox.account import Account
from withallo_sandbox.records import Call, Contact, Message
from withallo_sandbox.shapes import Json, v1, zoneless, zulu


def envelope(topic: str, data: Json, now: datetime) -> Json:
    """What every v2 event is wrapped in."""
    return {"topic": topic, "version": "2.0", "timestamp": now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "data": data}


def person(contact: Contact) -> Json:
    """A contact inside of a call event."""
    return {
        "id": contact.event_id,
        "name": contact.name,
        "last_name": contact.last_name,
        "email": contact.emails[0] if contact.emails else None,
        "emails": list(contact.emails),
        "numbers": list(contact.numbers),
        "job_title": contact.job_title,
    }


def ringing(call: Call, account: Account) -> Json:
    """`call.received` and `call.triggered`: no id, and no `person` where nobody matches."""
    sender, receiver = _numbers(call)
    event: Json = {
        "from_number": sender,
        "to_number": receiver,
        "started_at": zulu(call.date),
        "user_email": _email(call, account),
    }
    if call.direction == "OUTBOUND":
        return event
    known = next(iter(account.contacts.with_number(call.contact_number)), None)
    event["company"] = {"id": known.company.id, "name": known.company.name} if known and known.company else None
    event["deals"] = _deals(known) if known else None
    return {**event, "person": person(known)} if known else event


def answered(call: Call, account: Account) -> Json:
    """`call.answered`: no id either."""
    sender, receiver = _numbers(call)
    return {
        "direction": call.direction,
        "from_number": sender,
        "to_number": receiver,
        "started_at": zulu(call.date),
        "answered_at": zulu(call.date + timedelta(seconds=call.ring_seconds)),
        "user_email": _email(call, account),
    }


def completed(call: Call, account: Account, base_url: str) -> Json:
    """`call.completed`: everything, with the id that REST writes with a dash."""
    known = next(iter(account.contacts.with_number(call.contact_number)), None)
    event = {
        **_call(call, account, base_url, zulu),
        "tags": list(call.tags),
        "ivr_result": [],
        "result": call.result,
    }
    if known:
        event["person"] = {"id": known.event_id, "name": known.name, "last_name": known.last_name}
    return event


def call_received(call: Call, account: Account, base_url: str) -> Json:
    """v1 CALL_RECEIVED, sent when the call has ended."""
    return {
        **_call(call, account, base_url, zoneless),
        "tag": call.tags[0] if call.tags else None,
        "data_collected": call.extras.get("data_collected", {}),
        "ivr_result": [],
        "result": v1.result(call),
        "integration_id": None,
        "transfer_from": None,
        "transfer_to": None,
        "transfer_original_call_id": None,
        "original_to_number": None,
        "original_to_name": None,
    }


def sms(message: Message, account: Account) -> Json:
    """`sms.received` and `sms.sent`; v1 says the same in one topic, without `user_email`."""
    line = account.line(message.allo_number)
    ours, theirs = line.name if line else message.allo_number, account.name_of(message.contact_number)
    inbound = message.direction == "INBOUND"
    return {
        "id": f"msg_{message.key}",
        "direction": message.direction,
        "type": "SMS",
        "content": message.content,
        "sent_at": zulu(message.date),
        "from_number": message.contact_number if inbound else message.allo_number,
        "to_number": message.allo_number if inbound else message.contact_number,
        "from_name": theirs if inbound else ours,
        "to_name": ours if inbound else theirs,
    }


def contact(changed: Contact) -> Json:
    """`contact.created` and `contact.updated`: the v1 members, as the v2 ones were never seen."""
    return {
        "id": changed.event_id,
        "name": changed.name,
        "last_name": changed.last_name,
        "company": changed.company.name if changed.company else None,
        "emails": list(changed.emails),
        "numbers": list(changed.numbers),
    }


def _numbers(call: Call) -> tuple[str, str]:
    if call.direction == "INBOUND":
        return call.contact_number, call.allo_number
    return call.allo_number, call.contact_number


def _email(call: Call, account: Account) -> str:
    line = account.line(call.allo_number)
    return (call.user or (line.users[0] if line else account.users[0])).email


def _deals(known: Contact) -> list[Json] | None:
    rows = [
        {"id": d.id, "name": d.name, "status": d.status, "value": d.value, "currency": d.currency, "close_date": None}
        for d in known.deals
    ]
    return rows or None


def _call(call: Call, account: Account, base_url: str, spell: Callable[[datetime], str]) -> Json:
    sender, receiver = _numbers(call)
    line = account.line(call.allo_number)
    ours, theirs = line.name if line else None, account.name_of(call.contact_number)
    rows = call.speech().turns
    return {
        "id": f"cll_{call.key}",
        "start_date": spell(call.date),
        "recording_url": v1.recording_url(call, base_url),
        "from_number": sender,
        "from_name": theirs if call.direction == "INBOUND" else ours,
        "to": receiver,
        "to_name": ours if call.direction == "INBOUND" else theirs,
        "length_in_minutes": round(call.seconds / 60, 2),
        "length": f"{call.seconds // 60}m {call.seconds % 60}s",
        "summary": call.summary,
        "one_sentence_summary": call.summary.split(". ")[0] if call.summary else None,
        "transcriptions": [
            {"source": row.source, "time": spell(call.date + timedelta(seconds=row.start)), "text": row.text}
            for row in rows
        ],
        "concatenated_transcript": "\n".join(f"{row.source}: {row.text}" for row in rows),
        "type": call.direction,
        "user_email": _email(call, account),
    }
