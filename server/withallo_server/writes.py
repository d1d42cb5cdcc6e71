"""The single door through which tools change anything: guardrails, consent, outbox, request, audit, in this order."""

import functools
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import anyio
from mcp.server.mcpserver import Context

from withallo_client import AlloClient
from withallo_server.guardrails.settings import SendingSettings
from withallo_server.outbox.errors import NotSentError, OutcomeUnknownError
from withallo_tools.services import Inbox, People, Write, Written

if TYPE_CHECKING:
    from withallo_server.database import Database
    from withallo_server.outbox.rows import Entry, Reservation, Send
    from withallo_server.outbox.store import Outbox

Request = Callable[[str], Awaitable[Mapping[str, Any]]]


@dataclass
class GatedWrites:
    """`Writes` of one account; one object serves every caller of that account.

    Attributes:
        database: Where the outbox is.
        settings: What the operator decided about sending.
        account: Name of the account in shared tables.
        client: The Allo API with this account's key.
        people: Who is who, for the question to the human.
        inbox: Where `sms.sent` tells what became of a text.
        clock: The present, aware; the sandbox may have moved it.
    """

    database: "Database"
    settings: SendingSettings
    account: str
    client: AlloClient
    people: People
    inbox: Inbox
    clock: Callable[[], datetime]
    _asking: anyio.Lock = field(default_factory=anyio.Lock)

    async def submit(self, ctx: Context[Any, Any], write: Write, request: Request) -> Written:
        """Run `request(idempotency_key)` at most once, with its row committed before it leaves.

        Raises:
            NotSentError: Nothing was sent; the text says why and what to do.
            OutcomeUnknownError: The request left and its outcome is not known; it must not be repeated blindly.
            WithalloError: Allo refused; nothing was sent.
        """
        key = write.idempotency_key or uuid.uuid4().hex
        if self.settings.dry_run:
            return Written("dry_run", key)
        reservation = await self._reserve(write, key)
        return await self._settle_with(reservation, key, request)

    @functools.cached_property
    def outbox(self) -> "Outbox":
        """The record of what was sent."""
        from withallo_server.outbox.store import Outbox

        return Outbox(self.database, self.account)

    async def _reserve(self, write: Write, key: str) -> "Reservation":
        window = timedelta(seconds=self.settings.duplicate_window)
        hold = bool(write.recipients) and write.idempotency_key is None and bool(window)
        entry = self._entry(write, key)
        return await self.outbox.reserve(entry, hold_since=self.clock() - window if hold else None, limits=())

    def _entry(self, write: Write, key: str) -> "Entry":
        from withallo_server.outbox import digests
        from withallo_server.outbox.rows import Entry

        likeness = digests.likeness(write)
        return Entry(
            key=key,
            tool=write.tool,
            digest=digests.payload_digest(write),
            likeness=likeness,
            sent_likeness=likeness,
            recipients=write.recipients,
            message_digest=digests.message_digest(write.payload),
            sender=digests.sender(write.payload),
            asked_by="local",
            asked_at=self.clock(),
        )

    async def _settle_with(self, reservation: "Reservation", key: str, request: Request) -> Written:
        from withallo_server.outbox.rows import Exceeded, Taken, Twin

        match reservation:
            case Taken(send, same):
                return _answer_again(send, same)
            case Twin(send):
                raise NotSentError(
                    f"Not sent: already sent at {send.asked_at:%H:%M} UTC; pass a new idempotency_key "
                    "if you mean to send it again."
                )
            case Exceeded(limit):
                raise NotSentError(f"Not sent: {limit.words}.")
        return await self._run(reservation.id, key, request)

    async def _run(self, send_id: int, key: str, request: Request) -> Written:
        from withallo_server.outbox.outcome import surely_not_sent

        try:
            result = await request(key)
        except BaseException as error:
            refused = surely_not_sent(error)
            with anyio.CancelScope(shield=True):
                note = str(error) if refused else "The request left and no answer came back."
                await self.outbox.settle(send_id, "not_sent" if refused else "unknown", note=note)
            if refused or not isinstance(error, Exception):
                raise
            raise OutcomeUnknownError(f"Unknown whether it was sent: {error} It is not repeated. Key {key}.") from error
        with anyio.CancelScope(shield=True):
            await self.outbox.settle(send_id, "sent", result=result, note="Allo answered.")
        return Written("sent", key, result)


def _answer_again(send: "Send", same: bool) -> Written:
    if not same:
        raise NotSentError(f"Not sent: the idempotency_key {send.key} was used for something else; take a new one.")
    if send.state == "sent":
        return Written("replayed", send.key, send.result)
    raise OutcomeUnknownError(f"Unknown whether the text with key {send.key} was sent. It is not repeated.")
