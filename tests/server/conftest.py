import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn

from withallo_sandbox import Sandbox


@pytest.fixture(scope="session")
def sandbox_url() -> Iterator[str]:
    """The embedded account on a port of its own."""
    server = uvicorn.Server(uvicorn.Config(Sandbox(rate_limits=False).app, port=0, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started and time.monotonic() < deadline:
        thread.join(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(5)
