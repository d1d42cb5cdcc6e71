"""What a tool may reach: the one object the server hands to its tools, as protocols the server fulfils."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, TypeVar
from zoneinfo import ZoneInfo

from mcp.server.mcpserver import Context

from withallo_client import AlloClient, Number

Result = TypeVar("Result")

Request = Callable[[str], Awaitable[Mapping[str, Any]]]
"""The request of a write: takes the idempotency key, gives the API's answer as JSON."""


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


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in the contact directory.

    Attributes:
        contact_id: The v1 id (`cnt_…`) where known, else the id of another family.
        name: Full name, or the company, or an empty string.
        matched: What made a search find this person, for example `name` or `number`.
        score: 0 to 100, how well the search matched.
    """

    contact_id: str
    name: str
    company: str | None
    numbers: tuple[str, ...]
    emails: tuple[str, ...]
    job_title: str | None = None
    last_activity_at: datetime | None = None
    matched: str = ""
    score: float = 100.0


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """People found, best first.

    Attributes:
        total: How many match in all.
        complete: False while the directory fills, or had to leave contacts out: somebody may be missing.
        known: How many people the directory has read so far.
        expected: About how many there will be, once Allo has said.
    """

    people: tuple[Person, ...]
    total: int
    complete: bool
    known: int = 0
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class Resolution:
    """Who is meant by a name, a number, an e-mail address or an id.

    Attributes:
        best: The one person that reading may go on with, saying whom it took; none when a human has to choose.
        candidates: Everybody who may be meant, best first.
        exact: Whether `best` is certain enough to send to.
        complete: False while the directory fills, or had to leave contacts out: then nobody is certain.
    """

    best: Person | None
    candidates: tuple[Person, ...]
    exact: bool
    complete: bool = True


Progress = Callable[[int, int | None], Awaitable[None]]
"""Told how many contacts were read so far, and of how many."""


class People(Protocol):
    """The contact directory."""

    async def search(self, query: str, *, limit: int, offset: int = 0, progress: Progress | None = None) -> PeoplePage:
        """Find people by name, company, e-mail or any part of a number; an empty query lists everybody.

        While a short first fill runs this waits for it, at most four seconds, and tells `progress`.
        """

    async def resolve(self, text: str, *, certain: bool = False, progress: Progress | None = None) -> Resolution:
        """Find out who is meant by a name, a number, an e-mail address or an id.

        Args:
            text: The name, number, address or id.
            certain: Wait for a first fill as long as it gets on, at most 20 seconds: nobody is certain before.
            progress: Told how far that fill is.
        """

    async def names(self, numbers: Collection[str]) -> dict[str, str]:
        """The known name of each number, as far as there is one. Never waits for the API."""

    async def remember(self, people: Sequence[Person]) -> None:
        """Take in what another answer showed."""


@dataclass(frozen=True, slots=True)
class Write:
    """A request that a person would notice twice, described before it leaves.

    Attributes:
        tool: Name of the tool that asks.
        action: One line for a human: what will happen, to whom, from where.
        details: Label and value rows for a human, the full text of a message included.
        payload: Exactly what would be sent; its digest binds consent and idempotency.
        recipients: E.164 numbers that would notice.
        idempotency_key: What the caller gave, if anything.
        revise: Makes the same write with another text, for a human who edits it before saying yes; None when there is
            no text to edit. Raises `ToolError` for a text that cannot be sent.
        deletes: Whether something is lost for good, so that a human is asked whatever kind of tool it is.
    """

    tool: str
    action: str
    details: tuple[tuple[str, str], ...]
    payload: Mapping[str, Any]
    recipients: tuple[str, ...] = ()
    idempotency_key: str | None = None
    revise: Callable[[str], "tuple[Write, Request]"] | None = None
    deletes: bool = False


@dataclass(frozen=True, slots=True)
class Option:
    """One of several writes, of which a human chooses one.

    Attributes:
        label: What tells it from the others, cleaned; no two are the same.
    """

    label: str
    write: Write
    request: Request


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a write.

    Attributes:
        state: `sent`: Allo took it; `replayed`: an earlier request with this key had done it; `dry_run`: not sent.
        result: The API's answer as JSON, absent on a dry run.
        edited: The text that a human put in place of the one that was asked for, if they did.
    """

    state: Literal["sent", "replayed", "dry_run"]
    idempotency_key: str
    result: Mapping[str, Any] = field(default_factory=dict)
    edited: str | None = None


