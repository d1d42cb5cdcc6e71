from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from withallo_client import AlloClient, AlloConnectionError


@pytest.mark.anyio
async def test_every_request_is_shown_with_its_route_and_status_and_no_more() -> None:
    seen: list[tuple[str, int | None]] = []

    @contextmanager
    def observe(route: str) -> Iterator[Callable[[int], None]]:
        seen.append((route, None))
        yield lambda status: seen.append((route, status))

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("numbers"):
            raise httpx.ConnectError("down", request=request)
        return httpx.Response(200, json={"data": {"scopes": []}})

    transport = httpx.MockTransport(answer)
    async with AlloClient("ak_live_canary", transport=transport, observe=observe, time_budget=0.001) as allo:
        await allo.account.me()
        with pytest.raises(AlloConnectionError):
            await allo.numbers.list()

    assert seen[:2] == [("GET /v2/api/me", None), ("GET /v2/api/me", 200)]
    assert all(status is None for _, status in seen[2:])
    assert "canary" not in repr(seen)
