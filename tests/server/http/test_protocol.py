"""Clients that are slow on purpose."""

import socket
from typing import Any

import anyio
import pytest
import uvicorn

from withallo_server.http.protocol import ImpatientProtocol


@pytest.fixture
def may_answer() -> anyio.Event:
    """Set when /slow may answer."""
    return anyio.Event()


class Server(uvicorn.Server):
    """uvicorn, which says when it takes connections."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.has_started = anyio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.has_started.set()


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch, may_answer: anyio.Event) -> Any:
    async def hello(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/slow":
            await may_answer.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
        await send({"type": "http.response.body", "body": b"hello"})

    monkeypatch.setattr("withallo_server.http.protocol.HEADER_SECONDS", 0.3)
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    config = uvicorn.Config(hello, http=ImpatientProtocol, ws="none", lifespan="off", log_config=None)
    server = Server(config)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(server.serve, [bound])
        with anyio.fail_after(5):
            await server.has_started.wait()
        yield bound.getsockname()[1]
        server.should_exit = True


@pytest.mark.anyio
@pytest.mark.parametrize("beginning", [b"", b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: "])
async def test_a_connection_that_never_says_what_it_wants_is_closed(port: int, beginning: bytes) -> None:
    async with await anyio.connect_tcp("127.0.0.1", port) as stream:
        if beginning:
            await stream.send(beginning)
        with anyio.fail_after(5), pytest.raises(anyio.EndOfStream):
            await stream.receive()


@pytest.mark.anyio
async def test_dripping_headers_do_not_buy_time(port: int) -> None:
    async with await anyio.connect_tcp("127.0.0.1", port) as stream, anyio.create_task_group() as tasks:

        async def drip() -> None:
            while True:
                await stream.send(b"x")
                await anyio.sleep(0.05)

        await stream.send(b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: ")
        tasks.start_soon(_until_broken, drip)
        with anyio.fail_after(5), pytest.raises((anyio.EndOfStream, anyio.BrokenResourceError)):
            await stream.receive()
        tasks.cancel_scope.cancel()


@pytest.mark.anyio
async def test_a_second_request_on_the_connection_has_its_own_time(port: int) -> None:
    async with await anyio.connect_tcp("127.0.0.1", port) as stream:
        await stream.send(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        assert (await stream.receive()).startswith(b"HTTP/1.1 200")
        await stream.send(b"GET / HTTP/1.1\r\nx-slow: ")
        with anyio.fail_after(5):
            answers = b"".join([part async for part in stream])
        assert b"HTTP/1.1" not in answers


@pytest.mark.anyio
async def test_an_answer_that_takes_longer_is_not_cut(port: int, may_answer: anyio.Event) -> None:
    async with (
        await anyio.connect_tcp("127.0.0.1", port) as stream,
        await anyio.connect_tcp("127.0.0.1", port) as silent,
    ):
        await stream.send(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n")
        with anyio.fail_after(5), pytest.raises(anyio.EndOfStream):
            await silent.receive()
        may_answer.set()
        with anyio.fail_after(5):
            assert (await stream.receive()).startswith(b"HTTP/1.1 200")


async def _until_broken(work: Any) -> None:
    try:
        await work()
    except (anyio.BrokenResourceError, anyio.ClosedResourceError):
        return
