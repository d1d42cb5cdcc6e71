"""Reasons for the human to look twice: only such as change a decision, each in one short line."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any

import anyio
from mcp.server.mcpserver import Context

from withallo_client import ItemFilter, WithalloError
from withallo_server.consent.callers import session_of
from withallo_server.guardrails.contents import gives, links, links_to, numbers
from withallo_server.guardrails.patterns import IsContact
from withallo_server.guardrails.quiet_hours import night_at
from withallo_server.guardrails.readings import SOMEBODY, Readings
from withallo_server.guardrails.special_numbers import why_special
from withallo_server.outbox.store import Outbox
from withallo_tools.segments import count_segments
from withallo_tools.services import People, Write, services

BURST = timedelta(minutes=10)
MANY_SEGMENTS = 4
NIGHT = (time(21), time(8))
LOOK_SECONDS = 3.0
_MOST_NAMES = 3
_COUNTED = frozenset({3, 5})


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What speaks against letting a write go by itself.

    Attributes:
        after_texts: Messages, transcripts or events of people other than the recipients were read before it.
        influenced: It may come from what was read, or carry what was read to whoever asked for it. A name in the
            contact directory is too short to lead far, so names alone only matter for what does not go to somebody in
            that directory.
        read: Says whose words were read.
        is_answer: It goes to somebody whose words were read.
    """

    after_texts: bool
    influenced: bool
    read: str
    is_answer: bool

    def reasons(self, *, asked_anyway: bool) -> tuple[str, ...]:
        """What the human is told of it; where they are asked about every text, an answer needs no more words."""
        return () if not self.read or (asked_anyway and self.is_answer) else (self.read,)


@dataclass
class Warnings:
    """Warns about the writes of one account.

    Attributes:
        of_night: Whether to tell that it is night there; not where the operator has set quiet hours.
    """

    readings: Readings
    people: People
    is_contact: IsContact
    outbox: Outbox
    clock: Callable[[], datetime]
    of_night: bool = True

    async def suspicion(self, ctx: Context[Any, Any], write: Write) -> Suspicion:
        """Look at whose words were read in this session."""
        reading = await self.readings.of(session_of(ctx))
        texts = await self._strangers(ctx, reading.texts, write)
        names = await self._strangers(ctx, reading.names, write)
        return Suspicion(
            after_texts=bool(texts),
            influenced=bool(texts)
            or (bool(names) and (bool(reading.texts) or not await self._goes_to_contacts(write))),
            read=f"in this session your assistant has read words of {await self._named(texts)}." if texts else "",
            is_answer=bool(write.recipients) and set(write.recipients) <= reading.texts,
        )

    async def about_text(self, ctx: Context[Any, Any], write: Write) -> tuple[str, ...]:
        """What a text holds that the human may not see at once, whoever gets it."""
        message = write.payload.get("message")
        if not isinstance(message, str):
            return ()
        found = [warning async for warning in self._content(ctx, write, message)]
        segments = count_segments(message).count
        if segments >= MANY_SEGMENTS:
            found.append(f"it is billed as {segments} texts.")
        count = 1 + await self.outbox.count_since(self.clock() - BURST)
        if count in _COUNTED or count % 10 == 0:
            found.append(f"it is text number {count} in ten minutes.")
        return tuple(found)

    async def about_recipients(self, ctx: Context[Any, Any], write: Write) -> tuple[str, ...]:
        """What is special about sending to these people now."""
        found = []
        for number in write.recipients:
            if not await self._is_known(ctx, number):
                found.append("nobody here has called or texted this number before.")
            if (kind := why_special(number)) is not None:
                found.append(f"this is a {kind} number; it may cost more.")
            if self.of_night and (local := night_at(number, NIGHT, self.clock())) is not None:
                found.append(f"it is {local:%H:%M} there now ({local.tzinfo}).")
        return tuple(dict.fromkeys(found))

    async def _content(self, ctx: Context[Any, Any], write: Write, message: str) -> AsyncIterator[str]:
        reading = await self.readings.of(session_of(ctx))
        others = await self._strangers(ctx, reading.texts, write)
        repeated = reading.said.repeated_in(message) if others else ""
        if repeated:
            yield f"it repeats what was read from others: “{repeated}”."
        for host in links(message):
            if host != repeated and not await self.outbox.has_said(partial(links_to, host)):
                yield f"it links to {host}, as no text of the last days did."
        own = {*write.recipients, *await self._lines(ctx)}
        region = services(ctx).region
        for number in numbers(message, region):
            said = partial(gives, number, region)
            if number not in own and not await self.is_contact(number) and not await self.outbox.has_said(said):
                yield f"it gives the number {number}, which is neither yours nor a contact's."

    async def _is_known(self, ctx: Context[Any, Any], number: str) -> bool:
        """Whether somebody here called or texted a number before; taken for known where that cannot be seen."""
        if await self.outbox.has_written_to(number):
            return True
        with anyio.move_on_after(LOOK_SECONDS):
            try:
                wanted = ItemFilter(contact_number=number, direction="OUTBOUND")
                return bool((await services(ctx).client.conversations.search(wanted, size=1)).items)
            except WithalloError:
                return True
        return True

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
        words = ", ".join("somebody of unknown number" if each == SOMEBODY else each for each in shown)
        return f"{words} and {rest} more" if rest else words
