"""Runs the receiver in a process of its own, as often as it is killed; started by the crash tests, not collected.

Arguments: the database, the signing secret, and the largest file the receiver may write (0: any size).
Prints the port, then the process id of each receiver. All of it ends when standard input does, so that nothing is left
of a test that was interrupted.
"""

import os
import resource
import signal
import socket
import sys

import anyio
import uvicorn
from pydantic import SecretStr

from withallo_server.database import Database
from withallo_server.inbox.receiver import Endpoint, Receiver, receiver_app
from withallo_server.inbox.store import Store

TARGET, SECRET, LARGEST = sys.argv[1], SecretStr(sys.argv[2]), int(sys.argv[3])


async def serve(bound: socket.socket) -> None:
    async def secrets() -> list[SecretStr]:
        return [SECRET]

    async def lines() -> list[str]:
        return []

    endpoint = Endpoint(SecretStr("a-secret-path-token"), "default", secrets, lines)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(end_with_whoever_started_this)
        async with Store.open(await Database.open(TARGET)) as store:
            app = receiver_app(Receiver([endpoint], store.add))
            await uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off")).serve(sockets=[bound])


async def end_with_whoever_started_this() -> None:
    """Nothing is ever written to standard input, so there is something to read only once it ended."""
    await anyio.wait_readable(sys.stdin)
    os._exit(0)


def main() -> None:
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    bound.listen(64)
    print(bound.getsockname()[1], flush=True)  # noqa: T201  # how the test learns it
    while True:
        child = os.fork()
        if child == 0:
            if LARGEST:
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST, LARGEST))
            anyio.run(serve, bound)
            os._exit(0)
        print(child, flush=True)  # noqa: T201  # how the test learns it
        if os.waitpid(child, 0)[1] == 0:
            return


main()
