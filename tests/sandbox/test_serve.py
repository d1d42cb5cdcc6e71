"""The sandbox on a real port."""

from collections.abc import AsyncIterator

import anyio
import httpx
import pytest

from withallo_sandbox import NEW_YORK, SARAH, Sandbox, serve

pytestmark = pytest.mark.anyio

TEXT = {"from": NEW_YORK.number, "to": SARAH.numbers[0], "message": "Hello"}


@pytest.fixture
async def served(sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the sandbox on a free port."""
    async with anyio.create_task_group() as group:
        url = await group.start(serve, sandbox)
        async with httpx.AsyncClient(base_url=url, headers={"authorization": "ak_live_sandbox"}, timeout=5) as client:
            yield client
        group.cancel_scope.cancel()


async def test_port_is_known_answers_and_is_where_links_lead(
    served: httpx.AsyncClient, sandbox: Sandbox, capfd: pytest.CaptureFixture[str]
) -> None:
    body = {"has_recording": True, "size": 1}
    [item] = (await served.post("/v2/api/conversations/items/search", json=body)).json()["data"]

    assert item["recording_url"].startswith(f"{sandbox.base_url}/v1/assets/recordings/")
    assert (await served.get(item["recording_url"], headers={"range": "bytes=0-3"})).content == b"RIFF"
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize(("kind", "delivered"), [("cut-before", 0), ("cut-after", 1)])
async def test_cut_connection_ends_without_an_answer(
    served: httpx.AsyncClient, sandbox: Sandbox, kind: str, delivered: int
) -> None:
    await served.post("/_sandbox/faults", json={"path": "/v1/api/sms", "kind": kind})

    with pytest.raises(httpx.TransportError):
        await served.post("/v1/api/sms", json=TEXT)

    assert len(sandbox.sent) == delivered
    assert (await served.post("/v1/api/sms", json=TEXT)).status_code == 200


async def test_webhooks_reach_this_machine_over_a_connection(served: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.register_endpoint(f"{served.base_url}/v2/api/tags")

    await served.post("/_sandbox/inbound-sms", json={"content": "Salut"})

    with anyio.fail_after(5):
        while not sandbox.state.sender.deliveries[0].attempts:
            await anyio.lowlevel.checkpoint()
    assert sandbox.state.sender.deliveries[0].attempts[0].status == 405


async def test_hanging_requests_do_not_keep_the_server_up(sandbox: Sandbox) -> None:
    with anyio.fail_after(10):
        async with anyio.create_task_group() as group:
            url = await group.start(serve, sandbox)
            async with httpx.AsyncClient(base_url=url, timeout=0.2) as client:
                await client.post("/_sandbox/faults", json={"path": "*", "kind": "hang"})
                with pytest.raises(httpx.TimeoutException):
                    await client.get("/v2/api/me")
            group.cancel_scope.cancel()

    with pytest.raises(httpx.ConnectError):
        async with httpx.AsyncClient() as client:
            await client.get(url)


async def test_port_in_use_is_told(served: httpx.AsyncClient) -> None:
    port = served.base_url.port

    with pytest.raises(OSError, match="in use"):
        await serve(Sandbox(calls=10), port=port or 0)
