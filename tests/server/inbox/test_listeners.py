"""Five hundred listeners of a real process hear of one event, and leave nothing behind when they go."""

import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import anyio.abc
import httpx
import httpx2
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.client.subscriptions import Subscription
from mcp.shared.subscriptions import ResourceUpdated

from withallo_server.database import Database
from withallo_server.inbox.events import NewEvent
from withallo_server.inbox.store import Store

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

MakeEvent = Callable[..., NewEvent]
RECENT = "allo://events/recent"
LISTENERS = 500


@dataclass
class Audience:
    """Who has heard."""

    heard: set[int] = field(default_factory=set)
    news: anyio.Event = field(default_factory=anyio.Event)

    def hear(self, who: int) -> None:
        self.heard.add(who)
        self.news.set()

    async def until(self, many: int) -> None:
        with anyio.fail_after(60):
            while len(self.heard) < many:
                self.news = anyio.Event()
                await self.news.wait()


@dataclass(frozen=True)
class Serving:
    """A server in a process of its own."""

    base: str
    process: "subprocess.Popen[bytes]"

    @property
    def url(self) -> str:
        return f"{self.base}/mcp"

    def connections(self) -> int:
        """Sockets it has open; one that closes meanwhile is none."""
        found = 0
        for file in Path(f"/proc/{self.process.pid}/fd").iterdir():
            with suppress(FileNotFoundError):
                found += str(file.readlink()).startswith("socket:")
        return found

    async def text_arrives(self) -> None:
        async with httpx.AsyncClient(base_url=self.base) as http:
            (await http.post("/_sandbox/inbound-sms", json={"content": "Are you there?"})).raise_for_status()

    async def is_down_to(self, connections: int) -> None:
        """Wait until no more than some are open."""
        with anyio.fail_after(60):
            while True:
                if self.connections() <= connections:
                    return
                await anyio.sleep(0.1)


@contextmanager
def running(folder: Path, log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", "withallo_server", "--sandbox", "--data-dir", str(folder), "serve", "--port", "0"]
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


async def address_in(log: Path, process: "subprocess.Popen[bytes]") -> str:
    """Where a server answers, as it says itself."""
    with anyio.fail_after(60):
        while True:
            said = log.read_text()  # noqa: ASYNC240  # a small file
            if found := re.search(r"answers at (http://\S+)/mcp", said):
                return found[1]
            assert process.poll() is None, said
            await anyio.sleep(0.05)


@pytest.fixture
async def serving(tmp_path: Path) -> AsyncIterator[Serving]:
    log = tmp_path / "log"
    with running(tmp_path, log) as process:
        yield Serving(await address_in(log, process), process)
    assert "Traceback" not in log.read_text()


@asynccontextmanager
async def modern(serving: Serving, audience: Audience, many: int = LISTENERS) -> AsyncIterator[None]:
    """Streams of the 2026-07-28 protocol."""
    unlimited = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(httpx2.AsyncClient(limits=unlimited, timeout=60))
        client = await stack.enter_async_context(Client(streamable_http_client(serving.url, http_client=http)))
        await stack.enter_async_context(listening(client, audience, many))
        yield


@asynccontextmanager
async def listening(client: Client, audience: Audience, many: int = LISTENERS) -> AsyncIterator[None]:
    """Many streams of one client."""

    async def follow(who: int, stream: Subscription) -> None:
        async for event in stream:
            assert event == ResourceUpdated(uri=RECENT)
            audience.hear(who)

    async with AsyncExitStack() as stack:
        streams = [await stack.enter_async_context(client.listen(resource_subscriptions=[RECENT])) for _ in range(many)]
        tasks = await stack.enter_async_context(anyio.create_task_group())
        for who, stream in enumerate(streams):
            tasks.start_soon(follow, who, stream)
        yield
        tasks.cancel_scope.cancel()


@asynccontextmanager
async def legacy(serving: Serving, audience: Audience) -> AsyncIterator[None]:
    """Sessions of the 2025-11-25 protocol, each with its own stream."""
    accept = {"accept": "application/json, text/event-stream"}
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
    at_once = anyio.CapacityLimiter(20)

    async def post(http: httpx.AsyncClient, session: dict[str, str], method: str, **message: Any) -> httpx.Response:
        body = {"jsonrpc": "2.0", "method": method, **message}
        return (await http.post(serving.url, json=body, headers={**accept, **session})).raise_for_status()

    async def listen(who: int, http: httpx.AsyncClient, *, task_status: anyio.abc.TaskStatus[None]) -> None:
        async with at_once:
            hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
            opened = await post(http, {}, "initialize", id=1, params=hello)
            session = {"mcp-session-id": opened.headers["mcp-session-id"], "mcp-protocol-version": "2025-11-25"}
            await post(http, session, "notifications/initialized")
            await post(http, session, "resources/subscribe", id=2, params={"uri": RECENT})
        async with http.stream("GET", serving.url, headers={**accept, **session}) as stream:
            task_status.started()
            async for line in stream.aiter_lines():
                if line.startswith("data: {") and json.loads(line[6:])["method"] == "notifications/resources/updated":
                    audience.hear(who)

    async with httpx.AsyncClient(limits=limits, timeout=60) as http, anyio.create_task_group() as tasks:
        async with anyio.create_task_group() as starting:
            for who in range(LISTENERS):
                starting.start_soon(tasks.start, listen, who, http)
        yield
        tasks.cancel_scope.cancel()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="connections of a process are counted where Linux does")
@pytest.mark.parametrize("era", [modern, legacy])
async def test_five_hundred_clients_over_http_hear_of_one_event_and_leave_nothing(
    serving: Serving, era: Callable[[Serving, Audience], Any]
) -> None:
    audience = Audience()
    before = serving.connections()
    async with era(serving, audience):
        assert serving.connections() >= before + LISTENERS
        await serving.text_arrives()
        await audience.until(LISTENERS)
    await serving.is_down_to(before + 2)
    late = Audience()
    async with modern(serving, late, 1):
        await serving.text_arrives()
        await late.until(1)


async def test_five_hundred_listeners_over_stdio_hear_of_an_event_of_another_process(
    tmp_path: Path, make_event: MakeEvent
) -> None:
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "withallo_server", "--sandbox"], env={"ALLO_DATA_DIR": str(tmp_path)}
    )
    audience = Audience()
    database = await Database.open(tmp_path / "sandbox" / "withallo.sqlite3")
    async with Store.open(database) as other_process, Client(command) as client, listening(client, audience):
        await other_process.add(make_event("msg_1", account="sandbox"))
        await audience.until(LISTENERS)
    await database.close()
