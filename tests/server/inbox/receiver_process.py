"""Runs the receiver in a process of its own, as often as it is killed; started by the crash tests, not collected.

Arguments: the database, the signing secret, and the largest file the receiver may write (0: any size).
Prints the port, then the process id of each receiver. Ends when standard input does.
"""

import os
import resource
import signal
import socket
import sys
import threading

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
    async with Store.open(await Database.open(TARGET)) as store:
        app = receiver_app(Receiver([endpoint], store.add))
        await uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off")).serve(sockets=[bound])


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
        if not threading.main_thread().is_alive() or os.waitpid(child, 0)[1] == 0:
            return


main()
