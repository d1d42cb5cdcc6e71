"""From spawn to the answer of tools/list, and the peak memory of the process, beside a bare server."""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

from tests.bench import report

BARE = [sys.executable, str(pathlib.Path(__file__).with_name("bare.py"))]
OURS = [sys.executable, "-m", "withallo_server"]
RUNS = 15
LIST_TOOLS = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/list",
    "params": {
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {},
        }
    },
}


@dataclass(frozen=True)
class Start:
    """One start: seconds until the answer, MiB at the peak."""

    seconds: float
    memory: float


def start(command: list[str], environment: dict[str, str], linger: float = 0.0) -> Start:
    """Spawn, ask for the tools, read the answer, close stdin and reap the process."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(LIST_TOOLS).encode() + b"\n")
    process.stdin.flush()
    answer = json.loads(process.stdout.readline())
    seconds = time.perf_counter() - began
    assert answer["result"]["tools"], answer
    time.sleep(linger)
    memory = peak_memory(process.pid)
    process.stdin.close()
    process.wait(10)
    process.stdout.close()
    return Start(seconds, memory)


def peak_memory(pid: int) -> float:
    """MiB at the peak; from /proc, because getrusage of a child starts at the size of its parent."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def main(base_url: str) -> None:
    """Alternate between both servers, so that a busy machine slows both."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {"ALLO_API_KEY": "ak_live_sandbox", "ALLO_BASE_URL": base_url, "ALLO_DATA_DIR": folder}
        for command in (BARE, OURS):
            start(command, environment)
        pairs = [(start(BARE, environment), start(OURS, environment)) for _ in range(RUNS)]
        warm_bare, warm_ours = start(BARE, environment, linger=3), start(OURS, environment, linger=3)
    bare = statistics.median(pair[0].seconds for pair in pairs)
    ours = statistics.median(pair[1].seconds for pair in pairs)
    ratio = ours / bare
    report.row(
        "spawn to tools/list",
        f"{ours * 1000:.0f} ms, bare {bare * 1000:.0f} ms: {ratio:.2f}x",
        "<= 1.20x",
        ratio <= 1.20,
    )
    memory = warm_ours.memory / warm_bare.memory
    report.row(
        "peak memory, three seconds after the start, all background work done",
        f"{warm_ours.memory:.0f} MiB, bare {warm_bare.memory:.0f} MiB: {memory:.2f}x",
        "<= 1.4x",
        memory <= 1.4,
    )
