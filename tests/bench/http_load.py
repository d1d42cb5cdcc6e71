"""Load over HTTP on one process: `list_numbers` of ours beside `echo` of a bare MCPServer, sent by the same loader."""

import asyncio
import json
import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from tests.bench import report

CLIENTS = (1, 16, 128)
SECONDS = 4.0
MEMORY_CALLS = int(os.environ.get("WITHALLO_BENCH_CALLS", "50000"))
IDLE = 10_000

BARE = """
import sys, uvicorn
from tests.bench.bare import server
uvicorn.run(server.streamable_http_app(), port=int(sys.argv[1]), log_level="error", access_log=False)
"""


def main(address: str) -> None:
    """Measure throughput, latency, memory and what many idle connections do."""
    with (
        tempfile.TemporaryDirectory() as folder,
        _running("ours", [sys.executable, "-m", "withallo_server", "serve", "--port"], address, folder) as ours,
        _running("bare", [sys.executable, "-c", BARE], address, folder) as bare,
    ):
        for clients in CLIENTS:
            yardstick = asyncio.run(_load(bare[0], _call("echo", {"text": "hello"}), clients))
            measured = asyncio.run(_load(ours[0], _call("list_numbers", {}), clients))
            share = measured[0] / yardstick[0]
            report.row(
                f"HTTP, {clients} clients: list_numbers calls a second (p99), bare echo (p99)",
                f"{measured[0]:.0f} ({measured[1]:.0f} ms), {yardstick[0]:.0f} ({yardstick[1]:.0f} ms): {share:.2f}",
                "at least 0.60 of bare",
                share >= 0.6,
            )
        _measure_memory(*ours)
        _hold_idle(ours[0])


def _measure_memory(port: int, pid: int) -> None:
    call = _call("list_numbers", {})
    asyncio.run(_load(port, call, 16, most=MEMORY_CALLS // 5))
    before = _resident(pid)
    asyncio.run(_load(port, call, 16, most=MEMORY_CALLS))
    grown = _resident(pid) - before
    report.row(
        f"memory after {MEMORY_CALLS:,} more calls", f"{before:.0f} MiB, {grown:+.1f} MiB", "flat: +4 MiB", grown <= 4
    )


def _hold_idle(port: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = min(IDLE, hard - 500)
    idle: list[socket.socket] = []
    try:
        idle.extend(socket.create_connection(("127.0.0.1", port)) for _ in range(count))
        began = time.perf_counter()
        status = httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=20).status_code
        took = (time.perf_counter() - began) * 1000
        report.row(f"answer beside {count:,} idle connections", f"{status}, {took:.0f} ms", "200", status == 200)
    finally:
        for each in idle:
            each.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def _load(port: int, request: bytes, clients: int, most: int | None = None) -> tuple[float, float]:
    """Calls a second, and the 99th percentile in milliseconds."""
    times: list[float] = []
    until = time.perf_counter() + (SECONDS if most is None else 3600)

    async def one(share: int | None) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < until and (share is None or share > 0):
            began = time.perf_counter()
            writer.write(request)
            await _read_answer(reader)
            times.append(time.perf_counter() - began)
            share = None if share is None else share - 1
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(one(None if most is None else most // clients) for _ in range(clients)))
    return len(times) / (time.perf_counter() - began), statistics.quantiles(times, n=100)[98] * 1000


async def _read_answer(reader: asyncio.StreamReader) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    assert head.startswith(b"http/1.1 200"), head
    length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
    body = await reader.readexactly(length)
    assert b'"isError":true' not in body, body


def _call(tool: str, arguments: dict[str, Any]) -> bytes:
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
    }
    params = {"name": tool, "arguments": arguments, "_meta": meta}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).encode()
    head = (
        "POST /mcp HTTP/1.1\r\nhost: 127.0.0.1:1\r\ncontent-type: application/json\r\n"
        "accept: application/json, text/event-stream\r\nmcp-protocol-version: 2026-07-28\r\n"
        f"mcp-method: tools/call\r\nmcp-name: {tool}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@contextmanager
def _running(name: str, command: list[str], address: str, folder: str) -> Iterator[tuple[int, int]]:
    """A server on a free port; yields port and process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = {
        **os.environ,
        "ALLO_API_KEY": "ak_live_sandbox",
        "ALLO_BASE_URL": address,
        "ALLO_DATA_DIR": str(Path(folder) / name),
        "ALLO_REGION": "FR",
    }
    process = subprocess.Popen(
        [*command, str(port)], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                httpx.get(f"http://127.0.0.1:{port}/mcp", timeout=1)
                break
            except httpx.HTTPError:
                time.sleep(0.05)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(10)


def _resident(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0
