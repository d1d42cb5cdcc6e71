"""A client whose requests respx answers, on a clock that never makes anybody wait."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import httpx
import pytest
import respx

from withallo_client import AlloClient, ApiError, Clock

KEY = "ak_live_canary_5b1e"
START = 1_900_000_000.0


class FakeTime:
    """Seconds that pass only in `sleep`; `waits` holds every wait asked for."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.waits: list[float] = []
        self.clock = Clock(monotonic=lambda: self.passed, wall=lambda: START + self.passed, sleep=self._sleep)

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.passed += seconds


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def api_key() -> str:
    return KEY


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def clock(time: FakeTime) -> Clock:
    return time.clock


@pytest.fixture
def waits(time: FakeTime) -> list[float]:
    """Every wait the client asked for, in seconds."""
    return time.waits


@pytest.fixture
def api() -> Iterator[respx.MockRouter]:
    with respx.MockRouter(base_url="https://api.withallo.com", using=None) as router:
        yield router


@pytest.fixture
def transport(api: respx.MockRouter) -> httpx.MockTransport:
    """The way to `api`."""
    return httpx.MockTransport(api.async_handler)


@pytest.fixture
async def allo(clock: Clock, transport: httpx.MockTransport) -> AsyncIterator[AlloClient]:
    async with AlloClient(KEY, clock=clock, transport=transport) as client:
        yield client


@pytest.fixture
def refused(allo: AlloClient, api: respx.MockRouter) -> Callable[[httpx.Response], Awaitable[ApiError]]:
    """What a write raises when Allo answers like this; writes are never repeated."""

    async def send(response: httpx.Response) -> ApiError:
        api.post("/v1/api/sms").mock(return_value=response)
        with pytest.raises(ApiError) as caught:
            await allo.sms.send("+14155550100", "+14155550177", "Hello")
        return caught.value

    return send
