"""Every figure the README claims, measured in one run: python -m tests.bench [part ...]."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

import anyio
import httpx
from mcp.client.stdio import StdioServerParameters
from tests.bench import directory, http_load, inbox, report, round_trip, startup, tokens, zoom


@contextmanager
def loopback_api() -> Iterator[str]:
    """An embedded account in a process of its own; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", "withallo_server", "sandbox", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                httpx.get(f"{address}/_sandbox/sent", timeout=1).raise_for_status()
                break
            except httpx.HTTPError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(10)


def main() -> None:
    """Run the parts named on the command line, or all."""
    wanted = set(sys.argv[1:])
    with loopback_api() as address, tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "ALLO_API_KEY": "ak_live_sandbox",
            "ALLO_BASE_URL": address,
            "ALLO_DATA_DIR": folder,
        }
        server = StdioServerParameters(command=sys.executable, args=["-m", "withallo_server"], env=environment)
        if not wanted or "startup" in wanted:
            startup.main(address)
        if not wanted or "round_trip" in wanted:
            anyio.run(round_trip.main, server, address)
        if not wanted or "http" in wanted:
            http_load.main(address)
        if not wanted or "tokens" in wanted:
            anyio.run(tokens.main, server)
        if not wanted or "zoom" in wanted:
            anyio.run(zoom.main, server, address)
    if not wanted or "directory" in wanted:
        directory.main()
    if not wanted or "inbox" in wanted:
        inbox.main()
    report.show()


if __name__ == "__main__":
    main()
