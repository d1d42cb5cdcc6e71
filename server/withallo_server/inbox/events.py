"""An event on its way into the inbox, and back out of a row."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Row

from withallo_server.inbox.facts import Facts, data_of
from withallo_tools.services import InboxEvent

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class NewEvent:
    """What is to be stored.

    Attributes:
        event_id: What makes a second delivery of it the same.
        payload: The body, byte for byte.
    """

    account: str
    event_id: str
    facts: Facts
    received_at: datetime
    verified: bool
    source: Literal["webhook", "reconciled"]
    payload: str

    def row(self) -> dict[str, Any]:
        """The values of its row."""
        facts, received = self.facts, micros(self.received_at)
        occurred = None if facts.occurred_at is None else micros(facts.occurred_at)
        return {
            "account": self.account,
            "event_id": self.event_id,
            "topic": facts.topic,
            "received_at": received,
            "occurred_at": occurred,
            "happened_at": received if occurred is None else min(occurred, received),
            "verified": self.verified,
            "source": self.source,
            "direction": facts.direction,
            "outcome": facts.outcome,
            "contact_number": facts.contact_number,
            "allo_number": facts.allo_number,
            "subject": facts.subject,
            "same_as": None,
            "part_of": None,
            "read": False,
            "payload": self.payload,
        }


def micros(time: datetime) -> int:
    """Microseconds since 1970."""
    return (time - _EPOCH) // timedelta(microseconds=1)


def moment(value: int) -> datetime:
    """The time of a number of microseconds."""
    return _EPOCH + timedelta(microseconds=value)


def event_of(row: Row[Any], stages: tuple[InboxEvent, ...] = ()) -> InboxEvent:
    """The event a row of `events` holds."""
    occurred = row.occurred_at
    return InboxEvent(
        sequence=row.sequence,
        event_id=row.event_id,
        topic=row.topic,
        received_at=moment(row.received_at),
        occurred_at=None if occurred is None else moment(occurred),
        verified=row.verified,
        source=row.source,
        contact_number=row.contact_number,
        allo_number=row.allo_number,
        read=row.read,
        data=data_of(row.payload),
        direction=row.direction,
        stages=stages,
    )
