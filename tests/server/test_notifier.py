"""Whoever listens hears, whatever other clients do."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack

import anyio
import httpx
import pytest
from mcp import Client, MCPDeprecationWarning, MCPError
from mcp.types import ResourceUpdatedNotification

from withallo_server import notifier
from withallo_server.mcp_server import AlloServer
from withallo_server.notifier import PATIENCE_SECONDS

pytestmark = pytest.mark.anyio

LONG = "allo://events/" + "x" * 60_000
RECENT = "allo://events/recent"
ACCEPT = {"accept": "application/json, text/event-stream"}


async def open_session(http: httpx.AsyncClient, url: str) -> dict[str, str]:
    """A session of the 2025-11-25 protocol that subscribed to an address."""

    async def post(headers: dict[str, str], **message: object) -> httpx.Response:
        answer = await http.post(url, json={"jsonrpc": "2.0", **message}, headers={**ACCEPT, **headers})
        return answer.raise_for_status()

    hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    opened = await post({}, method="initialize", id=1, params=hello)
    session = {"mcp-session-id": opened.headers["mcp-session-id"], "mcp-protocol-version": "2025-11-25"}
    await post(session, method="notifications/initialized")
    await post(session, method="resources/subscribe", id=2, params={"uri": LONG})
    return session


async def test_a_client_that_does_not_read_silences_no_other(
    server: AlloServer, serve_http: Callable[[AlloServer], AbstractAsyncContextManager[str]]
) -> None:
    heard = anyio.Event()

    async def hear(message: object) -> None:
        if isinstance(message, ResourceUpdatedNotification):
            heard.set()

    notifier = server.runtime.notifier
    async with serve_http(server) as url, httpx.AsyncClient(timeout=30) as http:
        session = await open_session(http, url)
        async with (
            http.stream("GET", url, headers={**ACCEPT, **session}),
            Client(url, mode="legacy", message_handler=hear) as other,
        ):
            with pytest.warns(MCPDeprecationWarning):
                await other.subscribe_resource(RECENT)
            with anyio.fail_after(30):
                for _ in range(300):
                    await notifier.resource_updated(LONG)
                await notifier.resource_updated(RECENT)
                await heard.wait()


async def test_many_clients_that_do_not_read_delay_the_others_no_more_than_one(
    server: AlloServer, serve_http: Callable[[AlloServer], AbstractAsyncContextManager[str]]
) -> None:
    notifier = server.runtime.notifier
    many = 6
    async with serve_http(server) as url, httpx.AsyncClient(timeout=30) as http, AsyncExitStack() as stack:
        for _ in range(many):
            session = await open_session(http, url)
            await stack.enter_async_context(http.stream("GET", url, headers={**ACCEPT, **session}))
        slowest = 0.0
        with anyio.fail_after(60):
            for _ in range(300):
                began = anyio.current_time()
                await notifier.resource_updated(LONG)
                slowest = max(slowest, anyio.current_time() - began)
        assert PATIENCE_SECONDS <= slowest < PATIENCE_SECONDS * many / 2


@pytest.mark.filterwarnings("ignore::mcp.MCPDeprecationWarning")
async def test_one_connection_subscribes_to_so_many_addresses_and_to_others_once_it_gives_some_up(
    server: AlloServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifier, "MOST_ADDRESSES", 2)
    async with Client(server, mode="legacy") as client:
        await client.subscribe_resource(RECENT)
        await client.subscribe_resource("allo://inbox")
        with pytest.raises(MCPError, match="More than 2 subscriptions"):
            await client.subscribe_resource("allo://numbers")
        await client.unsubscribe_resource(RECENT)
        await client.subscribe_resource("allo://numbers")
