"""The server as clients start it: a process of its own, spoken to over its pipes."""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

MODULE = [sys.executable, "-m", "withallo_server"]
ENVELOPE = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}


class Served:
    """A running server; every line it writes to stdout has to be JSON-RPC."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def write(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def send(self, method: str, number: int | None = None, /, **params: Any) -> None:
        message = {"jsonrpc": "2.0", "method": method, "params": params} | ({"id": number} if number else {})
        self.write(json.dumps(message))

    def ask(self, method: str, number: int, /, **params: Any) -> dict[str, Any]:
        self.send(method, number, **params)
        return self.read_until(lambda message: message.get("id") == number)

    def read_until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            message: dict[str, Any] = json.loads(line)
            assert message["jsonrpc"] == "2.0"
            if wanted(message):
                return message
        raise AssertionError("the server stopped answering")

    def stop_reading(self) -> None:
        assert self.process.stdout is not None
        self.process.stdout.close()

    def stop_writing(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()

    def end(self) -> str:
        """Wait for the end of a server nobody reads from, and give what was written to stderr."""
        assert self.process.stderr is not None
        with self.process.stderr as error:
            assert self.process.wait(timeout=20) == 0
            return error.read()

    def close(self) -> str:
        """Close stdin, as a client does when it is done, and give what was written to stderr."""
        output, error = self.process.communicate(timeout=20)
        for line in output.splitlines():
            assert json.loads(line)["jsonrpc"] == "2.0"
        assert self.process.returncode == 0, error
        return error


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Starts servers and makes sure that none stays behind."""
    processes: list[subprocess.Popen[str]] = []

    def run(*arguments: str, **environment: str) -> Served:
        process = subprocess.Popen(
            [*MODULE, "--data-dir", str(tmp_path / "data"), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        )
        processes.append(process)
        return Served(process)

    yield run
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


@contextlib.contextmanager
def hanging_api() -> Iterator[tuple[str, socket.socket]]:
    """An API that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", listener


def test_stdout_carries_nothing_but_the_protocol_whatever_comes_in(start: Callable[..., Served]) -> None:
    server = start("--sandbox", "--log-level", "DEBUG")
    hello = server.ask(
        "initialize", 1, protocolVersion="2025-11-25", capabilities={}, clientInfo={"name": "test", "version": "1"}
    )
    assert hello["result"]["capabilities"]["tools"]["listChanged"] is True
    assert hello["result"]["capabilities"]["resources"] == {"listChanged": True, "subscribe": True}
    server.send("notifications/initialized")
    server.write("this is no JSON")
    server.write('{"jsonrpc": "2.0", "id": 2}')
    assert server.ask("no/such/method", 3)["error"]
    assert server.ask("tools/list", 4)["result"]["tools"]
    assert server.ask("tools/call", 5, name="nothing", arguments={})["result"]["isError"]
    assert server.ask("tools/call", 6, name="search_calls", arguments={"limit": 0})["result"]["isError"]
    assert not server.ask("tools/call", 7, name="list_numbers", arguments={})["result"].get("isError")
    assert "Traceback" not in server.close()


def test_the_first_request_may_be_any_of_the_2026_protocol(start: Callable[..., Served]) -> None:
    server = start("--sandbox")
    discovered = server.ask("server/discover", 1, _meta=ENVELOPE)["result"]
    assert discovered["capabilities"]["tools"]["listChanged"] is True
    assert discovered["capabilities"]["resources"]["subscribe"] is True
    assert server.ask("tools/list", 2, _meta=ENVELOPE)["result"]["tools"]
    assert server.close() == ""


def test_a_client_that_disappears_in_the_middle_of_a_call_leaves_no_traceback(start: Callable[..., Served]) -> None:
    with hanging_api() as (url, listener):
        server = start(ALLO_API_KEY="ak_live_1", ALLO_BASE_URL=url, ALLO_REGION="FR")
        assert server.ask("tools/list", 1, _meta=ENVELOPE)
        server.send("tools/call", 2, name="search_calls", arguments={"line": "+33199000010"}, _meta=ENVELOPE)
        connection, _ = listener.accept()
        server.stop_reading()
        server.stop_writing()
        assert "Traceback" not in server.end()
        connection.close()


def test_an_answer_to_a_client_that_is_gone_ends_the_server_quietly(start: Callable[..., Served]) -> None:
    server = start("--sandbox")
    assert server.ask("tools/list", 1, _meta=ENVELOPE)
    server.stop_reading()
    server.send("tools/list", 2, _meta=ENVELOPE)
    server.stop_writing()
    assert "Traceback" not in server.end()


def test_a_text_to_the_embedded_account_on_the_port_becomes_an_event_and_a_notification(
    start: Callable[..., Served],
) -> None:
    server = start("--sandbox", "--listen", "127.0.0.1:0")
    account = str(server.ask("tools/call", 3, _meta=ENVELOPE, name="get_account", arguments={}))
    place = re.search(r"127\.0\.0\.1:[1-9]\d*", account)
    assert place is not None, "a port that the system chose is told"
    url = f"http://{place[0]}"
    server.send(
        "subscriptions/listen", 1, _meta=ENVELOPE, notifications={"resourceSubscriptions": ["allo://events/recent"]}
    )
    server.read_until(lambda message: message.get("method") == "notifications/subscriptions/acknowledged")
    httpx.post(f"{url}/_sandbox/inbound-sms", json={"content": "on the port"}).raise_for_status()
    updated = server.read_until(lambda message: message.get("method") == "notifications/resources/updated")
    assert updated["params"]["uri"] == "allo://events/recent"
    read = server.ask("resources/read", 2, _meta=ENVELOPE, uri="allo://events/recent")
    assert "on the port" in read["result"]["contents"][0]["text"]

    api = httpx.get(f"{url}/v2/api/me", headers={"Authorization": "Api-Key ak_live_sandbox"})
    assert api.json()["data"]["scopes"], "the same port serves the account's API"
    assert httpx.post(f"{url}/webhooks/allo/guessed-by-a-stranger", json={}).status_code == 404
    assert "Traceback" not in server.close()


def test_a_port_that_is_taken_ends_with_one_line_that_says_so(start: Callable[..., Served]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        process = start("--sandbox", "--listen", address).process
        output, error = process.communicate(timeout=20)
    assert process.returncode == 2
    assert output == ""
    [line] = error.splitlines()
    assert "ALLO_LISTEN" in line
    assert address in line
