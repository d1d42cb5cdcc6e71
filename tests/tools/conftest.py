"""The tools through an in-memory MCP client, in both protocol eras, on the embedded account."""

import warnings
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import anyio
import httpx
import pytest
from mcp import Client
from mcp.server import MCPServer
from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult, TextContent

from withallo_client import AlloClient, Number
from withallo_sandbox import Sandbox
from withallo_tools.catalog import TOOLS
from withallo_tools.services import (
    EventPage,
    EventQuery,
    InboxEvent,
    PeoplePage,
    Person,
    Request,
    SendReport,
    ServerStatus,
    ToolStatus,
    Write,
    Written,
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import bpe_openai

NOW = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)


@dataclass
class MemoryInbox:
    events: list[InboxEvent] = field(default_factory=list)
    arrived: anyio.Event = field(default_factory=anyio.Event)

    def _matching(self, query: EventQuery) -> list[InboxEvent]:
        found = [
            event
            for event in self.events
            if (not query.topics or event.topic in query.topics)
            and (not query.contact_numbers or event.contact_number in query.contact_numbers)
            and (query.allo_number is None or event.allo_number == query.allo_number)
            and (query.since is None or event.received_at >= query.since)
            and (query.until is None or event.received_at < query.until)
            and not (query.unread and event.read)
            and (query.after is None or event.sequence > query.after)
            and (query.before is None or event.sequence < query.before)
        ]
        return found if query.after is not None else found[::-1]

    async def list(self, query: EventQuery) -> EventPage:
        found = self._matching(query)
        latest = self.events[-1].sequence if self.events else 0
        shown = found[: query.limit]
        return EventPage(tuple(shown), len(found), shown[-1].sequence if query.after is not None and shown else latest)

    async def get(self, event_id: str) -> InboxEvent | None:
        return next((event for event in self.events if event.event_id == event_id), None)

    async def wait(self, query: EventQuery, seconds: float) -> EventPage:
        with anyio.move_on_after(seconds):
            while not self._matching(query):
                await self.arrived.wait()
        return await self.list(query)

    async def mark_read(self, event_ids: Collection[str]) -> int:
        return len(event_ids)

    async def topics(self) -> Sequence[str]:
        return sorted({event.topic for event in self.events})

    def add(self, event: InboxEvent) -> None:
        self.events.append(event)
        self.arrived.set()
        self.arrived = anyio.Event()


@dataclass
class MemoryPeople:
    client: AlloClient
    known: list[Person] = field(default_factory=list)
    complete: bool = True

    async def fill(self) -> None:
        page = 0
        while True:
            found = await self.client.contacts.search(page, 100)
            self.known += [
                Person(
                    contact.id,
                    contact.full_name,
                    contact.company.name if contact.company else None,
                    contact.numbers,
                    contact.emails,
                )
                for contact in found.items
            ]
            page += 1
            if not found.has_more:
                return

    async def search(self, query: str, *, limit: int, offset: int = 0) -> PeoplePage:
        words = query.casefold().split()
        found = [
            person
            for person in self.known
            if all(word in " ".join((person.name, *person.numbers, *person.emails)).casefold() for word in words)
        ]
        return PeoplePage(tuple(found[offset : offset + limit]), len(found), self.complete)

    async def names(self, numbers: Collection[str]) -> dict[str, str]:
        return {number: person.name for person in self.known for number in person.numbers if number in set(numbers)}

    async def remember(self, people: Sequence[Person]) -> None:
        self.known += people


@dataclass
class OpenDoor:
    """Writes that nobody has to agree to; remembers what was asked."""

    asked: list[Write] = field(default_factory=list)
    done: dict[str, Written] = field(default_factory=dict)

    async def submit(self, ctx: object, write: Write, request: Request) -> Written:
        self.asked.append(write)
        key = write.idempotency_key or f"key{len(self.asked)}"
        if key in self.done:
            return Written("replayed", key, self.done[key].result)
        self.done[key] = Written("sent", key, await request(key))
        return self.done[key]

    async def look_up(self, idempotency_key: str) -> SendReport | None:
        if idempotency_key not in self.done:
            return None
        write = self.asked[0]
        return SendReport(idempotency_key, write.tool, "sent", write.recipients, NOW, "Allo answered.")


