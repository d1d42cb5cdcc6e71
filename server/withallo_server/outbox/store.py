"""Rows of the outbox: reserved before a request leaves, settled after, never sent twice."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, func, or_, select, text, update
from sqlalchemy import insert as insert_into

from withallo_server.database import Database
from withallo_server.outbox import holders
from withallo_server.outbox.rows import (
    About,
    Entry,
    Exceeded,
    Limit,
    Reservation,
    Reserved,
    Send,
    State,
    Taken,
    Twin,
    read,
)
from withallo_server.outbox.tables import SCHEMA, recipients, sends

LEASE_SECONDS = 120.0
"""Longer than the client's whole time budget for one request; a row still in flight after that lost its process."""

WORDS_KEPT = timedelta(days=7)
"""How long the outbox can say what a write was about; after that only digests are left."""

LOST = "The server stopped between the request and its answer."


@dataclass
class Outbox:
    """The outbox of one account.

    Several processes may share it. A row belongs to the process that reserved it until its lease ends; after that,
    or as soon as that process is seen to be gone, the row is `unknown`.
    """

    database: Database
    account: str

    async def find(self, key: str) -> Send | None:
        """The row of a key."""
        await self.database.migrate(SCHEMA)
        send = await self.database.read(lambda connection: self._by_key(connection, key))
        if send is None or send.state != "in_flight":
            return send

        def work(connection: Connection) -> Send | None:
            self._expire(connection)
            return self._by_key(connection, key)

        return await self.database.write(work)

    async def twin(self, likeness: str, since: datetime) -> Send | None:
        """The newest row since a moment that a person would call the same."""
        await self.database.migrate(SCHEMA)
        return await self.database.read(lambda connection: self._twin(connection, (likeness,), since))

    async def reserve(self, entry: Entry, *, hold_since: datetime | None, limits: Sequence[Limit]) -> Reservation:
        """Commit a row in flight, or say why not; all in one transaction, so that of two at once only one is reserved.

        Args:
            entry: The row.
            hold_since: Look for twins since then; none when the caller says that it means to repeat.
            limits: What else must hold.
        """
        await self.database.migrate(SCHEMA)

        def work(connection: Connection) -> Reservation:
            self._lock(connection)
            self._expire(connection)
            existing = self._by_key(connection, entry.key)
            if existing is not None and (existing.state != "not_sent" or not entry.claim.fits(existing)):
                return Taken(existing)
            if hold_since is not None:
                twin = self._twin(connection, (entry.claim.likeness, entry.sent_likeness), hold_since)
                if twin is not None:
                    return Twin(twin)
            exceeded = self._exceeded(connection, limits)
            if exceeded is not None:
                return Exceeded(exceeded)
            self._forget_words(connection, entry.asked_at - WORDS_KEPT)
            return Reserved(self._put(connection, entry, existing))

        return await self.database.write(work)

    async def settle(self, send_id: int, state: State, *, result: Mapping[str, Any] | None = None, note: str) -> None:
        """Write down the outcome; what is known to be sent stays so."""
        values = {"state": state, "settled_at": time.time(), "note": note}
        if result is not None:
            values["result"] = json.dumps(dict(result), default=str)
        statement = update(sends).where(sends.c.id == send_id, sends.c.state.in_(("in_flight", "unknown")))
        await self.database.write(lambda connection: connection.execute(statement.values(values)))

    async def twins_sent(self, send: Send, since: datetime, until: datetime) -> int:
        """How many other rows are known to have sent the same words to the same people in a span of time."""
        await self.database.migrate(SCHEMA)
        statement = select(func.count()).where(
            sends.c.account == self.account,
            sends.c.id != send.id,
            sends.c.state == "sent",
            sends.c.message_digest == send.message_digest,
            sends.c.recipients == json.dumps(send.recipients),
            sends.c.asked_at.between(since.timestamp(), until.timestamp()),
        )
        return await self.database.read(lambda connection: int(connection.scalar(statement) or 0))

    async def count_since(self, since: datetime) -> int:
        """How many texts left, or may have left, since a moment."""
        await self.database.migrate(SCHEMA)
        limit = Limit(since, 0, "")
        return await self.database.read(lambda connection: self._count(connection, limit))

    async def exceeded(self, limits: Sequence[Limit]) -> Limit | None:
        """The first limit that is reached."""
        await self.database.migrate(SCHEMA)
        return await self.database.read(lambda connection: self._exceeded(connection, limits))

    async def has_said(self, says: Callable[[str], bool]) -> bool:
        """Whether a text that left in the last days says something; the newest are looked at first."""
        await self.database.migrate(SCHEMA)
        words = self._left().with_only_columns(sends.c.about).where(sends.c.about.is_not(None))
        newest_first = words.order_by(sends.c.asked_at.desc())

        def look(connection: Connection) -> bool:
            return any(says(About.from_json(about).message) for about in connection.scalars(newest_first))

        return await self.database.read(look)

    async def has_written_to(self, number: str) -> bool:
        """Whether a text to a number left, or may have left, at any time."""
        await self.database.migrate(SCHEMA)
        to_them = (recipients.c.account == self.account) & (recipients.c.number == number)
        left = self._left().join(recipients, sends.c.id == recipients.c.send_id).where(to_them)
        return await self.database.read(lambda connection: connection.scalar(left.limit(1)) is not None)

    def _left(self) -> Select[tuple[int]]:
        return select(sends.c.id).where(sends.c.account == self.account, sends.c.state != "not_sent")

    def _lock(self, connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            name = f"withallo outbox {self.account}"
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": name})

    def _expire(self, connection: Connection) -> None:
        flying = select(sends.c.id, sends.c.holder, sends.c.lease_until).where(
            sends.c.account == self.account, sends.c.state == "in_flight"
        )
        for row in connection.execute(flying).all():
            if row.lease_until < time.time() or holders.is_gone(row.holder):
                lost = {"state": "unknown", "settled_at": time.time(), "note": LOST}
                connection.execute(update(sends).where(sends.c.id == row.id).values(lost))

    def _by_key(self, connection: Connection, key: str) -> Send | None:
        statement = select(sends).where(sends.c.account == self.account, sends.c.key == key)
        row = connection.execute(statement).one_or_none()
        return None if row is None else read(row)

    def _twin(self, connection: Connection, likenesses: tuple[str, ...], since: datetime) -> Send | None:
        statement = (
            select(sends)
            .where(
                sends.c.account == self.account,
                sends.c.asked_at > since.timestamp(),
                sends.c.state != "not_sent",
                or_(sends.c.likeness.in_(likenesses), sends.c.sent_likeness.in_(likenesses)),
            )
            .order_by(sends.c.asked_at.desc())
            .limit(1)
        )
        row = connection.execute(statement).one_or_none()
        return None if row is None else read(row)

    def _exceeded(self, connection: Connection, limits: Sequence[Limit]) -> Limit | None:
        return next((limit for limit in limits if self._count(connection, limit) >= limit.most), None)

    def _count(self, connection: Connection, limit: Limit) -> int:
        statement = (
            select(func.count())
            .select_from(recipients.join(sends, sends.c.id == recipients.c.send_id))
            .where(
                recipients.c.account == self.account,
                recipients.c.asked_at > limit.since.timestamp(),
                sends.c.state != "not_sent",
            )
        )
        if limit.number is not None:
            statement = statement.where(recipients.c.number == limit.number)
        return int(connection.scalar(statement) or 0)

    def _forget_words(self, connection: Connection, before: datetime) -> None:
        old = (sends.c.account == self.account) & (sends.c.asked_at < before.timestamp()) & sends.c.about.is_not(None)
        connection.execute(update(sends).where(old, sends.c.message_digest.is_not(None)).values(result="{}"))
        connection.execute(update(sends).where(old).values(about=None))

    def _put(self, connection: Connection, entry: Entry, existing: Send | None) -> int:
        values = {
            "account": self.account,
            "key": entry.key,
            "tool": entry.tool,
            "digest": entry.claim.digest,
            "likeness": entry.claim.likeness,
            "sent_likeness": entry.sent_likeness,
            "recipients": json.dumps(entry.recipients),
            "message_digest": entry.message_digest,
            "sender": entry.sender,
            "asked_by": entry.asked_by,
            "asked_at": entry.asked_at.timestamp(),
            "state": "in_flight",
            "holder": holders.this_process(),
            "lease_until": time.time() + LEASE_SECONDS,
            "note": "",
            "about": entry.about.as_json(),
        }
        if existing is not None:
            connection.execute(update(sends).where(sends.c.id == existing.id).values(values))
            connection.execute(recipients.delete().where(recipients.c.send_id == existing.id))
            send_id = existing.id
        else:
            send_id = connection.scalars(insert_into(sends).values(values).returning(sends.c.id)).one()
        for number in entry.recipients:
            row = {
                "send_id": send_id,
                "number": number,
                "account": self.account,
                "asked_at": entry.asked_at.timestamp(),
            }
            connection.execute(insert_into(recipients).values(row))
        return send_id
