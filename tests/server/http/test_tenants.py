"""Callers with Allo keys of their own: each its own account, and no leak between them."""

import json
from typing import Any

import anyio
import httpx
import pytest
from mcp.types import TextContent
from pydantic import SecretStr

from withallo_client import AlloClient
from withallo_sandbox import Sandbox
from withallo_server.http.runtime import HttpRuntime
from withallo_server.http.tenants import TooManyTenantsError, account_name

FIRST, SECOND = "ak_live_sandbox", "ak_live_readonly"
CANARY = "Canary-Person-7f3a"


@pytest.fixture
def two_companies(monkeypatch: pytest.MonkeyPatch) -> tuple[Sandbox, Sandbox]:
    """Two companies behind one API: each key sees its own, as with Allo itself."""
    first, second = (
        Sandbox(rate_limits=False, calls=20, scale=20),
        Sandbox(seed=7, rate_limits=False, calls=20, scale=20),
    )

    def client_for(_runtime: HttpRuntime, key: SecretStr) -> AlloClient:
        account = first if key.get_secret_value() == FIRST else second
        return AlloClient(key, transport=httpx.ASGITransport(app=account.app))

    monkeypatch.setattr(HttpRuntime, "client_for", client_for)
    return first, second


def text(result: Any) -> str:
    return "\n".join(block.text for block in result.content if isinstance(block, TextContent))


async def add_canary(company: Sandbox) -> None:
    """Let a company have a contact that the other one must never see."""
    async with AlloClient("ak_live_sandbox", transport=httpx.ASGITransport(app=company.app)) as allo:
        await allo.contacts.create(["+33699999999"], name=CANARY)


@pytest.mark.anyio
@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_each_key_sees_its_own_company(served: Any, two_companies: tuple[Sandbox, Sandbox], era: str) -> None:
    await add_canary(two_companies[1])
    async with (
        served(bring_your_own_key=True) as it,
        it.client(f"Api-Key {FIRST}", era) as first,
        it.client(f"Api-Key {SECOND}", era) as second,
    ):
        for _ in range(3):
            assert CANARY not in text(await first.call_tool("search_contacts", {"query": "canary"}))
            assert CANARY in text(await second.call_tool("search_contacts", {"query": "canary"}))


@pytest.mark.anyio
async def test_every_tool_that_reads_and_every_resource_stays_in_its_company(
    served: Any, two_companies: tuple[Sandbox, Sandbox]
) -> None:
    await add_canary(two_companies[1])
    async with served(bring_your_own_key=True, toolsets=("all",)) as it:
        async with it.client(f"Api-Key {SECOND}") as owner:
            assert CANARY in text(await owner.call_tool("search_contacts", {"query": "canary"}))
        async with it.client(f"Api-Key {FIRST}") as client:
            tools = [tool for tool in (await client.list_tools()).tools if tool.annotations is not None]
            readers = [tool.name for tool in tools if tool.annotations.read_only_hint]
            seen = [text(await client.call_tool(name, _arguments(name))) for name in readers]
            seen += [str(await client.read_resource(each.uri)) for each in (await client.list_resources()).resources]
    assert len(seen) > 10
    assert CANARY not in "\n".join(seen)


def _arguments(tool: str) -> dict[str, Any]:
    return {"seconds": 1} if tool == "wait_for_event" else {"query": "canary"} if tool.startswith("search_con") else {}


@pytest.mark.anyio
async def test_an_event_of_one_account_is_neither_heard_nor_read_by_another(
    served: Any, two_companies: tuple[Sandbox, Sandbox]
) -> None:
    recent = "allo://events/recent"
    async with (
        served(bring_your_own_key=True) as it,
        it.client(f"Api-Key {FIRST}") as first,
        it.client(f"Api-Key {SECOND}") as second,
        first.listen(resource_subscriptions=[recent]) as heard_by_first,
        second.listen(resource_subscriptions=[recent]) as heard_by_second,
    ):
        await _store(it.runtime, account_name(SecretStr(SECOND)), "canary text")
        with anyio.fail_after(5):
            async for _ in heard_by_second:
                break
        assert "canary text" in str(await second.read_resource(recent))
        assert "canary text" not in str(await first.read_resource(recent))
        with anyio.move_on_after(0.5) as waited:
            async for _ in heard_by_first:
                break
        assert waited.cancelled_caught, "the other account heard something"


