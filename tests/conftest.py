"""A real server on the embedded account, reached in memory or over HTTP, for tests of what goes through every layer."""

import os
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import anyio
import httpx
import keyring
import pytest
import uvicorn
from keyring.backends.fail import Keyring as NoKeyring
from mcp import Client
from mcp.client import ClientExtension, advertise
from mcp.client.session import ElicitationFnT
from mcp.client.stdio import StdioServerParameters
from mcp.server.apps import APP_MIME_TYPE, EXTENSION_ID
from mcp.types import CallToolResult, TextContent
from starlette.types import ASGIApp
from tests.hurry import Hurry

from withallo_client import AlloClient
from withallo_sandbox import Sandbox, serve
from withallo_sandbox.faults import Fault, Kind
from withallo_server.factory import build_server
from withallo_server.mcp_server import AlloServer
from withallo_server.settings import Settings

Era = Literal["auto", "legacy"]
Transport = Literal["memory", "http", "stdio"]

SHOWS_APPS: ClientExtension = advertise(EXTENSION_ID, {"mimeTypes": [APP_MIME_TYPE]})


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def machine_without_settings() -> Iterator[None]:
    """No setting and no keyring of this machine reach a test, nor those of one test the next."""
    environment = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("ALLO_")]:
        del os.environ[name]
    os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
    keyring.set_keyring(NoKeyring())  # type: ignore[no-untyped-call]  # keyring leaves this class untyped
    yield
    os.environ.clear()
    os.environ.update(environment)


@dataclass
class World:
    """The embedded account, and servers in front of it that share one data folder.

    Attributes:
        settings: What every server here is built with, on top of the defaults of a test.
        patience: Seconds the server waits for an answer of the account.
    """

    folder: Path
    sandbox: Sandbox = field(default_factory=lambda: Sandbox(rate_limits=False, calls=20, scale=20))
    settings: dict[str, Any] = field(default_factory=dict)
    patience: float = 30.0

    def server(self, **settings: Any) -> AlloServer:
        """A server; started again, it is another process's life on the same data."""
        chosen = {"timezone": "Europe/Paris", "approval_page": "off", **self.settings, **settings}
        key = chosen.get("api_key", "ak_live_sandbox")
        transport = httpx.ASGITransport(app=self.sandbox.app)
        allo = AlloClient(key, timeout=self.patience, transport=transport, clock=Hurry().clock)
        settings_here = Settings(data_dir=self.folder, sandbox=True, **chosen)
        return build_server(settings_here, client=allo, sandbox=self.sandbox)

    def fail(self, kind: Kind, path: str = "/v1/api/sms", times: int = 1) -> None:
        """Let the next requests to a path go wrong."""
        self.sandbox.state.faults.add(Fault(path=path, kind=kind, times=times))

    @property
    def sent(self) -> list[tuple[str, str]]:
        """Recipient and text of every message really delivered."""
        return [(message.contact_number, message.content) for message in self.sandbox.sent]

    def client(
        self,
        *,
        era: Era = "auto",
        transport: Transport = "memory",
        asks: ElicitationFnT | None = None,
        apps: bool = False,
        **settings: Any,
    ) -> AbstractAsyncContextManager[Client]:
        """A client of a server of its own; over stdio that is another process, on this account all the same."""
        extensions = [SHOWS_APPS] if apps else None
        if transport == "stdio":
            return _spawned(self, {**self.settings, **settings}, era, asks, extensions)
        return _connected(self.server(**settings), era, transport, asks, extensions)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """The embedded account and a data folder."""
    return World(tmp_path)


@pytest.fixture
def account_now() -> datetime | None:
    """When the embedded account begins to run; real time, unless tests of a day need another hour."""
    return None


@pytest.fixture
async def known_world(tmp_path: Path, account_now: datetime | None) -> World:
    """The same with a contact directory that is filled already, for tests that name people."""
    world = World(tmp_path, Sandbox(rate_limits=False, calls=20, scale=20, now=account_now))
    async with world.client() as client:
        with anyio.fail_after(60):
            while not ((await client.call_tool("search_contacts")).structured_content or {}).get("complete", True):
                await anyio.lowlevel.checkpoint()
    return world


@pytest.fixture
def sandbox(world: World) -> Sandbox:
    """The embedded account behind `server` and `client`."""
    return world.sandbox


@pytest.fixture
def server(world: World) -> AlloServer:
    """A server on the embedded account."""
    return world.server()


@pytest.fixture(params=["auto", "legacy"])
async def client(request: pytest.FixtureRequest, server: AlloServer) -> AsyncIterator[Client]:
    """A client of `server`, in either protocol era."""
    async with Client(server, mode=request.param) as connected:
        yield connected


@pytest.fixture(scope="session")
def make_world() -> Callable[[Path], World]:
    """For tests that need many."""
    return World


@pytest.fixture
def serve_http() -> Callable[[AlloServer], AbstractAsyncContextManager[str]]:
    """Serves a server over streamable HTTP on a free port and gives its URL."""
    return _served


@pytest.fixture
def serve_app() -> Callable[[ASGIApp], AbstractAsyncContextManager[str]]:
    """Serves a web application on a free port and gives its URL."""
    return _serving


@asynccontextmanager
async def _connected(
    server: AlloServer, era: Era, transport: Transport, asks: ElicitationFnT | None, extensions: list[Any] | None
) -> AsyncIterator[Client]:
    if transport == "memory":
        async with Client(server, mode=era, elicitation_callback=asks, extensions=extensions) as client:
            yield client
        return
    async with (
        _served(server) as url,
        Client(url, mode=era, elicitation_callback=asks, extensions=extensions) as client,
    ):
        yield client


@asynccontextmanager
async def _spawned(
    world: World, settings: dict[str, Any], era: Era, asks: ElicitationFnT | None, extensions: list[Any] | None
) -> AsyncIterator[Client]:
    chosen = {"api_key": "ak_live_sandbox", "region": "US", "approval_page": "off", **settings}
    async with anyio.create_task_group() as tasks:
        chosen |= {"base_url": await tasks.start(serve, world.sandbox), "data_dir": world.folder}
        environment = {f"ALLO_{name.upper()}": str(value) for name, value in chosen.items()}
        process = StdioServerParameters(command=sys.executable, args=["-m", "withallo_server"], env=environment)
        async with Client(process, mode=era, elicitation_callback=asks, extensions=extensions) as client:
            yield client
        tasks.cancel_scope.cancel()


@asynccontextmanager
async def _served(server: AlloServer) -> AsyncIterator[str]:
    async with _serving(server.streamable_http_app()) as url:
        yield f"{url}/mcp"


@asynccontextmanager
async def _serving(app: ASGIApp) -> AsyncIterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]  # connections wait in its backlog until the server is up
        config = uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=1)
        http = _HttpServer(config)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(http.serve, [listener])
            try:
                yield f"http://127.0.0.1:{port}"
            finally:
                http.should_exit = True


class _HttpServer(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@pytest.fixture
def words() -> Callable[[CallToolResult], str]:
    """What a model reads of a result."""

    def read(result: CallToolResult) -> str:
        return "\n".join(part.text for part in result.content if isinstance(part, TextContent))

    return read


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail where everything must run: CI installs what the tests need, so nothing there may be skipped."""
    reporter: Any = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("WITHALLO_NO_SKIP") and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
