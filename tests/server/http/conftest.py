"""A server over HTTP on a real port, in this process, on the embedded account."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import anyio
import httpx
import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.server.request_state import RequestStateSecurity
from pydantic import SecretStr
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from withallo_sandbox import Sandbox
from withallo_server.factory import build_server
from withallo_server.http.app import Web, build_web
from withallo_server.http.gatekeeper import Doors
from withallo_server.http.oauth import Issuer, OAuthTokens
from withallo_server.http.runtime import HttpRuntime
from withallo_server.http.serving import open_doors
from withallo_server.listening import bind, serve
from withallo_server.settings import Settings

Era = Literal["auto", "legacy"]

ISSUER = "https://login.example.com"
AUDIENCE = "https://mcp.example.com/mcp"


@dataclass
class Served:
    """A running server.

    Attributes:
        url: Where the protocol is.
    """

    url: str
    web: Web
    runtime: HttpRuntime

    @property
    def base(self) -> str:
        return self.url.removesuffix("/mcp")

    @asynccontextmanager
    async def client(self, authorization: str | None = None, era: Era = "auto", **named: Any) -> AsyncIterator[Client]:
        """An MCP client with an Authorization header."""
        headers = {"authorization": authorization} if authorization else {}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=20) as http,
            Client(streamable_http_client(self.url, http_client=http), mode=era, **named) as client,
        ):
            yield client

    async def post(self, headers: dict[str, str] | None = None, **body: Any) -> httpx.Response:
        """One message of the 2025-11-25 protocol, as plain HTTP."""
        message = {"jsonrpc": "2.0", "id": 1, "method": "ping", **body}
        accept = {"accept": "application/json, text/event-stream", **(headers or {})}
        async with httpx.AsyncClient() as http:
            return await http.post(self.url, json=message, headers=accept)


ServedBy = Callable[..., AbstractAsyncContextManager[Served]]


@pytest.fixture
def served(tmp_path: Path) -> ServedBy:
    """Starts a server with some settings, or with doors of the test's own."""

    @asynccontextmanager
    async def run(
        *, doors: Doors | None = None, sandbox: Sandbox | None = None, state_key: str = "k" * 32, **settings: Any
    ) -> AsyncIterator[Served]:
        chosen = {"timezone": "Europe/Paris", "region": "FR", "approval_page": "off", **settings}
        here = Settings(data_dir=tmp_path, sandbox="base_url" not in settings, **chosen)
        account = sandbox or Sandbox(rate_limits=False, calls=20, scale=20)
        runtime = HttpRuntime(here, sandbox=account)
        server = build_server(here, runtime=runtime, request_state=RequestStateSecurity(keys=[state_key]))
        web = build_web(server, runtime, doors or open_doors(here, runtime), on_loopback=True)
        bound = bind("127.0.0.1:0")
        port = bound.getsockname()[1]
        async with server.session_manager.run(), anyio.create_task_group() as tasks:
            await tasks.start(serve, web.app, bound)
            yield Served(f"http://127.0.0.1:{port}/mcp", web, runtime)
            web.drain()
            tasks.cancel_scope.cancel()

    return run


@dataclass
class Companies:
    """Two companies behind one address: each key sees its own, as with Allo itself.

    Attributes:
        url: Where their API is.
        mine: The company of `my_key`.
        theirs: The company of `their_key`.
    """

    url: str
    mine: Sandbox
    theirs: Sandbox
    my_key: str = "ak_live_mine_0123456789"
    my_next_key: str = "ak_live_mine_rotated_0123456789"
    their_key: str = "ak_live_theirs_0123456789"


