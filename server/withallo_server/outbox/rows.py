"""What the outbox keeps about a write, and what it answers when another is about to leave."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal, Self

from sqlalchemy import Row

from withallo_tools.services import Write

State = Literal["in_flight", "sent", "not_sent", "unknown"]


@dataclass(frozen=True, slots=True)
class About:
    """What a write is, in words, for whoever asks about it later.

    Attributes:
        action: What it does, in one line.
        message: The full text, where it sends one.
        recipients: E.164 numbers, where they are known.
    """

    action: str = ""
    message: str = ""
    recipients: tuple[str, ...] = ()

    def as_json(self) -> str:
        """For a column."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, column: str | None) -> Self:
        """The same again; nothing is known of rows that are old."""
        kept = json.loads(column or "{}")
        return cls(kept.get("action", ""), kept.get("message", ""), tuple(kept.get("recipients", ())))


def about(write: Write) -> About:
    """Describe a write as it would leave."""
    message = write.payload.get("message")
    return About(write.action, message if isinstance(message, str) else "", write.recipients)


@dataclass(frozen=True, slots=True)
class Send:
    """One row.

    Attributes:
        key: Idempotency key, given or made.
        digest: Of the tool and the payload as asked.
        recipients: E.164 numbers.
        message_digest: Of the text that was really sent.
        asked_at: When the row was committed, UTC.
        state: `in_flight` while the request is out; the other three are outcomes.
        result: The API's answer.
        note: How the outcome became known.
        likeness: Of the write as asked.
        sent_likeness: Of the write as sent.
        about: What it is, in words; forgotten after a while.
    """

    id: int
    key: str
    tool: str
    digest: str
    recipients: tuple[str, ...]
    message_digest: str | None
    sender: str | None
    asked_by: str
    asked_at: datetime
    state: State
    settled_at: datetime | None
    result: Mapping[str, Any]
    note: str
    likeness: str
    sent_likeness: str
    about: About


@dataclass(frozen=True, slots=True)
class Claim:
    """What a call says its idempotency key stands for.

    Attributes:
        digest: Of the tool and the payload as asked.
        likeness: The same without the line it leaves from.
        any_line: Whether the call left the line open, so that another may have been chosen the last time.
    """

    digest: str
    likeness: str
    any_line: bool

    def fits(self, send: Send) -> bool:
        """Whether a row is about the same thing."""
        return self.digest == send.digest or (self.any_line and self.likeness == send.likeness)


@dataclass(frozen=True, slots=True)
class Entry:
    """A row about to be written.

    Attributes:
        claim: About the write as asked.
        sent_likeness: Of the write as sent; differs when the human edited it.
    """

    key: str
    tool: str
    claim: Claim
    sent_likeness: str
    recipients: tuple[str, ...]
    message_digest: str | None
    sender: str | None
    asked_by: str
    asked_at: datetime
    about: About


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` sends since a moment, to one number or to anybody; `words` name it for the model."""

    since: datetime
    most: int
    words: str
    number: str | None = None


@dataclass(frozen=True, slots=True)
class Reserved:
    """The row is ours: the request may leave, once."""

    id: int


@dataclass(frozen=True, slots=True)
class Taken:
    """The key has a row already, for this payload or another."""

    send: Send


@dataclass(frozen=True, slots=True)
class Twin:
    """The same words to the same people went out a moment ago under another key."""

    send: Send


@dataclass(frozen=True, slots=True)
class Exceeded:
    """A limit is reached."""

    limit: Limit


Reservation = Reserved | Taken | Twin | Exceeded


def read(row: Row[Any]) -> Send:
    """The row as it is in the database."""
    return Send(
        id=row.id,
        key=row.key,
        tool=row.tool,
        digest=row.digest,
        recipients=tuple(json.loads(row.recipients)),
        message_digest=row.message_digest,
        sender=row.sender,
        asked_by=row.asked_by,
        asked_at=datetime.fromtimestamp(row.asked_at, UTC),
        state=row.state,
        settled_at=None if row.settled_at is None else datetime.fromtimestamp(row.settled_at, UTC),
        result=json.loads(row.result),
        note=row.note,
        likeness=row.likeness,
        sent_likeness=row.sent_likeness,
        about=About.from_json(row.about),
    )
