"""Carries a write out: its row first, then the request, then the outcome; never the request twice."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import anyio

from withallo_server.database import StorageError
from withallo_server.outbox.errors import NotSentError, OutcomeUnknownError
from withallo_server.outbox.outcome import surely_not_sent
from withallo_server.outbox.rows import Claim, Entry, Exceeded, Limit, Reserved, Send, State, Taken, Twin
from withallo_server.outbox.search import Finding, Search
from withallo_server.outbox.store import Outbox
from withallo_tools.services import Request, Written

logger = logging.getLogger(__name__)

WAIT_SECONDS = 40.0
"""How long a repeated call waits for the first one's request to end."""

_POLL_SECONDS = 0.2

NOT_REPEATED = "It is not repeated. get_send with this key looks for it again; tell the user what is known."


@dataclass
class Sending:
    """Carries out the writes of one account."""

    outbox: Outbox
    search: Search
    zone: ZoneInfo

    async def send(
        self, entry: Entry, request: Request, *, hold_since: datetime | None, limits: Sequence[Limit]
    ) -> Written:
        """Reserve the row and run the request.

        Raises:
            NotSentError: A row, a twin or a limit stands in the way.
            OutcomeUnknownError: The request left and its outcome is not known.
            WithalloError: Allo refused; nothing was sent.
        """
        match await self.outbox.reserve(entry, hold_since=hold_since, limits=limits):
            case Taken(send):
                return await self.again(send, entry.claim)
            case Twin(send):
                raise held_back(send, self.zone, entry.sent_likeness)
            case Exceeded(limit):
                raise over_limit(limit)
            case Reserved(send_id):
                return await self._run(send_id, entry.key, request)

    async def again(self, send: Send, claim: Claim) -> Written:
        """Answer a key that was used before.

        Raises:
            NotSentError: It was used for something else.
            OutcomeUnknownError: Nobody knows what became of it.
        """
        if not claim.fits(send):
            raise self._misfit(send, claim)
        send = await self._landed(send)
        if send.state == "sent":
            return Written("replayed", send.key, send.result)
        if send.state == "unknown":
            raise await self.unknown(send)
        text = f"Not sent: the first request with key {send.key} failed: {send.note} Call again to retry."
        raise NotSentError(text, "failed before")

    async def unknown(self, send: Send) -> OutcomeUnknownError:
        """The error for an unknown outcome, after one look for the text; keeps what was found."""
        finding = await self.look(send)
        if finding.found:
            return OutcomeUnknownError(
                f"It was sent at {self._clock(send)}: the answer got lost, but a look found it. {finding.words} "
                f"Do not send it again. Key {send.key}."
            )
        return OutcomeUnknownError(
            f"Unknown: it may or may not have been sent at {self._clock(send)} (key {send.key}). {finding.words} "
            f"{NOT_REPEATED}"
        )

    async def look(self, send: Send) -> Finding:
        """Look for a text of unknown outcome and settle it when it is found."""
        finding = await self.search.look(send)
        if finding.found:
            await self.outbox.settle(send.id, "sent", note=finding.words)
        return finding

    async def _run(self, send_id: int, key: str, request: Request) -> Written:
        try:
            result = await request(key)
        except BaseException as error:
            refused = surely_not_sent(error)
            note = str(error) if refused else "The request left and no answer came back."
            await self._settle(send_id, "not_sent" if refused else "unknown", note)
            if refused or not isinstance(error, Exception):
                raise
            raise await self._lost(key) from error
        await self._settle(send_id, "sent", "Allo took it.", result)
        return Written("sent", key, result)

    async def _lost(self, key: str) -> OutcomeUnknownError:
        """The error for a request without an answer, also where the database is away by now."""
        try:
            send = await self.outbox.find(key)
            if send is not None:
                return await self.unknown(send)
        except StorageError:
            logger.exception("The row of a write could not be read")
        return OutcomeUnknownError(f"Unknown: it may or may not have been sent (key {key}). {NOT_REPEATED}")

    async def _settle(self, send_id: int, state: State, note: str, result: Mapping[str, Any] | None = None) -> None:
        """Write the outcome down; where that fails it is told all the same, and the row turns unknown by itself."""
        try:
            with anyio.CancelScope(shield=True):
                await self.outbox.settle(send_id, state, result=result, note=note)
        except Exception:
            logger.exception("The outcome of a write could not be kept")

    async def _landed(self, send: Send) -> Send:
        """Wait for a request that is out in another call or process."""
        with anyio.move_on_after(WAIT_SECONDS):
            while send.state == "in_flight":
                await anyio.sleep(_POLL_SECONDS)
                send = await self.outbox.find(send.key) or send
        if send.state == "in_flight":
            text = f"The first request with key {send.key} is still out; nothing more was sent. Ask later."
            raise NotSentError(text, "in flight")
        return send

    def _misfit(self, send: Send, claim: Claim) -> NotSentError:
        """The refusal of a key that stands for something else; for the same text a new one would send it twice."""
        used = f"Not sent: idempotency_key {send.key} was used"
        if claim.likeness == send.likeness:
            return NotSentError(
                f"{used} for the same at {self._clock(send)}, from {send.sender}; get_send with this key tells what "
                "became of it. Leave sender as it was.",
                "key used from another line",
            )
        return NotSentError(
            f"{used} for something else at {self._clock(send)}; take a new key for a new message.", "key used before"
        )

    def _clock(self, send: Send) -> str:
        return clock_time(send, self.zone)


def over_limit(limit: Limit) -> NotSentError:
    """The refusal of what a cap of the operator does not leave room for."""
    whom = f" to {limit.number}" if limit.number else ""
    return NotSentError(
        f"Not sent: this would be more than {limit.words}{whom}, which this server's operator set as the limit; no "
        "argument changes it.",
        "limit reached",
    )


def held_back(send: Send, zone: ZoneInfo, likeness: str) -> NotSentError:
    """The refusal of a repetition without a key of its own."""
    done = "was sent" if send.state == "sent" else "may have been sent"
    what = "the same thing" if send.sent_likeness == likeness else "this, in the human's wording,"
    return NotSentError(
        f"Not sent: {what} {done} already at {clock_time(send, zone)} (key {send.key}). "
        "Pass a new idempotency_key if the user means to send it again.",
        "repetition held back",
    )


def clock_time(send: Send, zone: ZoneInfo) -> str:
    """When a row was written, as the account's clocks show it."""
    return f"{send.asked_at.astimezone(zone):%H:%M}"