@dataclass(frozen=True, slots=True)
class SendReport:
    """What became of an earlier write.

    Attributes:
        state: `waiting`: a human has not decided yet; `in_flight`: the request is out; `unknown`: it left and nobody
            knows whether Allo took it.
        note: What was found when the server looked, or why nothing was sent.
        action: What it does, in one line; forgotten after some days.
        message: The full text, where it sends one; forgotten likewise.
    """

    idempotency_key: str
    tool: str
    state: Literal["waiting", "in_flight", "sent", "not_sent", "unknown"]
    recipients: tuple[str, ...]
    asked_at: datetime
    note: str
    action: str = ""
    message: str = ""


class Writes(Protocol):
    """The single door through which tools change anything."""

    async def submit(self, ctx: Context[Any, Any], write: Write, request: Request) -> Written:
        """Check the guardrails, ask the human, record, and run `request(idempotency_key)` at most once."""

    def can_choose(self, ctx: Context[Any, Any]) -> bool:
        """Whether a human can be asked to choose: the client says it can show a form."""

    async def choose(
        self, ctx: Context[Any, Any], question: str, options: Sequence[Option], otherwise: str
    ) -> tuple[int, Written]:
        """Let a human choose one of several writes and agree to it in one form, then go on as `submit` does.

        Args:
            ctx: The call.
            question: What there is to choose, in one line.
            options: The writes; all would send the same text.
            otherwise: The error where no human can be asked by form.

        Returns:
            Which was chosen, and what became of it.
        """

    async def look_up(self, idempotency_key: str) -> SendReport | None:
        """What became of the write with this key; an unknown outcome is looked for in the conversation again."""


@dataclass(frozen=True, slots=True)
class ToolStatus:
    """Why a tool is on or off."""

    name: str
    on: bool
    reason: str


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """What `get_account` tells about this server besides what the API says."""

    tools: tuple[ToolStatus, ...]
    inbox: str
    environment: Literal["live", "sandbox"]


class Services(Protocol):
    """Everything a tool may use."""

    @property
    def client(self) -> AlloClient:
        """The Allo API with the caller's key."""

    @property
    def region(self) -> str:
        """ISO country that a number without a country code belongs to, for example `FR`."""

    @property
    def zone(self) -> ZoneInfo:
        """The account's time zone."""

    @property
    def answer_budget(self) -> int:
        """Tokens one answer may take (`ALLO_ANSWER_TOKENS`, 6,000 unless set)."""

    @property
    def inbox(self) -> Inbox:
        """What came in by webhook."""

    @property
    def people(self) -> People:
        """Who is who."""

    @property
    def writes(self) -> Writes:
        """The door for every change."""

    def now(self) -> datetime:
        """The present, aware; the sandbox may have moved it."""

    async def numbers(self, *, fresh: bool = False) -> Sequence[Number]:
        """The account's lines and sender IDs: as Allo has them now, or as they were some minutes ago."""

    async def scopes(self) -> frozenset[str]:
        """API scopes of the key."""

    async def status(self) -> ServerStatus:
        """State of this server."""


class ServiceProvider(Protocol):
    """What the server's lifespan yields."""

    def services_for(self, ctx: Context[Any, Any]) -> Services:
        """The services of the caller: one set on stdio, one for each key over HTTP."""


def services(ctx: Context[Any, Any]) -> Services:
    """The one way from a tool to everything else."""
    provider: ServiceProvider = ctx.request_context.lifespan_context
    return provider.services_for(ctx)
