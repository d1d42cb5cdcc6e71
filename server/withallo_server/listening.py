"""Serves a web application beside whatever else this process does."""

import contextlib
import gc
import socket
from collections.abc import Iterator

import anyio
import uvicorn
from anyio.abc import TaskStatus
from starlette.types import ASGIApp

from withallo_server.settings import SettingsError, host_and_port


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the process: this server is only a part of it."""
        yield


def bind(address: str, setting: str = "ALLO_LISTEN (--listen)") -> socket.socket:
    """Take `HOST:PORT`, before anything else of the server starts.

    Args:
        address: Where.
        setting: What the operator wrote it in.

    Raises:
        SettingsError: It is taken, not ours, or no address; the message names the setting.
    """
    try:
        host, port = host_and_port(address)
    except ValueError as error:
        raise SettingsError(f"{setting}: {error}") from None
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
    except OSError as error:
        raise SettingsError(f"{setting}: {host} is no address here ({error.strerror})") from None
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(place)
        bound.listen(128)
        bound.setblocking(False)
    except OSError as error:
        bound.close()
        raise SettingsError(
            f"{setting}: cannot listen on {address}: {error.strerror}; choose another port, or end what uses this one"
        ) from None
    return bound


def place_of(bound: socket.socket) -> str:
    """`HOST:PORT` of a socket that listens, with the port that it really has."""
    host, port = bound.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


async def serve(app: ASGIApp, bound: socket.socket, *, task_status: TaskStatus[None]) -> None:
    """Serve until cancelled.

    Args:
        app: What answers.
        bound: Where it listens already.
        task_status: Told once connections are taken.
    """
    config = uvicorn.Config(
        app,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=2,
    )
    server = _Server(config)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_stop_when_cancelled, server)
        with anyio.CancelScope(shield=True):
            task_status.started()
            gc.freeze()  # a full collection would hold up every delivery for 100 ms, to find what stays anyway
            await server.serve(sockets=[bound])
        tasks.cancel_scope.cancel()


async def _stop_when_cancelled(server: uvicorn.Server) -> None:
    try:
        await anyio.sleep_forever()
    finally:
        server.should_exit = True
