"""Callers with Allo keys of their own: each its own account, and no leak between them."""

import json
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import anyio
import httpx
import pytest
from mcp.types import ElicitResult, ResourceTemplateReference, TextContent
from pydantic import SecretStr

from withallo_client import AlloClient
from withallo_sandbox import Sandbox
from withallo_sandbox.faults import Fault
from withallo_server.http.runtime import HttpRuntime
from withallo_server.http.tenants import account_name

FIRST = "ak_live_sandbox"
CANARY = "Canary-Person-7f3a"
RECENT = "allo://events/recent"


def text(result: Any) -> str:
    return "\n".join(block.text for block in result.content if isinstance(block, TextContent))


async def add_canary(company: Sandbox) -> None:
    """Let a company have a contact that the other one must never see."""
    async with AlloClient("ak_live_sandbox", transport=httpx.ASGITransport(app=company.app)) as allo:
        await allo.contacts.create(["+33699999999"], name=CANARY)


@pytest.mark.anyio
@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_each_key_sees_its_own_company(served: Any, companies: Any, era: str) -> None:
    await add_canary(companies.theirs)
    async with (
        served(base_url=companies.url, bring_your_own_key=True) as it,
        it.client(f"Api-Key {companies.my_key}", era) as first,
        it.client(f"Api-Key {companies.their_key}", era) as second,
    ):
        for _ in range(3):
            assert CANARY not in text(await first.call_tool("search_contacts", {"query": "canary"}))
            assert CANARY in text(await second.call_tool("search_contacts", {"query": "canary"}))


@pytest.mark.anyio
async def test_a_menu_of_one_account_waits_for_no_other(served: Any, companies: Any) -> None:
    calls = ResourceTemplateReference(type="ref/resource", uri="allo://calls/{call_id}")
    typed = {"name": "call_id", "value": ""}
    async with (
        served(base_url=companies.url, bring_your_own_key=True) as it,
        it.client(f"Api-Key {companies.my_key}") as mine,
        it.client(f"Api-Key {companies.their_key}") as theirs,
        anyio.create_task_group() as tasks,
    ):
        for client in (mine, theirs):
            assert not (await client.call_tool("list_numbers")).is_error
        hanging = Fault(path="/v?/api/c*", kind="hang", times=100)
        companies.theirs.state.faults.add(hanging)
        tasks.start_soon(theirs.complete, calls, typed)
        with anyio.fail_after(5):
            while hanging.times == 100:
                await anyio.lowlevel.checkpoint()
            assert (await mine.complete(calls, typed)).completion.values
        tasks.cancel_scope.cancel()


@pytest.mark.anyio
async def test_an_event_of_one_account_is_neither_heard_nor_read_by_another(served: Any, companies: Any) -> None:
    async with (
        served(base_url=companies.url, bring_your_own_key=True) as it,
        it.client(f"Api-Key {companies.my_key}") as first,
        it.client(f"Api-Key {companies.their_key}") as second,
        first.listen(resource_subscriptions=[RECENT]) as heard_by_first,
        second.listen(resource_subscriptions=[RECENT]) as heard_by_second,
    ):
        await _store(it.runtime, account_name(SecretStr(companies.their_key)), "canary text")
        with anyio.fail_after(5):
            async for _ in heard_by_second:
                break
        assert "canary text" in str(await second.read_resource(RECENT))
        assert "canary text" not in str(await first.read_resource(RECENT))
        with anyio.move_on_after(0.5) as waited:
            async for _ in heard_by_first:
                break
        assert waited.cancelled_caught, "the other account heard something"


@pytest.mark.anyio
@pytest.mark.parametrize("first_is_operator", [False, True])
async def test_an_event_of_the_operator_is_heard_by_the_operator_alone_whoever_called_first(
    served: Any, hashed: Any, first_is_operator: bool
) -> None:
    """The first caller opens the inbox that all share; what is published later is not published in their name."""
    authorization, line = hashed()
    credentials = [f"Api-Key {FIRST}", authorization]
    async with served(bring_your_own_key=True, tokens=(line,)) as it:
        for credential in credentials[:: -1 if first_is_operator else 1]:
            async with it.client(credential) as client:
                await client.call_tool("list_events", {})
        async with (
            it.client(f"Api-Key {FIRST}") as tenant,
            it.client(authorization) as operator,
            tenant.listen(resource_subscriptions=[RECENT]) as heard_by_tenant,
            operator.listen(resource_subscriptions=[RECENT]) as heard_by_operator,
        ):
            await _store(it.runtime, it.runtime.settings.account, "for the operator")
            with anyio.fail_after(5):
                async for _ in heard_by_operator:
                    break
            await _store(it.runtime, account_name(SecretStr(FIRST)), "for the tenant")
            with anyio.fail_after(5):
                async for _ in heard_by_tenant:
                    break
            assert "for the tenant" in str(await tenant.read_resource(RECENT)), "it heard of its own event, not before"


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
async def test_a_session_of_one_key_is_not_there_for_another(served: Any, companies: Any) -> None:
    hello = {
        "method": "initialize",
        "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
    }
    mine, theirs = f"Api-Key {companies.my_key}", f"Api-Key {companies.their_key}"
    async with served(base_url=companies.url, bring_your_own_key=True) as it:
        opened = await it.post({"authorization": mine}, **hello)
        session = {"mcp-session-id": opened.headers["mcp-session-id"]}

        assert (await it.post({"authorization": mine, **session})).status_code == 200
        assert (await it.post({"authorization": theirs, **session})).status_code == 404


