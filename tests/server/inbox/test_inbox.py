"""Events are kept once, found by what people ask for, and waited for without a gap."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import anyio
import pytest
from sqlalchemy import event

from withallo_server.database import Database
from withallo_server.inbox.events import NewEvent
from withallo_server.inbox.inbox import AccountInbox
from withallo_server.inbox.joining import join_calls
from withallo_server.inbox.store import Store
from withallo_tools.services import EventQuery

pytestmark = pytest.mark.anyio

MakeEvent = Callable[..., NewEvent]
EVERYTHING = EventQuery()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def ids(inbox: AccountInbox, query: EventQuery = EVERYTHING) -> list[str]:
    return [event.event_id for event in (await inbox.list(query)).events]


async def test_an_event_comes_back_as_it_was(inbox: AccountInbox, make_event: MakeEvent) -> None:
    new = make_event("msg_1", content="Bonjour, ça va?", id="msg_77", ago=60)
    assert await inbox.store.add(new)
    event = await inbox.get("msg_1")
    assert event is not None
    assert event.topic == "sms.received"
    assert event.data["content"] == "Bonjour, ça va?"
    assert event.occurred_at == new.facts.occurred_at
    assert (event.contact_number, event.allo_number) == ("+33612345678", "+33644000000")
    assert event.verified
    assert event.direction == "INBOUND"


async def test_a_second_delivery_is_not_a_second_event(inbox: AccountInbox, make_event: MakeEvent) -> None:
    assert await inbox.store.add(make_event("msg_1"))
    assert not await inbox.store.add(make_event("msg_1"))
    assert await ids(inbox) == ["msg_1"]


async def test_deliveries_at_once_are_stored_once_each(inbox: AccountInbox, make_event: MakeEvent) -> None:
    async with anyio.create_task_group() as group:
        for number in range(600):
            group.start_soon(inbox.store.add, make_event(f"msg_{number % 300}"))
    page = await inbox.list(EventQuery(limit=1000))
    assert len(page.events) == page.total == 300
    assert page.total_is_exact


async def test_accounts_do_not_see_each_other(inbox: AccountInbox, make_event: MakeEvent) -> None:
    await inbox.store.add(make_event("msg_1"))
    await inbox.store.add(make_event("msg_1", account="other"))
    other = AccountInbox(inbox.store, "other")
    assert await ids(inbox) == await ids(other) == ["msg_1"]
    assert await other.mark_read(["msg_1"]) == 1
    assert await ids(inbox, EventQuery(unread=True)) == ["msg_1"]
    assert await ids(other, EventQuery(unread=True)) == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (EventQuery(), ["new", "call", "sent", "old"]),
        (EventQuery(newest_first=False), ["old", "sent", "call", "new"]),
        (EventQuery(topics=("sms.received",)), ["new", "old"]),
        (EventQuery(topics=("sms.received", "sms.sent")), ["new", "sent", "old"]),
        (EventQuery(contact_numbers=("+33 6 99-99-99-99",)), ["call"]),
        (EventQuery(contact_numbers=("+33612345678", "+33699999999"), topics=("sms.sent",)), ["sent"]),
        (EventQuery(allo_number="+33644000000", limit=2), ["new", "call"]),
        (EventQuery(allo_number="+33600000001"), []),
        (EventQuery(since=datetime.now(UTC) - timedelta(minutes=30)), ["new", "call"]),
        (EventQuery(until=datetime.now(UTC) - timedelta(minutes=30)), ["sent", "old"]),
    ],
)
async def test_events_are_found_by(
    inbox: AccountInbox, make_event: MakeEvent, query: EventQuery, expected: list[str]
) -> None:
    await inbox.store.add(make_event("old", ago=7200))
    await inbox.store.add(make_event("sent", "sms.sent", ago=3600))
    await inbox.store.add(make_event("call", "call.completed", ago=60, from_number="+33699999999", type="INBOUND"))
    await inbox.store.add(make_event("new"))
    assert await ids(inbox, query) == expected


async def test_pages_by_time_leave_out_and_repeat_nothing(inbox: AccountInbox, make_event: MakeEvent) -> None:
    for number, ago in enumerate([50, 10, 10, 90, 10, 30, 70, 10]):
        await inbox.store.add(make_event(f"msg_{number}", ago=ago))
    seen: list[str] = []
    before: int | None = None
    while True:
        page = await inbox.list(EventQuery(limit=3, before=before))
        if not page.events:
            break
        assert page.total == 8
        seen += [event.event_id for event in page.events]
        before = page.events[-1].sequence
    assert seen == ["msg_7", "msg_4", "msg_2", "msg_1", "msg_5", "msg_0", "msg_6", "msg_3"]


async def test_a_call_is_shown_once_with_its_ringing(inbox: AccountInbox, make_event: MakeEvent) -> None:
    await inbox.store.add(make_event("done", "call.completed", ago=300, id="cll_1", type="INBOUND"))
    await inbox.store.add(make_event("rang", "call.received", ago=302))
    await inbox.store.add(make_event("answered", "call.answered", ago=295, direction="INBOUND"))
    await inbox.store.add(make_event("rang again", "call.received", ago=10))
    await inbox.store.database.write(join_calls)
    page = await inbox.list(EVERYTHING)
    assert [event.event_id for event in page.events] == ["rang again", "done"]
    assert [stage.event_id for stage in page.events[1].stages] == ["rang", "answered"]
    assert await ids(inbox, EventQuery(topics=("call.received",))) == ["rang again", "rang"]


async def test_two_calls_in_a_minute_keep_their_own_ringing(inbox: AccountInbox, make_event: MakeEvent) -> None:
    await inbox.store.add(make_event("second done", "call.completed", ago=60, id="cll_2", type="INBOUND"))
    await inbox.store.add(make_event("first rang", "call.received", ago=100))
    await inbox.store.database.write(join_calls)
    await inbox.store.add(make_event("first done", "call.completed", ago=100, id="cll_1", type="INBOUND"))
    await inbox.store.add(make_event("second rang", "call.received", ago=61))
    await inbox.store.database.write(join_calls)
    page = await inbox.list(EVERYTHING)
    stages = {event.event_id: [stage.event_id for stage in event.stages] for event in page.events}
    assert stages == {"second done": ["second rang"], "first done": ["first rang"]}


async def test_both_dialects_of_one_call_are_one_event(inbox: AccountInbox, make_event: MakeEvent) -> None:
    unsigned = make_event("v1_x", "CALL_RECEIVED", id="cll-1", type="INBOUND", summary="short")
    object.__setattr__(unsigned, "verified", False)
    await inbox.store.add(unsigned)
    await inbox.store.add(make_event("msg_1", "call.completed", id="cll_1", type="INBOUND", summary="long"))
    page = await inbox.list(EVERYTHING)
    assert [(event.event_id, event.topic, event.verified) for event in page.events] == [
        ("v1_x", "call.completed", True)
    ]
    assert page.events[0].data["summary"] == "long"
    assert await inbox.get("msg_1") == page.events[0]


async def test_two_signed_deliveries_are_two_events_whatever_their_content(
    inbox: AccountInbox, make_event: MakeEvent
) -> None:
    for event_id in ("msg_1", "msg_2"):
        await inbox.store.add(make_event(event_id, id="msg_same", content="twice"))
    assert await ids(inbox) == ["msg_2", "msg_1"]


async def test_waiting_returns_what_came_since_at_once(inbox: AccountInbox, make_event: MakeEvent) -> None:
    await inbox.store.add(make_event("seen"))
    latest = (await inbox.list(EVERYTHING)).latest
    await inbox.store.add(make_event("missed"))
    with anyio.fail_after(1):
        page = await inbox.wait(EventQuery(after=latest), 50)
    assert [event.event_id for event in page.events] == ["missed"]


async def test_waiting_in_vain_says_where_to_go_on(inbox: AccountInbox, make_event: MakeEvent) -> None:
    await inbox.store.add(make_event("call", "call.completed"))
    page = await inbox.wait(EventQuery(topics=("sms.received",), after=0), 0.05)
    assert page.events == ()
    assert page.latest == (await inbox.list(EVERYTHING)).latest


async def test_who_waits_in_vain_does_not_look_at_the_same_events_of_others_again(
    inbox: AccountInbox, make_event: MakeEvent
) -> None:
    """Else each commit costs a quiet account more, the longer it is quiet."""
    looked_from: list[int] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        values = list(parameters.values() if isinstance(parameters, dict) else parameters)
        if "events.sequence >" in statement and "quiet" in values:
            looked_from.append(values[values.index("quiet") + 1])

    event.listen(inbox.store.database.engine, "before_cursor_execute", note)
    async with anyio.create_task_group() as group:
        group.start_soon(AccountInbox(inbox.store, "quiet").wait, EventQuery(after=0), 30)
        with anyio.fail_after(5):
            for number in count():
                await inbox.store.add(make_event(f"msg_{number}"))
                if any(looked_from):
                    break
        group.cancel_scope.cancel()
    assert looked_from[0] == 0


async def test_a_loop_of_waits_sees_every_event_once(inbox: AccountInbox, make_event: MakeEvent) -> None:
    seen: list[str] = []

    async def loop() -> None:
        after = 0
        while len(seen) < 200:
            page = await inbox.wait(EventQuery(after=after, limit=7), 5)
            seen.extend(event.event_id for event in page.events)
            after = page.latest

    with anyio.fail_after(20):
        async with anyio.create_task_group() as group:
            group.start_soon(loop)
            for part in range(20):
                async with anyio.create_task_group() as burst:
                    for number in range(10):
                        burst.start_soon(inbox.store.add, make_event(f"msg_{part * 10 + number}"))
    assert len(seen) == 200
    assert set(seen) == {f"msg_{number}" for number in range(200)}


async def test_a_commit_of_another_process_is_noticed_within_half_a_second(
    inbox: AccountInbox, target: str | Path, make_event: MakeEvent
) -> None:
    neighbour = await Database.open(target)
    followed = inbox.follow(after=0)
    async with Store.open(neighbour) as theirs:
        for number in range(5):
            await theirs.add(make_event(f"msg_{number}"))
            with anyio.fail_after(0.5):
                assert (await anext(followed)).event_id == f"msg_{number}"
    await neighbour.close()


async def test_of_two_replicas_that_take_the_same_delivery_at_once_one_stores_it(
    inbox: AccountInbox, target: str | Path, make_event: MakeEvent
) -> None:
    """Allo tries again before the first answer came, and the proxy chooses the other replica."""
    neighbour = await Database.open(target)
    outcomes: dict[str, list[bool]] = {f"msg_{number}": [] for number in range(150)}

    async def deliver(store: Store, event_id: str) -> None:
        new = make_event(event_id, "call.completed", id=f"cll_{event_id}", type="INBOUND")
        outcomes[event_id].append(await store.add(new))

    async with Store.open(neighbour) as theirs, anyio.create_task_group() as tasks:
        for event_id in outcomes:
            for store in (inbox.store, theirs, inbox.store):
                tasks.start_soon(deliver, store, event_id)
    await neighbour.close()
    assert {tuple(sorted(each)) for each in outcomes.values()} == {(False, False, True)}
    rows = await inbox.deliveries(0, 1000)
    assert sorted(row.event_id for row in rows) == sorted(outcomes)


async def test_following_goes_on_after_a_cursor(inbox: AccountInbox, make_event: MakeEvent) -> None:
    for number in range(3):
        await inbox.store.add(make_event(f"msg_{number}"))
    first = (await inbox.list(EventQuery(newest_first=False))).events[0]
    seen: list[str] = []
    with anyio.fail_after(5):
        async for event in inbox.follow(first.sequence):
            seen.append(event.event_id)
            if event.event_id == "msg_3":
                break
            if event.event_id == "msg_2":
                await inbox.store.add(make_event("msg_3"))
    assert seen == ["msg_1", "msg_2", "msg_3"]


async def test_topics_and_ids_can_be_completed(inbox: AccountInbox, make_event: MakeEvent) -> None:
    for event_id, topic in [("msg_a1", "sms.received"), ("msg_a2", "sms.sent"), ("msg_b", "sms.received")]:
        await inbox.store.add(make_event(event_id, topic))
    assert await inbox.topics() == ["sms.received", "sms.sent"]
    assert sorted(await inbox.ids_like("msg_a")) == ["msg_a1", "msg_a2"]
    assert len(await inbox.ids_like("")) == 3
