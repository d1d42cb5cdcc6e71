"""A sandbox at a fixed moment, and a client that holds a key."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime

import httpx
import pytest

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


@pytest.fixture
async def api(sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the key that may do everything."""
    async with connect(sandbox) as client:
        yield client


@pytest.fixture
def with_key(sandbox: Sandbox) -> Callable[[str | None], AbstractAsyncContextManager[httpx.AsyncClient]]:
    """Clients with another key, or with none."""
    return lambda key: connect(sandbox, key)
