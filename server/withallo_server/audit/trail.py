"""Writes the audit log's line for a write, whatever became of it."""

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import anyio
from mcp.server.mcpserver import Context

from withallo_server.audit.log import AuditLog, Outcome, Record, masked
from withallo_server.consent.callers import client_name, principal_of
from withallo_server.input_needed import InputNeeded
from withallo_server.outbox import digests
from withallo_server.outbox.errors import NotSentError, OutcomeUnknownError
from withallo_server.outbox.outcome import surely_not_sent
from withallo_tools.services import Request, Write, Written

logger = logging.getLogger(__name__)


@dataclass
class Line:
    """What becomes known about a write while it is carried out.

    Attributes:
        chosen: The one of several it turned out to be, in the words it was sent with.
        asked: What was asked for, where the human put other words in its place.
        left: Whether the request was made, so that it may have happened whatever came of it.
    """

    consent: str = "none"
    key: str = ""
    written: Written | None = None
    chosen: Write | None = None
    asked: Write | None = None
    left: bool = False

    def noting(self, request: Request) -> Request:
        """The same request, noted with its key before it leaves."""

        async def noted(key: str) -> Mapping[str, Any]:
            self.key, self.left = key, True
            return await request(key)

        return noted


@dataclass
class Trail:
    """The audit trail of one account.

    Attributes:
        bodies: Whether names and full texts are written down too.
    """

    log: AuditLog
    account: str
    bodies: bool

    @asynccontextmanager
    async def of(self, ctx: Context[Any, Any], write: Write) -> AsyncIterator[Line]:
        """Follow one write and write its line when it is over."""
        line = Line(key=write.idempotency_key or "")
        outcome: Outcome = "not_sent"
        reason = ""
        try:
            yield line
            if line.written is not None:
                outcome, line.key = line.written.state, line.written.idempotency_key
        except InputNeeded:
            outcome, reason = "waiting", "A human is asked."
            raise
        except OutcomeUnknownError:
            outcome, reason = "unknown", "No answer came back."
            raise
        except NotSentError as error:
            reason = error.why
            raise
        except BaseException as error:
            outcome = "unknown" if line.left and not surely_not_sent(error) else "not_sent"
            reason = type(error).__name__
            raise
        finally:
            with anyio.CancelScope(shield=True):
                await self._write(ctx, line.chosen or write, line, outcome, reason)

    async def _write(self, ctx: Context[Any, Any], write: Write, line: Line, outcome: Outcome, reason: str) -> None:
        record = Record(
            at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            account=self.account,
            client=client_name(ctx),
            principal=principal_of(ctx),
            tool=write.tool,
            recipients=tuple(masked(number) for number in write.recipients),
            digest=digests.payload_digest(write),
            asked_digest=None if line.asked is None else digests.payload_digest(line.asked),
            key=line.key,
            outcome=outcome,
            consent=line.consent,
            reason=reason,
            body=dict(write.payload) if self.bodies else None,
        )
        try:
            await self.log.write(record)
        except OSError as error:
            logger.critical("The audit log cannot be written: %s", error.strerror)
