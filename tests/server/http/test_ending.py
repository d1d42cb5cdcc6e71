"""The end of a server: what is in flight is answered, spans reach the collector, and it takes no longer than it may."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anyio
import httpx
import pytest
from anyio.abc import SocketStream

CANARY = "canary words of a customer"


def call(tool: str, **arguments: Any) -> bytes:
    """A tool call of the 2026-07-28 protocol, as it is on the wire."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "t", "version": "1"},
    }
    params = {"name": tool, "arguments": arguments, "_meta": meta}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).encode()
    head = (
        "POST /mcp HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        "accept: application/json, text/event-stream\r\nmcp-protocol-version: 2026-07-28\r\n"
        f"mcp-method: tools/call\r\nmcp-name: {tool}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def connected(url: str) -> SocketStream:
    parts = urlsplit(url)
    return await anyio.connect_tcp(parts.hostname or "", parts.port or 0)


async def in_flight(url: str, message: bytes) -> SocketStream:
    """Send a request, and know that the server has it: whatever comes later is answered already."""
    stream = await connected(url)
    await stream.send(message)
    async with httpx.AsyncClient() as http:
        for _ in range(3):
            await http.get(url.replace("/mcp", "/healthz"))
    return stream


async def rest_of(stream: SocketStream) -> bytes:
    try:
        return b"".join([part async for part in stream])
    except anyio.BrokenResourceError:
        return b""


@pytest.mark.anyio
async def test_a_call_in_flight_is_answered_before_the_end(tmp_path: Path, started: Any) -> None:
    with started(tmp_path, "--sandbox") as it:
        stream = await in_flight(it.url, call("wait_for_event", seconds=2))
        seconds = await anyio.to_thread.run_sync(it.stop)
        with anyio.fail_after(5):
            answer = await rest_of(stream)
        await stream.aclose()

    assert answer.startswith(b"HTTP/1.1 200")
    assert b'"isError":false' in answer
    assert seconds < 5
    assert it.process.returncode == 0


@pytest.mark.anyio
async def test_a_call_that_would_take_longer_does_not_hold_up_the_end(tmp_path: Path, started: Any) -> None:
    with started(tmp_path, "--sandbox") as it:
        stream = await in_flight(it.url, call("wait_for_event", seconds=50))
        seconds = await anyio.to_thread.run_sync(it.stop)
        with anyio.fail_after(5):
            answer = await rest_of(stream)
        await stream.aclose()

    assert seconds < 5
    assert answer.startswith(b"HTTP/1.1 503"), "whoever still waits is told to ask elsewhere"
    assert "Traceback" not in it.log.read_text()


class Collector:
    """Takes spans as an OpenTelemetry collector does."""

    def __init__(self) -> None:
        self.taken = b""
        taken = self

        class Handler(BaseHTTPRequestHandler):
            """Keeps what is posted."""

            def do_POST(self) -> None:
                taken.taken += self.rfile.read(int(self.headers["content-length"]))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing on stderr."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    threading.Thread(target=collector.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield collector
    collector.server.shutdown()
    collector.server.server_close()


@pytest.mark.anyio
async def test_spans_of_tool_request_event_and_send_reach_the_collector_even_the_last_ones(
    tmp_path: Path, started: Any, collector: Collector
) -> None:
    settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "ALLO_CONSENT": "allow"}
    with started(tmp_path, "--sandbox", **settings) as it:
        base = it.url.removesuffix("/mcp")
        async with httpx.AsyncClient(timeout=30) as http:
            await http.post(f"{base}/_sandbox/inbound-sms", json={"content": CANARY})
        stream = await connected(it.url)
        await stream.send(call("send_sms", to="+12125550123", message=CANARY))
        assert b'"isError":false' in await stream.receive()
        await stream.aclose()
        seconds = await anyio.to_thread.run_sync(it.stop)

    names = (b"tools/call send_sms", b"POST /v1/api/sms", b"allo.delivery", b"allo.write")
    assert [name for name in names if name not in collector.taken] == []
    assert CANARY.encode() not in collector.taken
    assert b"2125550123" not in collector.taken
    assert seconds < 5


@pytest.mark.anyio
async def test_a_collector_that_is_gone_does_not_hold_up_the_end(tmp_path: Path, started: Any) -> None:
    with started(tmp_path, "--sandbox", OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1") as it:
        stream = await connected(it.url)
        await stream.send(call("list_numbers"))
        assert b'"isError":false' in await stream.receive()
        await stream.aclose()
        seconds = await anyio.to_thread.run_sync(it.stop)

    assert seconds < 5
