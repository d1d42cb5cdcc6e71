"""Keys that callers bring: Allo is asked about each, and nobody's questions keep another one out."""

from collections import Counter

import anyio
import httpx
import pytest
from pydantic import SecretStr

from withallo_client import AlloClient, AlloTimeoutError
from withallo_sandbox import Sandbox
from withallo_server.http import keys
from withallo_server.http.keys import AlloKeys

pytestmark = pytest.mark.anyio
GOOD, OTHER = "ak_live_sandbox", "ak_live_readonly"


class Allo(httpx.AsyncBaseTransport):
    """The embedded account, which counts questions and lets some keys wait."""

    def __init__(self) -> None:
        self._account = httpx.ASGITransport(app=Sandbox(rate_limits=False, calls=20, scale=20).app)
        self.asked: Counter[str] = Counter()
        self.hangs = ""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        key = request.headers["authorization"].removeprefix("Api-Key ")
        self.asked[key] += 1
        if self.hangs and key.startswith(self.hangs):
            await anyio.sleep_forever()
        await anyio.lowlevel.checkpoint()
        return await self._account.handle_async_request(request)

    def client_for(self, key: SecretStr) -> AlloClient:
        return AlloClient(key, transport=self)


@pytest.fixture
def allo() -> Allo:
    return Allo()


async def test_keys_that_hang_keep_no_other_out(allo: Allo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "ASKING_SECONDS", 0.3)
    judge = AlloKeys(allo.client_for)
    allo.hangs = "ak_live_fake"
    timed_out = []

    async def bring(key: str) -> None:
        with pytest.raises(AlloTimeoutError) as caught:
            await judge.caller(key)
        timed_out.append(caught.value)

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            for number in range(keys.MOST_ASKED):
                tasks.start_soon(bring, f"ak_live_fake{number}")
            await anyio.wait_all_tasks_blocked()
            assert await judge.caller(GOOD) is not None

    assert len(timed_out) == keys.MOST_ASKED


async def test_one_question_answers_everybody_with_the_same_key(allo: Allo) -> None:
    judge = AlloKeys(allo.client_for)
    callers = []

    async def bring(key: str) -> None:
        callers.append(await judge.caller(key))

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(bring, GOOD)

    assert len({caller.account for caller in callers if caller}) == 1
    assert len(callers) == 20
    assert allo.asked[GOOD] == 1


async def test_whoever_asks_first_and_goes_away_takes_nobody_along(allo: Allo) -> None:
    judge = AlloKeys(allo.client_for)
    allo.hangs = GOOD
    callers = []

    async def bring() -> None:
        callers.append(await judge.caller(GOOD))

    with anyio.fail_after(10):
        async with anyio.create_task_group() as staying, anyio.create_task_group() as leaving:
            leaving.start_soon(judge.caller, GOOD)
            await anyio.wait_all_tasks_blocked()
            staying.start_soon(bring)
            await anyio.wait_all_tasks_blocked()
            allo.hangs = ""
            leaving.cancel_scope.cancel()

    [caller] = callers
    assert caller is not None


async def test_a_flood_of_wrong_keys_forgets_no_good_one(allo: Allo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "MOST_REMEMBERED", 3)
    judge = AlloKeys(allo.client_for)
    assert await judge.caller(GOOD)
    assert await judge.caller(OTHER)
    for number in range(8):
        assert await judge.caller(f"ak_live_wrong{number}") is None

    assert await judge.caller(GOOD)
    assert await judge.caller(OTHER)
    assert await judge.caller("ak_live_wrong7") is None
    assert allo.asked[GOOD] == allo.asked[OTHER] == allo.asked["ak_live_wrong7"] == 1
    assert await judge.caller("ak_live_wrong0") is None
    assert allo.asked["ak_live_wrong0"] == 2, "the oldest goes first"
