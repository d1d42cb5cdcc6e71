import anyio
import pytest
import respx

from withallo_client import AlloClient

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
