"""Who asked for no more texts, learned from the inbox and kept when the inbox forgets."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import anyio
from sqlalchemy import Connection, select

from withallo_server.database import Database, upsert
from withallo_server.guardrails.tables import SCHEMA, opt_outs, progress
from withallo_server.guardrails.words import keyword
from withallo_tools.phone import country_of, normal
from withallo_tools.services import EventQuery, Inbox, InboxEvent

STOP, CLAIMED_STOP, START = "stop", "claimed stop", "start"
"""A stop is signed or claimed; one that is signed is never lifted by an event that is not."""

_PAGE = 500


@dataclass
class OptOuts:
    """The opt-outs of one account."""

    database: Database
    account: str
    inbox: Inbox
    _learning: anyio.Lock = field(default_factory=anyio.Lock)

    async def since(self, number: str) -> datetime | None:
        """When a person asked for no more texts; nothing when they never did, or asked to get them again."""
        await self.learn()
        statement = select(opt_outs.c.at).where(
            opt_outs.c.account == self.account, opt_outs.c.number == number, opt_outs.c.state != START
        )
        at = await self.database.read(lambda connection: connection.scalar(statement))
        return None if at is None else datetime.fromtimestamp(at, UTC)

    async def learn(self) -> None:
        """Read what came into the inbox since the last time."""
        async with self._learning:
            await self.database.migrate(SCHEMA)
            done = await self._done()
            while True:
                query = EventQuery(topics=("sms.received",), after=done, limit=_PAGE, newest_first=False)
                page = await self.inbox.list(query)
                if not page.events:
                    return
                done = page.latest
                await self._keep(page.events, done)

    async def _done(self) -> int:
        statement = select(progress.c.sequence).where(progress.c.account == self.account)
        return await self.database.read(lambda connection: connection.scalar(statement) or 0)

    async def _keep(self, events: Sequence[InboxEvent], done: int) -> None:
        asked = [(event, state) for event in events if (state := _asks(event)) is not None]

        def work(connection: Connection) -> None:
            for event, state in asked:
                if event.verified or not self._has_signed_stop(connection, _writer(event)):
                    row = self._row(event, state)
                    upsert(connection, opt_outs, [row], replace=("state", "at"), newer_by="at")
            mine = {"account": self.account, "sequence": done}
            upsert(connection, progress, [mine], replace=("sequence",), newer_by="sequence")

        await self.database.write(work)

    def _row(self, event: InboxEvent, state: str) -> dict[str, Any]:
        at = event.occurred_at or event.received_at
        at = at if event.verified else min(at, event.received_at)
        return {"account": self.account, "number": _writer(event), "state": state, "at": at.timestamp()}

    def _has_signed_stop(self, connection: Connection, number: str) -> bool:
        signed = (opt_outs.c.account == self.account) & (opt_outs.c.number == number) & (opt_outs.c.state == STOP)
        return connection.scalar(select(opt_outs.c.at).where(signed)) is not None


def _writer(event: InboxEvent) -> str:
    """Who wrote, in E.164: Allo may leave the country out, and texts stay within the country of the line."""
    return normal(event.contact_number or "", country_of(event.allo_number or ""))


def _asks(event: InboxEvent) -> str | None:
    content = event.data.get("content")
    if event.direction == "OUTBOUND" or not event.contact_number or not isinstance(content, str):
        return None
    word = keyword(content)
    is_signed = event.verified and event.source == "webhook"
    return CLAIMED_STOP if word == "stop" and not is_signed else word
