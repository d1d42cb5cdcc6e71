"""Conversations and their items on v2 (API contract 6.7)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from withallo_client import _arguments as arguments
from withallo_client.errors import InvalidArgumentError
from withallo_client.models.base import AlloModel, MaybeLength, MaybeTime, Texts
from withallo_client.models.calls import TranscriptLine
from withallo_client.models.contacts import MaybeCompany
from withallo_client.models.users import UserRef

_CHOICES = {
    "direction": ("INBOUND", "OUTBOUND"),
    "type": ("CALL", "SMS", "ALL"),
    "result": ("ANSWERED", "VOICEMAIL", "TRANSFERRED", "MISSED"),
    "sort": ("DATE_DESC", "DATE_ASC", "RELEVANCE"),
}


class Deal(AlloModel):
    """A deal of a contact; the case of `status` varies (API contract 6.7)."""

    id: str | None = None
    name: str | None = None
    status: str | None = None


class ContactCard(AlloModel):
    """A contact beside an item; `id` is of the family `cnt-…`."""

    id: str | None = None
    name: str | None = None
    company: MaybeCompany = None
    deals: tuple[Deal, ...] = ()


ContactCards = tuple[ContactCard, ...]


class Item(AlloModel):
    """A call or a message of a conversation.

    Attributes:
        id: `cll-…` for calls, `msg-…` for messages.
        type: `CALL`, or `SMS` (some live answers say `TEXT_MESSAGE`); `kind` reads both.
        date: When, aware.
        duration: Seconds; calls only.
        result: `ANSWERED`, `VOICEMAIL`, `TRANSFERRED`, `MISSED` …; calls only.
        recording_url: Needs the key to be fetched, see `Calls.recording`.
        transcript: None unless asked for with `extend="transcript"`.
        content: The words of a message.
        status: `PENDING`, `SENT`, `DELIVERED` or `FAILED`; messages only.
        message_type: `SMS`, `MMS` or `WHATSAPP`; messages only.
    """

    id: str
    type: str | None = None
    direction: str | None = None
    allo_number: str | None = None
    contact_number: str | None = None
    contacts: ContactCards = ()
    user: UserRef | None = None
    date: MaybeTime = None
    duration: MaybeLength = None
    result: str | None = None
    recording_url: str | None = None
    summary: str | None = None
    tags: Texts = ()
    transcript: tuple[TranscriptLine, ...] | None = None
    content: str | None = None
    status: str | None = None
    message_type: str | None = None

    @property
    def kind(self) -> Literal["CALL", "SMS"]:
        """`CALL` or `SMS`, however the live API spells it."""
        return "CALL" if self.type == "CALL" or (self.type is None and self.id.startswith("cll")) else "SMS"


class Conversation(AlloModel):
    """Everything with one number on one line, as an inbox shows it."""

    contact_number: str | None = None
    contacts: ContactCards = ()
    last_activity: MaybeTime = None
    last_item: Item | None = None


class SummaryAuthor(AlloModel):
    """Who wrote a summary."""

    id: str | None = None
    name: str | None = None


class CallSummary(AlloModel):
    """A summary after it was replaced; `version` grows with every write."""

    id: str
    content: str | None = None
    version: int | None = None
    updated_at: MaybeTime = None
    updated_by: SummaryAuthor | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFilter:
    """Which items a search wants; a member left out does not narrow.

    Attributes:
        allo_number: The line.
        contact_number: The other party.
        user_id: The teammate, `usr-…`.
        direction: `INBOUND` or `OUTBOUND`.
        type: Calls, messages, or both.
        result: Of calls; where Allo does not know `MISSED`, voicemails stand in for missed calls.
        tags: Tag keys.
        unread: Only what nobody has read, or only what somebody has.
        unresponded: Only what waits for an answer.
        has_recording: Only calls with a recording, or only those without.
        search: Keywords, all required, matched from the start of words, over transcripts, summaries and messages.
        since: Inclusive, aware.
        until: Exclusive, aware.
        sort: Order of the rows.

    Raises:
        InvalidArgumentError: A member cannot be what the API takes.
    """

    allo_number: str | None = None
    contact_number: str | None = None
    user_id: str | None = None
    direction: Literal["INBOUND", "OUTBOUND"] | None = None
    type: Literal["CALL", "SMS", "ALL"] = "ALL"
    result: Literal["ANSWERED", "VOICEMAIL", "TRANSFERRED", "MISSED"] | None = None
    tags: tuple[str, ...] = ()
    unread: bool | None = None
    unresponded: bool | None = None
    has_recording: bool | None = None
    search: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    sort: Literal["DATE_DESC", "DATE_ASC", "RELEVANCE"] = "DATE_DESC"

    def __post_init__(self) -> None:
        for field in ("allo_number", "contact_number", "user_id", "search"):
            if getattr(self, field) is not None:
                arguments.text(field, getattr(self, field))
        for field, allowed in _CHOICES.items():
            if getattr(self, field) is not None:
                arguments.choice(field, getattr(self, field), allowed)
        arguments.texts("tags", self.tags, least=0)
        for field in ("since", "until"):
            if getattr(self, field) is not None and getattr(self, field).tzinfo is None:
                raise InvalidArgumentError(field, "must name its time zone")
        if self.since and self.until and self.since.astimezone(UTC) >= self.until.astimezone(UTC):
            raise InvalidArgumentError("since", "must be before until")

    def covers(self, moment: datetime | None) -> bool:
        """Whether a moment lies in the range; an unknown one does not, once there is a range."""
        if moment is None:
            return self.since is None and self.until is None
        return (self.since is None or moment >= self.since) and (self.until is None or moment < self.until)
