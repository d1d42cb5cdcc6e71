"""A sandbox at a fixed moment, a client that holds a key, and somebody's webhook endpoint."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import anyio
import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from withallo_sandbox import Sandbox

MONDAY = datetime(2026, 3, 2, 16, 30, tzinfo=UTC)


def connect(sandbox: Sandbox, key: str | None = "ak_live_sandbox") -> httpx.AsyncClient:
    """A client of a sandbox in this process."""
    headers = {"authorization": f"Api-Key {key}"} if key else {}
    transport = httpx.ASGITransport(app=sandbox.app)
    return httpx.AsyncClient(transport=transport, base_url="https://api.withallo.com", headers=headers)


@pytest.fixture
def sandbox() -> Sandbox:
    """A small account on a Monday afternoon in France, late morning in New York."""
    return Sandbox(now=MONDAY, calls=150)


@dataclass
class Receiver:
    """Somebody's webhook endpoint, in this process."""

    status: int = 204
    hangs: bool = False
    fails: bool = False
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    _more: anyio.Event = field(default_factory=anyio.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        self.got.append((dict(request.headers), await request.body()))
        self._more.set()
        if self.hangs:
            await anyio.sleep_forever()
        if self.fails:
            raise RuntimeError
        await Response(status_code=self.status)(scope, receive, send)

    async def events(self, count: int) -> list[dict[str, Any]]:
        """The bodies, once there are so many."""
        with anyio.fail_after(5):
            while len(self.got) < count:
                self._more = anyio.Event()
                await self._more.wait()
        return [json.loads(body) for _, body in self.got]


@pytest.fixture
async def api(sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the key that may do everything."""
    async with connect(sandbox) as client:
        yield client


@pytest.fixture
def with_key(sandbox: Sandbox) -> Callable[[str | None], AbstractAsyncContextManager[httpx.AsyncClient]]:
    """Clients with another key, or with none."""
    return lambda key: connect(sandbox, key)


@pytest.fixture
def silent_receiver(sandbox: Sandbox) -> Receiver:
    """A receiver that the sandbox reaches once it runs."""
    receiver = Receiver()
    sandbox.delivery_transport = httpx.ASGITransport(app=receiver)
    return receiver


@pytest.fixture
async def receiver(sandbox: Sandbox, silent_receiver: Receiver) -> AsyncIterator[Receiver]:
    """A receiver that the running sandbox reaches."""
    async with sandbox.running():
        yield silent_receiver
