from itertools import count

import anyio
import httpx
import pytest
import respx

from withallo_client import AlloClient, AlloTimeoutError, Clock

pytestmark = pytest.mark.anyio


async def test_the_first_twenty_reads_do_not_wait(allo: AlloClient, api: respx.MockRouter, waits: list[float]) -> None:
    route = api.get("/v2/api/tags").respond(json={"data": []})

    for _ in range(20):
        await allo.tags.list()

    assert waits == []
    assert route.call_count == 20


async def test_no_second_sees_more_than_twenty_reads(
    allo: AlloClient, api: respx.MockRouter, waits: list[float]
) -> None:
    api.get("/v2/api/tags").respond(json={"data": []})

    for _ in range(61):
        await allo.tags.list()

    assert sum(waits) == pytest.approx(3 * 1.05)


async def test_no_second_sees_more_than_five_writes(
    allo: AlloClient, api: respx.MockRouter, waits: list[float]
) -> None:
    api.delete("/v2/api/webhooks/ep_1").respond(204)
    api.post("/v2/api/crm/people/search").respond(json={"data": []})

    for _ in range(4):
        await allo.webhook_endpoints.delete("ep_1")
    await allo.people.search()
    assert waits == []

    await allo.webhook_endpoints.delete("ep_1")

    assert waits == [pytest.approx(1.05)]


async def test_reads_do_not_wait_for_writes(allo: AlloClient, api: respx.MockRouter, waits: list[float]) -> None:
    api.delete("/v2/api/webhooks/ep_1").respond(204)
    api.get("/v2/api/tags").respond(json={"data": []})

    for _ in range(5):
        await allo.webhook_endpoints.delete("ep_1")
    await allo.tags.list()

    assert waits == []


async def test_all_resources_share_the_limit_when_they_run_at_once(
    allo: AlloClient, api: respx.MockRouter, waits: list[float]
) -> None:
    api.get("/v2/api/tags").respond(json={"data": []})
    api.get("/v2/api/users").respond(json={"data": []})

    async with anyio.create_task_group() as tasks:
        for _ in range(15):
            tasks.start_soon(allo.tags.list)
            tasks.start_soon(allo.users.list)

    assert waits == [pytest.approx(1.05)]


async def test_who_gives_up_waiting_takes_nobodys_turn(api: respx.MockRouter, transport: httpx.MockTransport) -> None:
    api.get("/v2/api/tags").respond(json={"data": []})
    patient, waits = anyio.Event(), count()

    async def until_told(seconds: float) -> None:
        next(waits)
        await patient.wait()

    clock = Clock(monotonic=lambda: 0.0, sleep=until_told)
    async with AlloClient("ak_live_x", transport=transport, clock=clock) as allo:
        for _ in range(20):
            await allo.tags.list()
        async with anyio.create_task_group() as tasks:
            for _ in range(100):
                tasks.start_soon(allo.tags.list)
            await anyio.wait_all_tasks_blocked()
            tasks.cancel_scope.cancel()
        patient.set()
        for _ in range(20):
            await allo.tags.list()

    assert next(waits) == 1 + 20


async def test_waiting_for_a_turn_counts_against_the_time_budget(
    api: respx.MockRouter, transport: httpx.MockTransport
) -> None:
    route = api.delete("/v2/api/webhooks/ep_1").respond(204)

    async def for_ever(seconds: float) -> None:
        await anyio.sleep_forever()

    clock = Clock(sleep=for_ever)
    async with AlloClient("ak_live_x", transport=transport, clock=clock, time_budget=0.2) as allo:
        for _ in range(5):
            await allo.webhook_endpoints.delete("ep_1")
        with anyio.fail_after(5), pytest.raises(AlloTimeoutError) as caught:
            await allo.webhook_endpoints.delete("ep_1")

    assert caught.value.request_sent is False
    assert route.call_count == 5
