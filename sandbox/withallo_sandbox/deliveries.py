"""What is to be delivered, what became of it, and the endpoints it goes to."""

import base64
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from withallo_sandbox.shapes import Json, zulu

TOPICS: Final = {
    "call.received": "An inbound call starts ringing.",
    "call.triggered": "An outbound call was dialled.",
    "call.answered": "A call was picked up.",
    "call.completed": "A call is over, with its recording, transcript and summary.",
    "tag.added": "A tag was put on a call.",
    "tag.removed": "A tag was taken off a call.",
    "sms.received": "A text came in.",
    "sms.sent": "A text went out.",
    "contact.created": "A contact was created.",
    "contact.updated": "A contact was changed.",
    "summary.updated": "The summary of a call was rewritten.",
}
"""v2 topics (API contract 7.2)."""

V1_TOPICS: Final = ("PING", "CALL_RECEIVED", "SMS_RECEIVED", "SMS_SENT", "CONTACT_CREATED", "CONTACT_UPDATED")
"""v1 topics (API contract 7.1)."""


@dataclass(frozen=True, slots=True)
class WebhookEndpoint:
    """Where events go. A v1 webhook has a line and no secret, a v2 endpoint a secret and every line."""

    id: str
    url: str
    topics: tuple[str, ...]
    created_at: datetime
    secret: str | None = None
    allo_number: str | None = None
    description: str | None = None
    enabled: bool = True


def new_secret() -> str:
    """A signing secret as Standard Webhooks writes it."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try: a status, or an error where no answer came."""

    at: datetime
    status: int | None
    error: str | None = None

    @property
    def succeeded(self) -> bool:
        """Any 2xx counts (API contract 7.5)."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(slots=True, eq=False)
class Delivery:
    """One event on its way to one endpoint. The webhook id stays the same over all attempts."""

    webhook_id: str
    endpoint: WebhookEndpoint
    topic: str
    body: str
    due: datetime | None
    attempts: list[Attempt] = field(default_factory=list)
    state: Literal["pending", "delivered", "failed"] = "pending"

    def as_json(self) -> Json:
        """What `GET /_sandbox/deliveries` shows."""
        return {
            "webhook_id": self.webhook_id,
            "endpoint_id": self.endpoint.id,
            "url": self.endpoint.url,
            "topic": self.topic,
            "state": self.state,
            "next_attempt_at": zulu(self.due) if self.due else None,
            "attempts": [{"at": zulu(a.at), "status": a.status, "error": a.error} for a in self.attempts],
        }
