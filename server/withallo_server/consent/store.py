"""Questions on their way to a human and back: each is bound to one write, lives ten minutes and is used once."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Row, delete, insert, select, update

from withallo_server.consent.question import Question
from withallo_server.consent.tables import SCHEMA, questions
from withallo_server.database import Database
from withallo_server.outbox.rows import About

GOOD_FOR = timedelta(minutes=10)
"""How long a question can be answered, and a yes be used."""

KEPT_FOR = timedelta(days=1)

Channel = Literal["form", "card", "page"]
State = Literal["asked", "approved", "declined", "used", "refused"]
"""`used` is a yes that was taken, `refused` a no that was told."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who brings a decision, and from where; both have to be as they were when it was asked for."""

    channel: Channel
    principal: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it was put.

    Attributes:
        id: Public name of the question.
        principal: Who may bring the answer.
        binding: Digest of the tool, the exact payload and what the human was shown.
        tool: Name of the tool that asked.
        key: Idempotency key the write will have.
        asked_at: When, UTC.
        call: Tool and arguments that were called, kept for a card that calls again.
        edited: Text the human put in place of the one shown.
        note: Why the answer is no, where it was not the human who said so.
        about: The write in words.
    """

    id: str
    principal: str
    binding: str
    channel: Channel
    state: State
    tool: str
    key: str
    asked_at: datetime
    call: Mapping[str, Any]
    edited: str | None
    note: str
    about: About


@dataclass
class Consents:
    """The questions of one account; several processes may share them."""

    database: Database
    account: str
    clock: Callable[[], datetime]

    async def ask(
        self,
        *,
        principal: str,
        question: Question,
        channel: Channel,
        key: str,
        call: Mapping[str, Any] | None = None,
    ) -> tuple[str, str]:
        """Write a question down.

        Returns:
            Its id, and the secret that whoever answers has to know; only a digest of the secret is kept.
        """
        await self.database.migrate(SCHEMA)
        name, secret, now = secrets.token_urlsafe(18), secrets.token_urlsafe(32), self.clock()
        row = {
            "id": name,
            "account": self.account,
            "principal": principal,
            "tool": question.tool,
            "binding": question.binding,
            "channel": channel,
            "state": "asked",
            "key": key,
            "secret": _digest(secret),
            "call": json.dumps(dict(call or {}), default=str),
            "about": question.about.as_json(),
            "asked_at": now.timestamp(),
            "expires_at": (now + GOOD_FOR).timestamp(),
        }

        def work(connection: Connection) -> None:
            connection.execute(delete(questions).where(questions.c.expires_at < (now - KEPT_FOR).timestamp()))
            connection.execute(insert(questions).values(row))

        await self.database.write(work)
        return name, secret

    async def get(self, question: str) -> Asked | None:
        """A question that has not expired."""
        await self.database.migrate(SCHEMA)
        row = await self.database.read(lambda connection: self._row(connection, question))
        return None if row is None else _asked(row)

    async def decide(
        self, question: str, secret: str, caller: Caller, *, yes: bool, edited: str | None = None, note: str = ""
    ) -> Asked | None:
        """Write down what the human said; nothing when it was decided or expired before, or is not this caller's."""
        await self.database.migrate(SCHEMA)

        def work(connection: Connection) -> Asked | None:
            row = self._row(connection, question)
            if row is None or not hmac.compare_digest(row.secret, _digest(secret)):
                return None
            if caller != Caller(row.channel, row.principal):
                return None
            values = {"state": "approved" if yes else "declined", "edited": edited, "note": note}
            if not _move(connection, question, "asked", values):
                return None
            return _asked(connection.execute(select(questions).where(questions.c.id == question)).one())

        return await self.database.write(work)

    async def use(self, question: str, principal: str, binding: str, *, was: State = "asked", yes: bool = True) -> bool:
        """Use up an answer to exactly this write by exactly this caller; true for one caller only, once."""
        await self.database.migrate(SCHEMA)

        def work(connection: Connection) -> bool:
            row = self._row(connection, question)
            if row is None or row.principal != principal or row.binding != binding:
                return False
            return _move(connection, question, was, {"state": "used" if yes else "refused"})

        return await self.database.write(work)

    async def decided(self, principal: str, binding: str) -> list[Asked]:
        """Decisions about exactly this write that nobody took yet, oldest first."""
        await self.database.migrate(SCHEMA)
        statement = (
            select(questions)
            .where(
                questions.c.account == self.account,
                questions.c.principal == principal,
                questions.c.binding == binding,
                questions.c.state.in_(("approved", "declined")),
                self._alive(),
            )
            .order_by(questions.c.asked_at)
        )
        rows = await self.database.read(lambda connection: connection.execute(statement).all())
        return [_asked(row) for row in rows]

    async def by_key(self, key: str) -> Asked | None:
        """The newest question about the write with this idempotency key."""
        await self.database.migrate(SCHEMA)
        statement = (
            select(questions)
            .where(questions.c.account == self.account, questions.c.key == key, self._alive())
            .order_by(questions.c.asked_at.desc())
            .limit(1)
        )
        row = await self.database.read(lambda connection: connection.execute(statement).one_or_none())
        return None if row is None else _asked(row)

    def _row(self, connection: Connection, question: str) -> Row[Any] | None:
        statement = select(questions).where(
            questions.c.account == self.account, questions.c.id == question, self._alive()
        )
        return connection.execute(statement).one_or_none()

    def _alive(self) -> Any:
        return questions.c.expires_at > self.clock().timestamp()


def _move(connection: Connection, question: str, was: State, values: Mapping[str, Any]) -> bool:
    statement = update(questions).where(questions.c.id == question, questions.c.state == was).values(**values)
    return connection.execute(statement).rowcount == 1


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _asked(row: Row[Any]) -> Asked:
    return Asked(
        id=row.id,
        principal=row.principal,
        binding=row.binding,
        channel=row.channel,
        state=row.state,
        tool=row.tool,
        key=row.key,
        asked_at=datetime.fromtimestamp(row.asked_at, UTC),
        call=json.loads(row.call or "{}"),
        edited=row.edited,
        note=row.note,
        about=About.from_json(row.about),
    )
