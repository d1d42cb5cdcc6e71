"""What the inbox reads out of a payload, in either dialect, whatever it turns out to hold."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn

from withallo_client import InvalidWebhookPayloadError

RINGING = frozenset({"call.received", "call.triggered", "call.answered"})
"""Events of a call that is not over; they hold no call id (API contract 7.3)."""

CALL_OVER = "call.completed"
TEXTS = frozenset({"sms.received", "sms.sent"})
UNKNOWN_TOPIC = "unknown"

_V1_TOPICS = {"CALL_RECEIVED": CALL_OVER, "CONTACT_CREATED": "contact.created", "CONTACT_UPDATED": "contact.updated"}
_V1_TEXTS = frozenset({"SMS_RECEIVED", "SMS_SENT"})
_DIRECTIONS = {
    "call.received": "INBOUND",
    "call.triggered": "OUTBOUND",
    "sms.received": "INBOUND",
    "sms.sent": "OUTBOUND",
}
_TIMES = ("answered_at", "started_at", "start_date", "startDate", "sent_at", "sentAt", "date")
_NUMBER_FILLING = re.compile(r"[\s().\-/]+")
_SUBJECT_ID = re.compile(r"(?:cll|call|msg|con|cnt)[_-](.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Facts:
    """The searchable part of an event; what the payload does not say is None.

    Attributes:
        topic: The v2 word, also for a v1 delivery.
        direction: `INBOUND` or `OUTBOUND`.
        outcome: How a call ended, as Allo wrote it.
        contact_number: The other party.
        allo_number: Our line.
        subject: The finished call or the message, the same for every delivery about it.
    """

    topic: str
    occurred_at: datetime | None = None
    direction: str | None = None
    outcome: str | None = None
    contact_number: str | None = None
    allo_number: str | None = None
    subject: str | None = None


def read_json(body: bytes) -> Any:
    """The value a body holds.

    Raises:
        InvalidWebhookPayloadError: It is not JSON in UTF-8.
    """
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise InvalidWebhookPayloadError("The body is not JSON.") from None


def read_facts(value: Any) -> Facts:
    """Read an envelope `{topic, timestamp, data}`; anything else is an event of unknown topic."""
    envelope = value if isinstance(value, Mapping) else {}
    data = envelope.get("data")
    data = data if isinstance(data, Mapping) else {}
    said = _text(envelope, "topic", limit=100)
    direction = _direction(said, data)
    topic = _topic(said, direction)
    sender = _number(data, "from_number", "fromNumber", "from")
    receiver = _number(data, "to_number", "toNumber", "to")
    contact, line = (receiver, sender) if direction == "OUTBOUND" else (sender, receiver)
    return Facts(
        topic=topic,
        occurred_at=_time(data, *_TIMES) or _time(envelope, "timestamp"),
        direction=direction,
        outcome=_text(data, "result", limit=40) if topic == CALL_OVER else None,
        contact_number=contact or _first_number(data),
        allo_number=line,
        subject=subject_of(topic, _text(data, "id", limit=200)),
    )


def subject_of(topic: str, object_id: str | None) -> str | None:
    """Name what an event is about; REST writes `cll-…` where webhooks write `cll_…` (API contract 10)."""
    kind = "call" if topic == CALL_OVER else "message" if topic in TEXTS else None
    if kind is None or not object_id:
        return None
    match = _SUBJECT_ID.fullmatch(object_id)
    return f"{kind}:{match[1] if match else object_id}"


def number_key(value: str) -> str:
    """A number without the marks people write between digits; other words stay as they are."""
    return _NUMBER_FILLING.sub("", _printable(value))[:40]


def is_v1(value: Any) -> bool:
    """Whether a body has the older form, which is never signed (API contract 7.1)."""
    topic = value.get("topic") if isinstance(value, Mapping) else None
    return isinstance(topic, str) and "version" not in value and topic.isupper()


def body_of(payload: str) -> Any:
    """The value of a stored body; the text itself should it not be readable any more."""
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        return payload


def data_of(payload: str) -> dict[str, Any]:
    """The `data` member of a stored body; a body of another form is under `body`."""
    value = body_of(payload)
    if not isinstance(value, dict):
        return {"body": value}
    data = value.get("data")
    return data if isinstance(data, dict) else value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _topic(said: str | None, direction: str | None) -> str:
    if said in _V1_TEXTS:
        return "sms.sent" if said == "SMS_SENT" or direction == "OUTBOUND" else "sms.received"
    return _V1_TOPICS.get(said, said) if said else UNKNOWN_TOPIC


def _direction(topic: str | None, data: Mapping[str, Any]) -> str | None:
    if topic in _DIRECTIONS:
        return _DIRECTIONS[topic]
    for name in ("direction", "type"):
        said = data.get(name)
        if isinstance(said, str) and said.upper() in ("INBOUND", "OUTBOUND"):
            return said.upper()
    return None


def _number(data: Mapping[str, Any], *names: str) -> str | None:
    said = _text(data, *names, limit=80)
    return number_key(said) or None if said else None


def _first_number(data: Mapping[str, Any]) -> str | None:
    numbers = data.get("numbers")
    first = numbers[0] if isinstance(numbers, list) and numbers else None
    return number_key(first) or None if isinstance(first, str) else None


def _text(data: Mapping[str, Any], *names: str, limit: int) -> str | None:
    for name in names:
        said = data.get(name)
        if isinstance(said, str) and (clean := _printable(said[: limit * 2])[:limit].strip()):
            return clean
    return None


def _printable(value: str) -> str:
    return value if value.isprintable() else "".join(filter(str.isprintable, value))


def _time(data: Mapping[str, Any], *names: str) -> datetime | None:
    """The first of some members that is a time at which something can have happened; its ends fit into no zone."""
    for name in names:
        said = data.get(name)
        try:
            time = _read_time(said)
        except (ValueError, OverflowError, OSError):
            continue
        if time is not None and 1970 <= time.year < 3000:
            return time
    return None


def _read_time(said: Any) -> datetime | None:
    if isinstance(said, str):
        time = datetime.fromisoformat(said)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    if isinstance(said, int | float) and not isinstance(said, bool):
        return datetime.fromtimestamp(said / 1000 if said > 1e11 else said, UTC)
    return None
