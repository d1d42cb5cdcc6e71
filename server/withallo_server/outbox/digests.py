"""What makes two writes the same: digests over exactly what would be sent."""

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from typing import Any

from withallo_server.outbox.rows import Claim
from withallo_tools.services import Write

SENDERS = frozenset({"from", "from_", "from_number", "sender_id", "allo_number"})


def digest(value: Any) -> str:
    """SHA-256 over canonical JSON, hexadecimal."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def payload_digest(write: Write) -> str:
    """What an idempotency key is bound to: the tool and its exact payload."""
    return digest([write.tool, dict(write.payload)])


def likeness(write: Write) -> str:
    """What a person would call the same again: the same words to the same people, whichever line they leave from."""
    payload = {name: _plain(value) for name, value in write.payload.items() if name not in SENDERS}
    return digest([write.tool, sorted(write.recipients), payload])


def claim(write: Write) -> Claim:
    """What the idempotency key of a write is said to stand for."""
    return Claim(payload_digest(write), likeness(write), write.any_line)


def message_digest(payload: Mapping[str, Any]) -> str | None:
    """Recognises the text in a conversation later without keeping it."""
    return text_digest(payload.get("message"))


def text_digest(text: object) -> str | None:
    """The digest of a text as it stands in a conversation."""
    return digest(_plain(text)) if isinstance(text, str) else None


def sender(payload: Mapping[str, Any]) -> str | None:
    """The line or sender ID a text leaves from."""
    return next((value for name in SENDERS if isinstance(value := payload.get(name), str)), None)


def _plain(value: Any) -> Any:
    return unicodedata.normalize("NFC", value).strip() if isinstance(value, str) else value
