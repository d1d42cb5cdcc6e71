"""The receiver of the inbox bench in a process of its own: python -m tests.bench.inbox_receiver SECRET [DATABASE].

Without a database it verifies as always and stores nothing. Prints its port.
"""

import socket
import sys
from collections.abc import Awaitable, Callable

import anyio
from pydantic import SecretStr

from withallo_server.database import Database
from withallo_server.inbox.events import NewEvent
from withallo_server.inbox.receiver import Endpoint, Receiver, receiver_app
from withallo_server.inbox.store import Store
from withallo_server.listening import bind, serve

TOKEN = "a-secret-path-token"


async def _serve(bound: socket.socket, secret: SecretStr, add: Callable[[NewEvent], Awaitable[bool]]) -> None:
    async def secrets() -> list[SecretStr]:
        return [secret]

    async def lines() -> list[str]:
        return []

    app = receiver_app(Receiver([Endpoint(SecretStr(TOKEN), "default", secrets, lines)], add))
    async with anyio.create_task_group() as tasks:
        await tasks.start(serve, app, bound)
        print(bound.getsockname()[1], flush=True)  # noqa: T201  # how the bench learns it


async def _nothing(_: NewEvent) -> bool:
    return True


async def main() -> None:
    """Serve until killed."""
    secret, bound = SecretStr(sys.argv[1]), bind("127.0.0.1:0")
    if len(sys.argv) < 3:
        await _serve(bound, secret, _nothing)
        return
    async with Store.open(await Database.open(sys.argv[2])) as store:
        await _serve(bound, secret, store.add)


if __name__ == "__main__":
    anyio.run(main)
