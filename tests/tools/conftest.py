"""The tools through an in-memory MCP client of both protocol eras, on the embedded account."""

import json
import warnings
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from mcp import Client
from mcp.client import ClientRequestContext
from mcp.types import CallToolResult, ElicitRequestParams, ElicitResult, TextContent
from tests.hurry import Hurry

from withallo_client import AlloClient
from withallo_sandbox import Sandbox
from withallo_server.factory import build_server
from withallo_server.settings import Settings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import bpe_openai


@dataclass
class World:
    """A server on a sandbox of its own, the client that calls its tools, and what passed between server and Allo.

    Attributes:
        asked: What the human was asked; they always agree.
        requests: Method and path of each request to Allo.
        closed: Beginnings of paths that Allo refuses with 403 from now on.
        gone: Beginnings of paths where Allo does not find what is asked for from now on.
        rewrite: Makes another answer of what Allo answers from now on.
    """

    sandbox: Sandbox
    mcp: Client
    asked: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    closed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    rewrite: Callable[[str], str] | None = None

    async def call(self, name: str, /, **arguments: Any) -> str:
        """The text of a tool's answer, or of its error."""
        return text_of(await self.mcp.call_tool(name, arguments))

    async def facts(self, name: str, /, **arguments: Any) -> Mapping[str, Any]:
        """The structured content of a tool's answer."""
        result = await self.mcp.call_tool(name, arguments)
        assert not result.is_error, text_of(result)
        return result.structured_content or {}

    async def refusal(self, name: str, /, **arguments: Any) -> str:
        """The text of a tool's error."""
        result = await self.mcp.call_tool(name, arguments)
        assert result.is_error, text_of(result)
        return text_of(result)

    async def allo(self, method: str, path: str, /, **members: Any) -> str:
        """What Allo itself answers, as it comes."""
        transport = httpx.ASGITransport(app=self.sandbox.app)
        key = {"Authorization": "Api-Key ak_live_sandbox"}
        given: dict[str, Any] = {"params": members} if method == "GET" else {"json": members}
        async with httpx.AsyncClient(transport=transport, base_url="http://sandbox", headers=key) as http:
            answer = await http.request(method, path, **given)
            assert answer.is_success, answer.text
            return answer.text

    async def know_people(self) -> None:
        """Wait until the directory holds all contacts."""
        with anyio.fail_after(30):
            while not (await self.facts("search_contacts", query="marie dupont")).get("complete", True):
                await anyio.lowlevel.checkpoint()

    async def control(self, name: str, /, **body: Any) -> Any:
        """Make something happen in the account."""
        transport = httpx.ASGITransport(app=self.sandbox.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as http:
            answer = await http.post(f"/_sandbox/{name}", json=body)
            assert answer.is_success, answer.text
            return answer.json()


class _Watched(httpx.AsyncBaseTransport):
    """Notes every request, and closes routes."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.inner = httpx.ASGITransport(app=sandbox.app)
        self.world: World | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.world is not None:
            self.world.requests.append(f"{request.method} {request.url.path}")
            if self.world.closed and request.url.path.startswith(self.world.closed):
                error = {"type": "permission_error", "code": "API_KEY_INSUFFICIENT_SCOPE", "message": "no"}
                return httpx.Response(403, json={"error": {**error, "retryable": False}}, request=request)
            if self.world.gone and request.url.path.startswith(self.world.gone):
                missing = {"type": "not_found_error", "code": "CONVERSATION_ITEM_NOT_FOUND", "message": "no"}
                return httpx.Response(404, json={"error": missing}, request=request)
        answer = await self.inner.handle_async_request(request)
        if self.world is None or self.world.rewrite is None:
            return answer
        text = self.world.rewrite((await answer.aread()).decode())
        return httpx.Response(answer.status_code, text=text, headers={"Content-Type": "application/json"})


def text_of(result: CallToolResult) -> str:
    return "\n".join(part.text for part in result.content if isinstance(part, TextContent))


OpenWorld = Callable[..., AbstractAsyncContextManager[World]]


@asynccontextmanager
async def _world(
    folder: Path, mode: str, key: str = "ak_live_sandbox", calls: int = 120, *, asks: bool = True, **settings: Any
) -> AsyncIterator[World]:
    sandbox = Sandbox(calls=calls, rate_limits=False, daily_quota=1_000_000)
    transport = _Watched(sandbox)
    decided = {"region": "FR", "timezone": "Europe/Paris", "toolsets": ("all",), "log_level": "CRITICAL", **settings}

    async def agree(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        opened.asked.append(params.message)
        return ElicitResult(action="accept", content={"approve": True})

    async with AlloClient(key, transport=transport, clock=Hurry().clock) as allo:
        server = build_server(Settings(sandbox=True, data_dir=folder, **decided), client=allo, sandbox=sandbox)
        async with Client(server, mode=mode, elicitation_callback=agree if asks else None) as mcp:
            opened = transport.world = World(sandbox, mcp)
            yield opened


@pytest.fixture(scope="session")
def tokens() -> Callable[[str], int]:
    """Counts tokens as the o200k_base models do."""
    encoding = bpe_openai.get_encoding("o200k_base")
    return lambda text: len(encoding.encode(text))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mapping[str, World]]:
    """One account for each era, its contacts known; tests leave each other's people alone."""
    folder = tmp_path_factory.mktemp
    async with _world(folder("auto"), "auto", calls=600) as modern, _world(folder("legacy"), "legacy") as legacy:
        await modern.know_people()
        await legacy.know_people()
        yield {"auto": modern, "legacy": legacy}


@pytest.fixture(params=["auto", "legacy"])
def world(request: pytest.FixtureRequest, shared: Mapping[str, World]) -> Iterator[World]:
    """The account seen by a client of either era, open everywhere and with nothing noted yet."""
    yield from _fresh(shared[request.param])


@pytest.fixture
def modern(shared: Mapping[str, World]) -> Iterator[World]:
    """The same for what does not depend on the era."""
    yield from _fresh(shared["auto"])


def _fresh(world: World) -> Iterator[World]:
    world.asked.clear()
    world.requests.clear()
    world.closed, world.rewrite = (), None
    yield world
    world.closed, world.rewrite = (), None


@pytest.fixture
def open_world(tmp_path: Path) -> OpenWorld:
    """Opens an account of one's own, with another key, era or settings."""
    return lambda mode="auto", **settings: _world(tmp_path, mode, **settings)


@pytest.fixture
def cost(tokens: Callable[[str], int]) -> Callable[[CallToolResult], tuple[int, int]]:
    """Tokens of an answer's text and of its structured content."""

    def measure(result: CallToolResult) -> tuple[int, int]:
        facts = json.dumps(result.structured_content, ensure_ascii=False, separators=(",", ":"))
        return tokens(text_of(result)), tokens(facts)

    return measure
