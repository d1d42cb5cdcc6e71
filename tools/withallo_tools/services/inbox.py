"""What came in by webhook, as a tool may ask for it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol


@dataclass(frozen=True, slots=True)
class InboxEvent:
    """One thing that happened, as the inbox keeps it.

    Attributes:
        sequence: Place in this inbox; grows with every commit and serves as the cursor.
        event_id: Delivery id of the webhook, or a digest of the content where there is none.
        topic: For example `sms.received`.
        received_at: When it was committed here, UTC.
        occurred_at: When it happened according to Allo, UTC.
        verified: Whether a signature proved that Allo sent it.
        source: How it came to us.
        contact_number: The other party, as Allo wrote it.
        allo_number: Our line, as Allo wrote it.
        read: Whether somebody marked it as read.
        data: The payload, untouched.
        direction: `INBOUND` or `OUTBOUND`, as far as it is known.
        stages: Of a finished call, the ringing and the answering that came as events of their own.
    """

    sequence: int
    event_id: str
    topic: str
    received_at: datetime
    occurred_at: datetime | None
    verified: bool
    source: Literal["webhook", "reconciled"]
    contact_number: str | None
    allo_number: str | None
    read: bool
    data: Mapping[str, Any]
    direction: str | None = None
    stages: tuple["InboxEvent", ...] = ()


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Which events are wanted; a member left out does not narrow.

    Attributes:
        topics: Any of these, for example `sms.received`; events that came in the older dialect have the same words.
        since: Not before this, by when it happened.
        until: Before this, by when it happened.
        after: Only what was committed later than this sequence; then the order is that of the commits.
        before: Only what follows this sequence on the next page.
        newest_first: By when it happened, unless `after` is given.
    """

    topics: tuple[str, ...] = ()
    contact_numbers: tuple[str, ...] = ()
    allo_number: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    unread: bool = False
    after: int | None = None
    before: int | None = None
    limit: int = 20
    newest_first: bool = True


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events, and how many match in all.

    Attributes:
        total: Counted up to a bound; `total_is_exact` is false when there may be more.
        latest: Where to go on with `after` so that nothing is missed or repeated.
    """

    events: tuple[InboxEvent, ...]
    total: int
    latest: int
    total_is_exact: bool = True


class Inbox(Protocol):
    """The durable store of what came in."""

    async def list(self, query: EventQuery) -> EventPage:
        """Events that match, and the newest sequence in the inbox."""

    async def get(self, event_id: str) -> InboxEvent | None:
        """One event, or nothing."""

    async def wait(self, query: EventQuery, seconds: float) -> EventPage:
        """Return as soon as an event after `query.after` matches, or empty once the time is up; oldest first."""

    async def mark_read(self, event_ids: Collection[str]) -> int:
        """Mark events as read and say how many were not before."""

    async def topics(self) -> Sequence[str]:
        """The topics there are events of, in alphabetical order."""
