"""Reasons for the human to look twice."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mcp.server.mcpserver import Context

from withallo_client import WithalloError
from withallo_server.consent.callers import session_of
from withallo_server.guardrails.patterns import IsContact
from withallo_server.guardrails.readings import SOMEBODY, Readings
from withallo_server.outbox.store import Outbox
from withallo_tools.services import People, Write, services

BURST = timedelta(minutes=10)
_MOST_NAMES = 3


@dataclass
class Suspicion:
    """What speaks against letting a write go by itself.

    Attributes:
        after_texts: Messages, transcripts or events of people other than the recipients were read before it.
        influenced: It may come from what was read, or carry what was read to whoever asked for it. A name in the
            contact directory is too short to lead far, so names alone only matter for what does not go to somebody in
            that directory.
        warnings: For the human.
    """

    after_texts: bool
    influenced: bool
    warnings: tuple[str, ...]


@dataclass
class Warnings:
    """Warns about the writes of one account."""

    readings: Readings
    people: People
    is_contact: IsContact
    outbox: Outbox
    clock: Callable[[], datetime]

    async def about(self, ctx: Context[Any, Any], write: Write) -> Suspicion:
        """Look at what was read in this session and what went out in the last minutes."""
        reading = await self.readings.of(session_of(ctx))
        texts = await self._strangers(ctx, reading.texts, write)
        names = await self._strangers(ctx, reading.names, write)
        warnings = []
        if texts:
            warnings.append(
                f"in this session your assistant has read words of {await self._named(texts)}. If this was their idea "
                "and not yours, do not approve it."
            )
        if write.recipients:
            count = await self.outbox.count_since(self.clock() - BURST)
            if count:
                went = "one text" if count == 1 else f"{count} texts"
                warnings.append(f"this is text number {count + 1} in ten minutes; {went} went out before it.")
        influenced = bool(texts) or (bool(names) and (bool(reading.texts) or not await self._goes_to_contacts(write)))
        return Suspicion(bool(texts), influenced, tuple(warnings))

    async def _goes_to_contacts(self, write: Write) -> bool:
        return bool(write.recipients) and all([await self.is_contact(number) for number in write.recipients])

    async def _strangers(self, ctx: Context[Any, Any], read: set[str], write: Write) -> list[str]:
        """Authors that are neither recipients, nor the same person under another number, nor our own lines."""
        left = read - set(write.recipients)
        if not left:
            return []
        left -= await self._lines(ctx)
        names = await self.people.names(left | set(write.recipients))
        recipients = {names.get(number) for number in write.recipients} - {None, ""}
        return sorted(number for number in left if names.get(number) not in recipients)

    async def _lines(self, ctx: Context[Any, Any]) -> set[str]:
        try:
            return {line.number for line in await services(ctx).numbers() if line.number}
        except WithalloError:
            return set()

    async def _named(self, numbers: list[str]) -> str:
        names = await self.people.names(numbers)
        shown = [f"{names[number]} ({number})" if names.get(number) else number for number in numbers[:_MOST_NAMES]]
        rest = len(numbers) - len(shown)
        words = ", ".join("somebody" if each == SOMEBODY else each for each in shown)
        return f"{words} and {rest} more" if rest else words
