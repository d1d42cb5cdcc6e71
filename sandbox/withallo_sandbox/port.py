"""The uvicorn server under the sandbox, which really cuts connections and leaves signals alone."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import anyio
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from withallo_sandbox.faults import ConnectionCutError

Address = tuple[str, int]


def server(app: ASGIApp) -> uvicorn.Server:
    """A server for the sandbox's application."""
    connections: dict[Address, asyncio.Transport] = {}
    config = uvicorn.Config(
        _cutting(app, connections),
        http=_protocol(connections),
        proxy_headers=False,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    return _Server(config)


class _Server(uvicorn.Server):
    """A server that leaves signals to whoever runs it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def stop_when_cancelled(server: uvicorn.Server) -> None:
    """Let the server end in its own order once the surrounding task is cancelled."""
    try:
        await anyio.sleep_forever()
    finally:
        server.should_exit = True


def bind(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises:
        OSError: When the address cannot be bound.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only for sockets that name TCP: without it every answer waits 40 ms.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(128)
    except OSError:
        bound.close()
        raise
    return bound


def _protocol(connections: dict[Address, asyncio.Transport]) -> type[asyncio.Protocol]:
    """Uvicorn's protocol, keeping the connections by their peer's address so that one can be cut."""

    class Protocol(H11Protocol):
        """Notes a connection while it lasts."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
            super().connection_made(transport)
            connections[transport.get_extra_info("peername")[:2]] = transport

        def connection_lost(self, exc: Exception | None) -> None:
            connections.pop(self.transport.get_extra_info("peername")[:2], None)
            super().connection_lost(exc)

    return Protocol


def _cutting(app: ASGIApp, connections: dict[Address, asyncio.Transport]) -> ASGIApp:
    """The application, whose cut connections are cut for real."""

    async def cutting(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except ConnectionCutError:
            connections[tuple(scope["client"][:2])].abort()
            while (await receive())["type"] != "http.disconnect":
                pass

    return cutting