@dataclass
class World:
    """Services over a sandbox, and the client that calls the tools."""

    sandbox: Sandbox
    client: AlloClient
    people: MemoryPeople
    inbox: MemoryInbox = field(default_factory=MemoryInbox)
    writes: OpenDoor = field(default_factory=OpenDoor)
    region: str = "FR"
    zone: ZoneInfo = field(default_factory=partial(ZoneInfo, "Europe/Paris"))
    answer_budget: int = 6000
    requests: list[httpx.Request] = field(default_factory=list)
    mcp: Client = field(init=False)

    def services_for(self, ctx: object) -> "World":
        return self

    def now(self) -> datetime:
        return self.sandbox.clock.now()

    async def numbers(self) -> Sequence[Number]:
        return await self.client.numbers.list()

    async def scopes(self) -> frozenset[str]:
        return (await self.client.account.me()).scopes

    async def status(self) -> ServerStatus:
        return ServerStatus((ToolStatus("send_sms", False, "read only"),), "not listening", "sandbox")

    async def call(self, name: str, **arguments: Any) -> str:
        """The text of a tool's answer, or of its error."""
        return text_of(await self.mcp.call_tool(name, arguments))

    async def facts(self, name: str, **arguments: Any) -> Mapping[str, Any]:
        """The structured content of a tool's answer."""
        result = await self.mcp.call_tool(name, arguments)
        assert not result.is_error, text_of(result)
        return result.structured_content or {}


def text_of(result: CallToolResult) -> str:
    return "\n".join(part.text for part in result.content if isinstance(part, TextContent))


OpenWorld = Callable[..., AbstractAsyncContextManager[World]]


@asynccontextmanager
async def _world(mode: str, key: str, sandbox: Sandbox) -> AsyncIterator[World]:
    seen: list[httpx.Request] = []
    transport = _Counting(httpx.ASGITransport(app=sandbox.app), seen)
    async with AlloClient(key, transport=transport) as client:
        world = World(sandbox, client, MemoryPeople(client), requests=seen)
        if key == "ak_live_sandbox":
            await world.people.fill()
            seen.clear()
        tools = [Tool.from_function(tool, title=tool.tool_info.title) for tool in TOOLS]
        server = MCPServer("tools", version="0", tools=tools, lifespan=lambda _: _yielding(world), log_level="CRITICAL")
        async with Client(server, mode=mode) as world.mcp:
            yield world


@asynccontextmanager
async def _yielding(world: World) -> AsyncIterator[World]:
    yield world


@dataclass
class _Counting(httpx.AsyncBaseTransport):
    inner: httpx.AsyncBaseTransport
    seen: list[httpx.Request]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        return await self.inner.handle_async_request(request)


@pytest.fixture(scope="session")
def tokens() -> Callable[[str], int]:
    """Counts tokens as the o200k_base models do."""
    encoding = bpe_openai.get_encoding("o200k_base")
    return lambda text: len(encoding.encode(text))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=["auto", "legacy"])
def mode(request: pytest.FixtureRequest) -> str:
    """Both protocol eras."""
    return str(request.param)


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(now=NOW, rate_limits=False)


@pytest.fixture
def open_world(sandbox: Sandbox) -> OpenWorld:
    """Opens the account with another key or era: `async with open_world(key="ak_live_readonly") as world`."""
    return lambda key="ak_live_sandbox", mode="auto": _world(mode, key, sandbox)


@pytest.fixture
async def world(mode: str, sandbox: Sandbox) -> AsyncIterator[World]:
    async with _world(mode, "ak_live_sandbox", sandbox) as opened:
        yield opened
