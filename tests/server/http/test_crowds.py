"""Ten thousand clients that only hold on, beside some that drip, do not keep others from being served."""

import resource
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anyio
import pytest
from anyio.abc import SocketStream
from mcp import Client

IDLE = 10_000
DRIPPING = 200
SPARE = 1_000


@pytest.fixture
def many_files() -> Iterator[int]:
    """As many open files as the system allows; gives how many connections that is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield min(IDLE, hard - SPARE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.anyio
@pytest.mark.timeout(300)
async def test_ten_thousand_idle_and_some_dripping_connections_stop_nobody(
    tmp_path: Path, started: Any, many_files: int
) -> None:
    assert many_files == IDLE, "the hard limit of open files is too low for this test"
    with started(tmp_path, "--sandbox") as it:
        parts = urlsplit(it.url)
        async with AsyncExitStack() as stack:
            streams: list[SocketStream] = []

            async def connect(say: bytes, wait: bool) -> None:
                stream = await anyio.connect_tcp(parts.hostname or "", parts.port or 0)
                streams.append(await stack.enter_async_context(stream))
                await stream.send(say)
                if wait:
                    assert (await stream.receive()).startswith(b"HTTP/1.1 200")

            with anyio.fail_after(240):
                await in_turn(connect, DRIPPING, b"GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: ", False)
                dripping = streams[:]
                await in_turn(connect, IDLE, b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n", True)
                async with Client(it.url) as client:
                    assert not (await client.call_tool("list_numbers", {})).is_error
                for stream in dripping:
                    with pytest.raises((anyio.EndOfStream, anyio.BrokenResourceError)):
                        await stream.receive()
                async with Client(it.url) as client:
                    assert not (await client.call_tool("list_numbers", {})).is_error


async def in_turn(connect: Any, count: int, say: bytes, wait: bool) -> None:
    """Connect that often, a hundred at a time."""
    for _ in range(count // 100):
        async with anyio.create_task_group() as tasks:
            for _ in range(100):
                tasks.start_soon(connect, say, wait)