@pytest.mark.anyio
async def test_a_rotated_key_finds_what_its_team_has_and_no_other_team_does(served: Any, companies: Any) -> None:
    key = "canary-send"
    async with served(base_url=companies.url, bring_your_own_key=True) as it:
        async with it.client(f"Api-Key {companies.my_key}", elicitation_callback=_agree) as client:
            message = {"to": "+12125550133", "message": "The van comes at nine.", "idempotency_key": key}
            assert not (await client.call_tool("send_sms", message)).is_error
            await _store(it.runtime, account_name(SecretStr(companies.my_key)), "canary text")
        for credential, sees in ((companies.their_key, False), (companies.my_next_key, True)):
            async with it.client(f"Api-Key {credential}") as client:
                assert ("canary text" in str(await client.read_resource(RECENT))) == sees
                assert ("van" in text(await client.call_tool("get_send", {"idempotency_key": key}))) == sees


async def _agree(context: Any, params: Any) -> ElicitResult:
    return ElicitResult(action="accept", content={"approve": True})


@pytest.mark.anyio
async def test_an_inbox_that_closed_by_itself_is_followed_again_for_every_account(
    served: Any, hashed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something that nobody foresaw breaks down in the inbox that all share; nobody stays deaf."""
    authorization, line = hashed()
    accounts = {f"Api-Key {FIRST}": account_name(SecretStr(FIRST)), authorization: "sandbox"}
    trouble = [RuntimeError("nobody foresaw this")]

    def join_calls(_: Any) -> int:
        if trouble:
            raise trouble.pop()
        return 0

    monkeypatch.setattr("withallo_server.runtime.FOLLOW_AGAIN_SECONDS", 0.05)
    async with served(bring_your_own_key=True, tokens=(line,)) as it, AsyncExitStack() as stack:
        heard = []
        for credential, account in accounts.items():
            client = await stack.enter_async_context(it.client(credential))
            heard.append((account, await stack.enter_async_context(client.listen(resource_subscriptions=[RECENT]))))
        before = await it.runtime.store()
        monkeypatch.setattr("withallo_server.inbox.store.join_calls", join_calls)
        await _store(it.runtime, "somebody", "hello", topic="call.received")
        with anyio.fail_after(10):
            while await it.runtime.store() is before:
                await anyio.lowlevel.checkpoint()
            for account, updates in heard:
                await _store(it.runtime, account, "after all")
                async for _ in updates:
                    break


@pytest.mark.anyio
async def test_what_no_webhook_brings_is_found_by_asking_the_api(served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Webhooks are the operator's; the inbox of a caller's own key fills by reconciliation, and tells who listens."""
    monkeypatch.setattr("withallo_server.inbox.reconcile.EVERY", timedelta(seconds=0.1))
    company = Sandbox(rate_limits=False, calls=20, scale=20)
    async with (
        served(sandbox=company, bring_your_own_key=True) as it,
        it.client(f"Api-Key {FIRST}") as client,
        client.listen(resource_subscriptions=[RECENT]) as heard,
        httpx.AsyncClient() as http,
    ):
        assert "no events" in text(await client.call_tool("list_events", {})).lower()
        await _until_reconciled(it.runtime)
        text_in = {"content": "is anybody there?", "emit": "never"}
        (await http.post(f"{it.base}/_sandbox/inbound-sms", json=text_in)).raise_for_status()
        (await http.post(f"{it.base}/_sandbox/clock", json={"advance_seconds": 120})).raise_for_status()
        with anyio.fail_after(20):
            async for _ in heard:
                break
        assert "is anybody there?" in text(await client.call_tool("list_events", {}))


@pytest.mark.anyio
async def test_a_key_is_in_no_name_log_or_number(served: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    async with served(bring_your_own_key=True) as it:
        async with it.client(f"Api-Key {FIRST}") as client:
            account = text(await client.call_tool("get_account", {}))
        async with httpx.AsyncClient() as http:
            refused = await http.get(f"{it.base}/metrics", headers={"authorization": f"Api-Key {FIRST}"})
        shown = repr(it.runtime.tenants.__dict__) + repr(vars(it.runtime))

    assert refused.status_code == 401, "whoever brings a key is no operator"
    assert FIRST not in account + caplog.text + shown + account_name(SecretStr(FIRST))


async def _store(runtime: HttpRuntime, account: str, content: str, topic: str = "sms.received") -> None:
    from withallo_server.inbox.events import NewEvent
    from withallo_server.inbox.facts import read_facts

    body = {
        "topic": topic,
        "version": "2.0",
        "data": {
            "id": "msg_1",
            "direction": "INBOUND",
            "type": "SMS",
            "content": content,
            "sent_at": "2026-11-20T10:00:00Z",
            "from_number": "+33612345678",
            "to_number": "+33199000010",
        },
    }
    store = await runtime.store()
    event = NewEvent(account, "msg_canary", read_facts(body), runtime._now(), True, "webhook", payload=json.dumps(body))
    await store.add(event)


async def _until_reconciled(runtime: HttpRuntime) -> None:
    """Wait until the inbox of the caller's key knows when it began: history before that is for the API to tell."""
    from withallo_server.inbox.writing import read_mark

    store = await runtime.store()
    with anyio.fail_after(20):
        while not await store.database.read(
            lambda connection: read_mark(connection, account_name(SecretStr(FIRST)), "reconciled until")
        ):
            await anyio.lowlevel.checkpoint()
