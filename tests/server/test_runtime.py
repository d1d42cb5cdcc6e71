"""What runs beside the answers: looking up the key, watching the inbox, telling clients."""

import json
import logging
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from mcp import Client
from mcp.types import CallToolResult, ResourceUpdatedNotification, TextResourceContents
from pydantic import SecretStr

from withallo_client import AlloClient
from withallo_sandbox import MARIE, Sandbox
from withallo_server.factory import build_server
from withallo_server.mcp_server import AlloServer
from withallo_server.settings import Settings
from withallo_tools.services import EventQuery

Words = Callable[[CallToolResult], str]
RECENT = "allo://events/recent"
ERAS = pytest.mark.parametrize("era", ["auto", "legacy"])


class Api:
    """An API that can be slow, and counts what it is asked."""

    def __init__(self, countries: tuple[str, ...] = ("FR", "FR", "US"), *, status: int = 200) -> None:
        self.asked: list[str] = []
        self.open = anyio.Event()
        self.open.set()
        self._countries = countries
        self._status = status

    async def handle(self, request: httpx.Request) -> httpx.Response:
        await self.open.wait()
        self.asked.append(request.url.path)
        if self._status != 200:
            return httpx.Response(self._status, json={"code": "API_KEY_INVALID", "details": None})
        if request.url.path == "/v2/api/me":
            return httpx.Response(200, json={"data": {"scopes": ["CONVERSATIONS_READ", "PHONE_NUMBERS_READ"]}})
        if request.url.path == "/v2/api/numbers":
            lines = [{"number": f"+3319900001{n}", "country": each} for n, each in enumerate(self._countries)]
            return httpx.Response(200, json={"data": lines})
        return httpx.Response(200, json={"data": {"results": []}})

    def server(self, folder: Path, **settings: Any) -> AlloServer:
        key = SecretStr("ak_live_1")
        client = AlloClient(key, transport=httpx.MockTransport(self.handle), time_budget=0.1)
        return build_server(Settings(api_key=key, data_dir=folder, **settings), client=client)


async def send_inbound(sandbox: Sandbox, content: str) -> None:
    transport = httpx.ASGITransport(app=sandbox.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as controls:
        body = {"from_number": MARIE.numbers[0], "content": content}
        (await controls.post("/_sandbox/inbound-sms", json=body)).raise_for_status()


@asynccontextmanager
async def subscribed(server: AlloServer, era: Any) -> AsyncIterator[tuple[Client, Callable[[], Any]]]:
    """A client that subscribed to the newest events, and how to wait for the next update."""
    updates, heard = anyio.create_memory_object_stream[str](100)

    async def hear(message: Any) -> None:
        if era == "legacy" and isinstance(message, ResourceUpdatedNotification):
            await updates.send(str(message.params.uri))

    with updates, heard:
        async with Client(server, mode=era, message_handler=hear) as client:
            if era == "legacy":
                with warnings.catch_warnings(action="ignore"):
                    await client.subscribe_resource(RECENT)
                yield client, heard.receive
            else:
                async with client.listen(resource_subscriptions=[RECENT]) as changes:
                    yield client, aiter(changes).__anext__


@ERAS
@pytest.mark.anyio
async def test_an_event_that_arrives_is_told_and_can_be_read(server: AlloServer, sandbox: Sandbox, era: Any) -> None:
    async with subscribed(server, era) as (client, update):
        await send_inbound(sandbox, "see you at quarter past")
        with anyio.fail_after(10):
            await update()
        [content] = (await client.read_resource(RECENT)).contents
    assert isinstance(content, TextResourceContents)
    assert "see you at quarter past" in content.text
    [event] = json.loads(content.text)["events"]
    assert event["topic"] == "sms.received"


@pytest.mark.anyio
async def test_after_unsubscribing_nothing_is_told_any_more(server: AlloServer, sandbox: Sandbox) -> None:
    heard: list[object] = []

    async def hear(message: Any) -> None:
        if isinstance(message, ResourceUpdatedNotification):
            heard.append(message)

    async with Client(server, mode="legacy", message_handler=hear) as client:
        with warnings.catch_warnings(action="ignore"):
            await client.subscribe_resource(RECENT)
            await client.unsubscribe_resource(RECENT)
        await send_inbound(sandbox, "hello")
        assert (await server.runtime.account.inbox.wait(EventQuery(after=0), 10)).events
        await client.list_tools()
    assert not heard


@pytest.mark.anyio
async def test_a_client_that_left_is_forgotten(server: AlloServer) -> None:
    notifier = server.runtime.notifier
    async with Client(server, mode="legacy") as client:
        with warnings.catch_warnings(action="ignore"):
            await client.subscribe_resource(RECENT)
        assert notifier._connections
        assert notifier._subscribers
    assert not notifier._connections
    assert not notifier._subscribers


@ERAS
@pytest.mark.anyio
async def test_the_first_answers_do_not_wait_for_the_api(tmp_path: Path, era: Any) -> None:
    api = Api()
    api.open = anyio.Event()
    with anyio.fail_after(5):
        async with Client(api.server(tmp_path), mode=era) as client:
            assert (await client.list_tools()).tools
            assert (await client.list_resources()).resources
    assert not api.asked


@pytest.mark.anyio
async def test_a_wrong_key_is_noticed_in_the_background_and_nothing_falls_over(
    tmp_path: Path, words: Words, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    api = Api(status=401)
    server = api.server(tmp_path)
    async with Client(server) as client:
        before = (await client.list_tools()).tools
        await server.runtime.account.ready()
        assert "could not be looked up" in caplog.text
        assert (await client.list_tools()).tools == before
        assert "401" in words(await client.call_tool("get_account", {}))


@pytest.mark.anyio
async def test_numbers_are_read_by_the_country_of_most_lines(tmp_path: Path) -> None:
    server = Api().server(tmp_path)
    async with server.runtime.running():
        server.runtime.wake()
        await server.runtime.account.ready()
        assert server.runtime.account.region == "FR"
    again = Api().server(tmp_path)
    assert again.runtime.account.region == "FR", "the next start knows it at once"


@pytest.mark.anyio
async def test_the_setting_decides_the_country(tmp_path: Path) -> None:
    api = Api()
    server = api.server(tmp_path, region="CA", timezone="America/Toronto")
    async with server.runtime.running():
        await server.runtime.account.ready()
        assert server.runtime.account.region == "CA"
        assert server.runtime.account.zone.key == "America/Toronto"


@pytest.mark.anyio
async def test_lines_are_fetched_once_in_five_minutes(world: Any) -> None:
    server = world.server(region="FR")
    account = server.runtime.account
    async with server.runtime.running():
        first = await account.numbers()
        assert await account.numbers() is first
        world.sandbox.clock.advance(301)
        assert await account.numbers() is not first


@pytest.mark.anyio
async def test_a_database_that_does_not_open_silences_nothing_else(world: Any, words: Words) -> None:
    world.folder.joinpath("sandbox").write_text("a file where the folder should be")
    async with subscribed(world.server(), "auto") as (client, _):
        assert (await client.list_tools()).tools
        assert not (await client.call_tool("search_calls", {"limit": 1})).is_error
