"""What no webhook brought is fetched, once, and joined with the webhook that comes after all."""

import functools
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import anyio
import httpx
import pytest

from withallo_client import AlloClient, InvalidResponseError
from withallo_sandbox import Sandbox
from withallo_server.inbox.events import NewEvent
from withallo_server.inbox.inbox import AccountInbox
from withallo_server.inbox.reconcile import Reconciler
from withallo_server.inbox.writing import read_mark
from withallo_tools.services import EventQuery, InboxEvent

pytestmark = pytest.mark.anyio

MakeEvent = Callable[..., NewEvent]
CALLER = "+33612345678"


class World:
    """The embedded account, and an inbox that its webhooks do not reach."""

    def __init__(self, inbox: AccountInbox, sandbox: Sandbox) -> None:
        self.inbox = inbox
        self.sandbox = sandbox
        self.transport = httpx.ASGITransport(app=sandbox.app)
        self.client = AlloClient("ak_live_sandbox", transport=self.transport)
        self.reconciler = Reconciler(inbox, self.client, self._lines, sandbox.clock.now)

    async def _lines(self) -> list[str]:
        return [line.number for line in await self.client.numbers.list() if line.number]

    async def control(self, name: str, **body: Any) -> Any:
        async with httpx.AsyncClient(transport=self.transport, base_url="http://sandbox") as http:
            answer = await http.post(f"/_sandbox/{name}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def arrive(self, name: str, **body: Any) -> str:
        """After ten minutes something arrives, and is ten minutes old at the end."""
        self.sandbox.clock.advance(600)
        arrived = (await self.control(name, from_number=CALLER, **body))["data"]["id"]
        self.sandbox.clock.advance(600)
        return str(arrived)

    async def reconciled(self) -> bool:
        """Whether a round has ended."""
        work = functools.partial(read_mark, account=self.inbox.account, name="reconciled until")
        return await self.inbox.store.database.read(work) is not None

    async def events(self) -> list[InboxEvent]:
        return list((await self.inbox.list(EventQuery(limit=100))).events)


@pytest.fixture
async def world(inbox: AccountInbox) -> AsyncIterator[World]:
    world = World(inbox, Sandbox(scale=20, calls=40))
    async with world.client:
        yield world


async def test_a_laptop_that_slept_fills_the_gap_as_soon_as_it_is_awake(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pause between two rounds goes by the clock on the wall, which is the only one that went on."""
    monkeypatch.setattr("withallo_server.inbox.reconcile.GLANCE", timedelta(seconds=0.05))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(world.reconciler.run)
        with anyio.fail_after(10):
            while not await world.reconciled():  # noqa: ASYNC110  # no event tells
                await anyio.sleep(0.02)
            await world.arrive("inbound-sms", content="Are you asleep?")
            while not (found := await world.events()):  # noqa: ASYNC110  # no event tells
                await anyio.sleep(0.02)
        tasks.cancel_scope.cancel()
    assert [event.source for event in found] == ["reconciled"]


async def test_a_new_inbox_begins_now(world: World) -> None:
    assert await world.reconciler.reconcile() == 0
    assert await world.events() == []


async def test_calls_and_texts_that_no_webhook_brought_are_filled_in_once(world: World) -> None:
    await world.reconciler.reconcile()
    await world.arrive("inbound-sms", content="Are you open?")
    await world.arrive("inbound-call")
    assert await world.reconciler.reconcile() == 2
    assert await world.reconciler.reconcile() == 0
    call, text = await world.events()
    assert (call.topic, call.source, call.verified) == ("call.completed", "reconciled", True)
    assert (text.topic, text.data["content"], text.contact_number) == ("sms.received", "Are you open?", CALLER)


async def test_a_webhook_that_comes_later_is_the_same_event(world: World, make_event: MakeEvent) -> None:
    await world.reconciler.reconcile()
    call_id = await world.arrive("inbound-call")
    await world.reconciler.reconcile()
    (filled,) = await world.events()
    webhook_id = call_id.replace("cll-", "cll_")
    assert webhook_id != call_id
    late = make_event("msg_late", "call.completed", id=webhook_id, type="INBOUND", summary="They asked for a quote.")
    await world.inbox.store.add(late)
    (event,) = await world.events()
    assert event.sequence == filled.sequence
    assert event.data["summary"] == "They asked for a quote."
    assert await world.inbox.get("msg_late") == event


async def test_what_a_webhook_brought_is_not_filled_in_again(world: World, make_event: MakeEvent) -> None:
    await world.reconciler.reconcile()
    call_id = await world.arrive("inbound-call")
    await world.inbox.store.add(make_event("msg_1", "call.completed", id=call_id.replace("-", "_"), type="INBOUND"))
    assert await world.reconciler.reconcile() == 0
    assert [event.event_id for event in await world.events()] == ["msg_1"]


async def test_without_the_v2_search_calls_are_found_on_v1(world: World) -> None:
    await world.reconciler.reconcile()
    await world.arrive("inbound-call")
    await world.control("faults", path="/v2/api/conversations/items/search", kind="html", status=404, times=50)
    assert await world.reconciler.reconcile() == 1


async def test_an_api_that_fails_leaves_the_gap_for_the_next_time(world: World) -> None:
    await world.reconciler.reconcile()
    await world.arrive("inbound-sms", content="Hello?")
    await world.control("faults", path="/v2/api/conversations/items/search", kind="malformed", times=1)
    with pytest.raises(InvalidResponseError):
        await world.reconciler.reconcile()
    assert await world.reconciler.reconcile() == 1


@pytest.mark.parametrize("has_v2", [True, False])
async def test_a_gap_of_many_pages_is_filled_to_its_oldest_end(
    inbox: AccountInbox, monkeypatch: pytest.MonkeyPatch, has_v2: bool
) -> None:
    """The API tells the newest first: whoever stops after some pages and goes on from now loses the oldest for ever."""
    monkeypatch.setattr("withallo_server.inbox.reconcile._PAGE", 1)
    monkeypatch.setattr("withallo_client._limits.WRITES_PER_SECOND", 1000)
    monkeypatch.setattr("withallo_client._limits.READS_PER_SECOND", 1000)
    world = World(inbox, Sandbox(scale=20, calls=40, rate_limits=False))
    async with world.client:
        await world.reconciler.reconcile()
        for _ in range(25):
            await world.arrive("inbound-call")
        if not has_v2:
            await world.control("faults", path="/v2/api/conversations/*", kind="html", status=404, times=50)
        assert await world.reconciler.reconcile() == 25
