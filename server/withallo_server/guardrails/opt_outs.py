"""Who asked for no more texts, learned from the inbox and kept when the inbox forgets."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import anyio
from sqlalchemy import Connection, insert, select, update

from withallo_server.database import Database
from withallo_server.guardrails.tables import SCHEMA, opt_outs, progress
from withallo_server.guardrails.words import keyword
from withallo_tools.services import EventQuery, Inbox, InboxEvent

_PAGE = 500


@dataclass
class OptOuts:
    """The opt-outs of one account."""

    database: Database
    account: str
    inbox: Inbox
    _ready: bool = False
    _learning: anyio.Lock = field(default_factory=anyio.Lock)

    async def since(self, number: str) -> datetime | None:
        """When a person asked for no more texts; nothing when they never did, or asked to get them again."""
        await self.learn()
        statement = select(opt_outs.c.at).where(
            opt_outs.c.account == self.account, opt_outs.c.number == number, opt_outs.c.state == "stop"
        )
        at = await self.database.read(lambda connection: connection.scalar(statement))
        return None if at is None else datetime.fromtimestamp(at, UTC)

    async def learn(self) -> None:
        """Read what came into the inbox since the last time."""
        async with self._learning:
            if not self._ready:
                await self.database.migrate(SCHEMA)
                self._ready = True
            done = await self._done()
            while True:
                page = await self.inbox.list(EventQuery(topics=("sms.received",), after=done, limit=_PAGE))
                if not page.events:
                    return
                done = page.events[-1].sequence
                await self._keep(page.events, done)

    async def _done(self) -> int:
        statement = select(progress.c.sequence).where(progress.c.account == self.account)
        return await self.database.read(lambda connection: connection.scalar(statement) or 0)

    async def _keep(self, events: Sequence[InboxEvent], done: int) -> None:
        asked = [(event, state) for event in events if (state := _asks(event)) is not None]

        def work(connection: Connection) -> None:
            for event, state in asked:
                moment = (event.occurred_at or event.received_at).timestamp()
                self._write(connection, event.contact_number or "", state, moment)
            self._move_on(connection, done)

        await self.database.write(work)

    def _write(self, connection: Connection, number: str, state: str, at: float) -> None:
        row = (opt_outs.c.account == self.account) & (opt_outs.c.number == number)
        known = connection.scalar(select(opt_outs.c.at).where(row))
        if known is None:
            values = {"account": self.account, "number": number, "state": state, "at": at}
            connection.execute(insert(opt_outs).values(values))
        elif at >= known:
            connection.execute(update(opt_outs).where(row).values(state=state, at=at))

    def _move_on(self, connection: Connection, done: int) -> None:
        mine = progress.c.account == self.account
        if connection.execute(update(progress).where(mine).values(sequence=done)).rowcount == 0:
            connection.execute(insert(progress).values(account=self.account, sequence=done))


def _asks(event: InboxEvent) -> str | None:
    content = event.data.get("content")
    if event.direction == "OUTBOUND" or not event.contact_number or not isinstance(content, str):
        return None
    return keyword(content)