@pytest.mark.anyio
async def test_a_key_that_allo_does_not_take_gets_nobody_in(served: Any) -> None:
    async with served(bring_your_own_key=True) as it, httpx.AsyncClient() as http:
        for key in ("ak_live_of_nobody", "ak_live_trial", "x", "é", "", "a b", "k" * 500):
            message = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
            headers = {b"authorization": f"Api-Key {key}".strip().encode(), b"accept": b"application/json"}
            answer = await http.post(it.url, json=message, headers=headers)

            assert answer.status_code == 401, key
            assert len(it.runtime.tenants) == 0


@pytest.mark.anyio
async def test_a_key_is_no_bearer_token_and_opens_nothing_where_keys_are_not_taken(served: Any) -> None:
    async with served(bring_your_own_key=True) as it:
        assert (await it.post({"authorization": f"Bearer {FIRST}"})).status_code == 401


@pytest.mark.anyio
async def test_a_session_of_one_key_is_not_there_for_another(
    served: Any, two_companies: tuple[Sandbox, Sandbox]
) -> None:
    hello = {
        "method": "initialize",
        "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
    }
    async with served(bring_your_own_key=True) as it:
        opened = await it.post({"authorization": f"Api-Key {FIRST}"}, **hello)
        session = {"mcp-session-id": opened.headers["mcp-session-id"]}

        assert (await it.post({"authorization": f"Api-Key {FIRST}", **session})).status_code == 200
        assert (await it.post({"authorization": f"Api-Key {SECOND}", **session})).status_code == 404


@pytest.mark.anyio
async def test_the_account_of_a_key_is_closed_when_room_is_needed(
    served: Any, two_companies: tuple[Sandbox, Sandbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("withallo_server.http.tenants.MOST_TENANTS", 1)
    async with served(bring_your_own_key=True) as it:
        async with it.client(f"Api-Key {FIRST}") as client:
            await client.call_tool("list_numbers", {})
        async with it.client(f"Api-Key {SECOND}") as client:
            await client.call_tool("list_numbers", {})
        with anyio.fail_after(5):
            while len(it.runtime.tenants) > 1:
                await anyio.wait_all_tasks_blocked()
        tasks = it.runtime._task_group()
        async with it.runtime.tenants.visiting(tasks, SecretStr("one")):
            with pytest.raises(TooManyTenantsError):
                async with it.runtime.tenants.visiting(tasks, SecretStr("two")):
                    raise AssertionError("a visitor was put out")


@pytest.mark.anyio
async def test_a_key_is_in_no_name_log_or_number(
    served: Any, two_companies: tuple[Sandbox, Sandbox], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    async with served(bring_your_own_key=True) as it:
        async with it.client(f"Api-Key {FIRST}") as client:
            account = text(await client.call_tool("get_account", {}))
        async with httpx.AsyncClient() as http:
            refused = await http.get(f"{it.base}/metrics", headers={"authorization": f"Api-Key {FIRST}"})
        shown = repr(it.runtime.tenants.__dict__) + repr(vars(it.runtime))

    assert refused.status_code == 401, "whoever brings a key is no operator"
    assert FIRST not in account + caplog.text + shown + account_name(SecretStr(FIRST))


async def _store(runtime: HttpRuntime, account: str, content: str) -> None:
    from withallo_server.inbox.events import NewEvent
    from withallo_server.inbox.facts import read_facts

    body = {
        "topic": "sms.received",
        "version": "2.0",
        "data": {"id": "msg_1", "direction": "INBOUND", "type": "SMS", "content": content, "sent_at":
                 "2026-11-20T10:00:00Z", "from_number": "+33612345678", "to_number": "+33199000010"},
    }  # fmt: skip
    store = await runtime.store()
    event = NewEvent(account, "msg_canary", read_facts(body), runtime._now(), True, "webhook", payload=json.dumps(body))
    await store.add(event)
