"""An inbox in a temporary folder, events to put in, and Allo's signature."""

import base64
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook

from withallo_server.database import Database
from withallo_server.inbox.events import NewEvent
from withallo_server.inbox.facts import read_facts
from withallo_server.inbox.inbox import AccountInbox
from withallo_server.inbox.store import Store

NOW = datetime.now(UTC).replace(microsecond=0)
LINE = "+33644000000"
MARIE = "+33612345678"

MakeEvent = Callable[..., NewEvent]
Sign = Callable[..., dict[str, str]]


@pytest.fixture
def secret() -> SecretStr:
    return SecretStr("whsec_" + base64.b64encode(b"a signing secret of 32 bytes....").decode())


@pytest.fixture
def sign(secret: SecretStr) -> Sign:
    """Signs as Allo does."""

    def headers(body: bytes, event_id: str = "msg_1", at: datetime | None = None) -> dict[str, str]:
        at = at or datetime.now(UTC)
        signature = Webhook(secret.get_secret_value()).sign(event_id, at, body.decode())
        return {
            "webhook-id": event_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": signature,
        }

    return headers


@pytest.fixture
def make_event() -> MakeEvent:
    """Builds an event: `make_event("msg_1", "sms.received", content="hi")`."""

    def make(
        event_id: str, topic: str = "sms.received", *, ago: float = 0, account: str = "default", **data: Any
    ) -> NewEvent:
        at = NOW - timedelta(seconds=ago)
        outbound = topic in {"sms.sent", "call.triggered"} or data.get("type") == "OUTBOUND"
        sides = {"from_number": LINE, "to_number": MARIE} if outbound else {"from_number": MARIE, "to_number": LINE}
        body = {"topic": topic, "version": "2.0", "timestamp": at.isoformat(), "data": {**sides, **data}}
        return NewEvent(account, event_id, read_facts(body), NOW, True, "webhook", json.dumps(body))

    return make


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open(tmp_path / "withallo.sqlite3")
    yield database
    await database.close()


@pytest.fixture
async def store(database: Database) -> AsyncIterator[Store]:
    async with Store.open(database) as store:
        yield store


@pytest.fixture
def inbox(store: Store) -> AccountInbox:
    return AccountInbox(store, "default")