@pytest.fixture
async def companies(serve_app: Callable[[ASGIApp], AbstractAsyncContextManager[str]]) -> AsyncIterator[Companies]:
    """Two companies, on a port of their own."""
    two = Companies("", Sandbox(rate_limits=False, calls=20, scale=20), Sandbox(rate_limits=False, calls=20, scale=20))
    by_key = {f"Api-Key {key}": two.mine for key in (two.my_key, two.my_next_key)}
    by_key[f"Api-Key {two.their_key}"] = two.theirs

    async def both(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        company = by_key.get(Headers(scope=scope).get("authorization", ""))
        if company is not None:
            MutableHeaders(scope=scope)["authorization"] = "Api-Key ak_live_sandbox"
        if company is two.theirs and scope["path"] == "/v2/api/me":
            me = {"scopes": sorted(company.state.keys["ak_live_sandbox"].scopes), "team": {"id": "another team"}}
            await JSONResponse({"data": me})(scope, receive, send)
            return
        await (company or two.mine).app(scope, receive, send)

    async with serve_app(both) as url:
        two.url = url
        yield two


@dataclass
class TestIssuer:
    """An OAuth issuer with keys of its own, reached through a transport."""

    __test__ = False

    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    key_id: str = "k1"
    asked: list[str] = field(default_factory=list)
    introspected: dict[str, Any] = field(default_factory=dict)
    down: bool = False
    slow: anyio.Event | None = None
    odd_keys: list[Any] = field(default_factory=list)

    def token(self, **claims: Any) -> str:
        """An access token; claims replace those of a good one, None leaves one out."""
        good = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "ana",
            "client_id": "desk",
            "scope": "allo:write",
            "exp": int(time.time()) + 300,
        }
        wanted = {name: value for name, value in {**good, **claims}.items() if value is not None}
        return jwt.encode(wanted, self.key, "RS256", headers={"kid": self.key_id})

    async def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        if self.slow is not None:
            await self.slow.wait()
        if self.down:
            raise httpx.ConnectError("down", request=request)
        if request.url.path == "/.well-known/oauth-authorization-server":
            return httpx.Response(200, json={"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys"})
        if request.url.path == "/keys":
            public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
            keys = [*self.odd_keys, {**public, "kid": self.key_id, "use": "sig"}]
            return httpx.Response(200, json={"keys": keys})
        if request.url.path == "/introspect":
            token = dict(httpx.QueryParams(request.content.decode())).get("token", "")
            return httpx.Response(200, json=self.introspected.get(token, {"active": False}))
        return httpx.Response(404)

    def tokens(self, **issuer: Any) -> OAuthTokens:
        """What a server judges tokens with."""
        return OAuthTokens(Issuer(ISSUER, AUDIENCE, **issuer), httpx.MockTransport(self.answer))


@pytest.fixture
def issuer() -> TestIssuer:
    return TestIssuer()


@pytest.fixture
async def doors_of(issuer: TestIssuer) -> AsyncIterator[Doors]:
    """The doors of a server that takes tokens of the issuer."""
    oauth = issuer.tokens()
    yield Doors(oauth=oauth, metadata_url="https://mcp.example.com/.well-known/oauth-protected-resource/mcp")
    await oauth.aclose()


@pytest.fixture
def hashed() -> Callable[..., tuple[str, SecretStr]]:
    """Makes a static token: the header for its user, and the line for the settings."""
    from withallo_server.http.tokens import make_token

    def make(name: str = "desk", *scopes: str) -> tuple[str, SecretStr]:
        secret, kept = make_token(name, scopes or ("allo:write",))
        return f"Bearer {secret.get_secret_value()}", SecretStr(kept.line)

    return make


@dataclass
class Process:
    """A running `withallo-mcp serve`."""

    process: "subprocess.Popen[str]"
    url: str
    log: Path

    def stop(self, how: int = signal.SIGTERM) -> float:
        """Send a signal, and say how many seconds it took."""
        began = time.monotonic()
        self.process.send_signal(how)
        self.process.wait(15)
        return time.monotonic() - began


@contextmanager
def _started(folder: Path, *flags: str, **environment: str) -> Iterator[Process]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ALLO_")}
    log = folder / "log"
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "withallo_server", *flags, "serve", "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            env={**clean, "ALLO_DATA_DIR": str(folder), **environment},
        )
    try:
        yield Process(process, _address(process, log), log)
    finally:
        process.kill()
        process.communicate()


def _address(process: "subprocess.Popen[str]", log: Path) -> str:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        found = re.search(r"answers at (\S+)/mcp", log.read_text())
        if found and _answers(found[1]):
            return f"{found[1]}/mcp"
        time.sleep(0.02)
    raise AssertionError(f"not started: {log.read_text()}")


def _answers(base: str) -> bool:
    try:
        return httpx.get(f"{base}/readyz", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.fixture
def started() -> Callable[..., AbstractContextManager[Process]]:
    """Starts the command itself, as a process: a folder, flags before `serve`, and settings."""
    return _started
