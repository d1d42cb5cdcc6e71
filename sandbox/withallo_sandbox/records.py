"""What the account holds: plain records without a word about HTTP."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from withallo_sandbox import ids

Direction = Literal["INBOUND", "OUTBOUND"]
Source = Literal["USER", "EXTERNAL", "AGENT"]
Result = Literal["ANSWERED", "VOICEMAIL", "MISSED", "TRANSFERRED_AI", "TRANSFERRED_EXTERNAL", "BLOCKED", "FAILED"]

ANONYMOUS = "anonymous"
"""What stands in the place of a caller who hides the number (API contract 6.1)."""


@dataclass(frozen=True, slots=True)
class User:
    """A teammate."""

    id: str
    name: str
    email: str
    role: Literal["ADMIN", "MANAGER", "MEMBER"] = "MEMBER"
    status: Literal["ACTIVE", "BLOCKED"] = "ACTIVE"


@dataclass(frozen=True, slots=True)
class Line:
    """A phone number of the company; `sends` tells whether its carrier lets texts out (API contract 8)."""

    number: str
    name: str
    country: str
    zone: str
    capabilities: tuple[str, ...]
    users: tuple[User, ...]
    sends: bool
    shared: bool = False


@dataclass(frozen=True, slots=True)
class SenderId:
    """An alphanumeric sender for French texts."""

    name: str
    country: str
    active: bool


@dataclass(frozen=True, slots=True)
class Tag:
    """A label for calls; its name is the key used everywhere."""

    id: str
    name: str
    color: str


@dataclass(frozen=True, slots=True)
class Company:
    """Where people work."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Deal:
    """Business under way with somebody."""

    id: str
    name: str
    status: str
    value: float
    currency: str


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody the company knows. One human has another id in each family of routes."""

    ordinal: int
    name: str | None
    last_name: str | None
    numbers: tuple[str, ...]
    emails: tuple[str, ...]
    company: Company | None
    job_title: str | None
    website: str | None
    created_at: datetime
    updated_at: datetime
    address: str | None = None
    deals: tuple[Deal, ...] = ()
    whitelisted: bool = False

    @property
    def contact_id(self) -> str:
        """Id on the v1 routes."""
        return "cnt_" + ids.token("cnt_", self.ordinal)

    @property
    def card_id(self) -> str:
        """Id in v2 conversations."""
        return "cnt-" + ids.token("cnt-", self.ordinal)

    @property
    def person_id(self) -> str:
        """Id in the v2 CRM."""
        return "per-" + ids.token("per-", self.ordinal)

    @property
    def event_id(self) -> str:
        """Id in webhooks."""
        return "con_" + ids.token("con_", self.ordinal)

    @property
    def full_name(self) -> str:
        """Both names, or what there is of them."""
        return " ".join(part for part in (self.name, self.last_name) if part)


class Spoken(NamedTuple):
    """One turn of a conversation, in seconds from the start of the call."""

    source: Source
    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Promise:
    """A sentence of a transcript in which somebody commits to do something.

    Attributes:
        sentence: The words, exactly as they stand in one turn of the transcript.
        source: Who promised: `USER` for a teammate, `EXTERNAL` for the other party.
    """

    sentence: str
    source: Source


@dataclass(frozen=True, slots=True)
class Speech:
    """All that was said in a call, and what was promised in it."""

    turns: tuple[Spoken, ...] = ()
    promises: tuple[Promise, ...] = ()


@dataclass(slots=True, eq=False)
class Call:
    """A phone call. What was said is written when somebody asks for it; `extras` is what only v2 shows."""

    key: str
    direction: Direction
    allo_number: str
    contact_number: str
    user: User | None
    date: datetime
    seconds: int
    result: Result
    summary: str | None = None
    summary_version: int = 1
    tags: list[str] = field(default_factory=list)
    recorded: bool = False
    read: bool = True
    speech: Callable[[], Speech] = Speech
    extras: dict[str, Any] = field(default_factory=dict)
    ring_seconds: int = 8

    @property
    def id(self) -> str:
        """Id in REST answers; webhooks write it with an underscore."""
        return f"cll-{self.key}"

    @property
    def end(self) -> datetime:
        """When it was hung up."""
        return self.date + timedelta(seconds=self.seconds)


@dataclass(slots=True, eq=False)
class Message:
    """A text. `allo_number` is the sender ID's name where the text left from one."""

    key: str
    direction: Direction
    allo_number: str
    contact_number: str
    user: User | None
    date: datetime
    content: str
    sender_id: str | None = None
    failed: bool = False
    read: bool = True

    @property
    def id(self) -> str:
        """Id in REST answers; webhooks write it with an underscore."""
        return f"msg-{self.key}"


Item = Call | Message
