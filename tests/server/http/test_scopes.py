"""What a token opens and hears, and for how long."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from mcp import MCPError
from mcp.client.subscriptions import SubscriptionLost
from mcp.types import PromptReference, TextContent
from pydantic import SecretStr

from withallo_server.http import gatekeeper
from withallo_server.http.gatekeeper import Doors

Hashed = Callable[..., tuple[str, SecretStr]]


@pytest.mark.anyio
@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_scopes_choose_the_tools(served: Any, hashed: Hashed, era: str) -> None:
    reader, reads = hashed("reader", "allo:read")
    caller, calls = hashed("caller", "allo:calls:read")
    async with served(tokens=(reads, calls)) as it:
        async with it.client(reader, era) as client:
            names = {tool.name for tool in (await client.list_tools()).tools}
            assert "search_contacts" in names
            assert "send_sms" not in names
            refused = await client.call_tool("send_sms", {"to": "+33612345678", "message": "hello"})
            assert refused.is_error
            assert "allo:write" in _text(refused)
        async with it.client(caller, era) as client:
            names = {tool.name for tool in (await client.list_tools()).tools}
            assert "search_calls" in names
            assert "search_contacts" not in names
            assert "lacks the scope" in _text(await client.call_tool("get_account", {}))
            with pytest.raises(MCPError, match="does not open"):
                await client.read_resource("allo://events/recent")


@pytest.mark.anyio
@pytest.mark.filterwarnings("ignore::mcp.MCPDeprecationWarning")
async def test_nothing_is_heard_that_may_not_be_read(served: Any, hashed: Hashed) -> None:
    caller, calls = hashed("caller", "allo:calls:read")
    async with served(tokens=(calls,)) as it, it.client(caller) as client:
        with pytest.raises(MCPError, match="does not open"):
            async with client.listen(resource_subscriptions=["allo://events/recent"]):
                raise AssertionError("the subscription was taken")
    async with served(tokens=(calls,)) as it, it.client(caller, "legacy") as client:
        with pytest.raises(MCPError, match="does not open"):
            await client.session.subscribe_resource("allo://events/recent")


@pytest.mark.anyio
@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_only_resources_that_may_be_read_are_listed(served: Any, hashed: Hashed, era: str) -> None:
    """The newest calls are listed by the names of their callers: nothing for a token that opens contacts only."""
    person, contacts = hashed("person", "allo:contacts:read")
    caller, calls = hashed("caller", "allo:calls:read")
    reader, everything = hashed("reader", "allo:read")
    listed = {}
    async with served(tokens=(contacts, calls, everything)) as it:
        for authorization in (person, caller, reader):
            async with it.client(authorization, era) as client:
                uris = [str(each.uri) for each in (await client.list_resources()).resources]
                listed[authorization] = {uri.split("/")[2] for uri in uris if uri.startswith("allo:")}

    assert listed[person] == {"numbers"}
    assert listed[caller] == {"numbers", "calls"}
    assert listed[reader] >= {"numbers", "calls", "events", "inbox"}


@pytest.mark.anyio
@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_resources_open_with_the_scope_of_their_tool_and_no_other(served: Any, hashed: Hashed, era: str) -> None:
    """What came in from a contact is told to whoever may read events, not to whoever may read contacts."""
    person, contacts = hashed("person", "allo:contacts:read")
    caller, calls = hashed("caller", "allo:calls:read")
    events = "allo://contacts/Marie%20Dupont/events"
    closed = {
        person: (events, "allo://inbox", "allo://calls/cll-1", "allo://nothing"),
        caller: (events, "allo://contacts/cnt_1", "allo://conversations/Marie", "ALLO://inbox"),
    }
    async with served(tokens=(contacts, calls)) as it:
        for authorization, addresses in closed.items():
            async with it.client(authorization, era) as client:
                assert (await client.read_resource("allo://numbers")).contents
                for address in addresses:
                    with pytest.raises(MCPError, match=r"does not open|Unknown resource"):
                        await client.read_resource(address)


@pytest.mark.anyio
async def test_a_revoked_token_hears_no_more(
    served: Any, hashed: Hashed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gatekeeper, "JUDGE_AGAIN_SECONDS", 0.1)
    authorization, line = hashed()
    file = tmp_path / "tokens"
    file.write_text(line.get_secret_value())
    async with served(tokens_file=file) as it, it.client(authorization) as client:
        async with client.listen(resource_subscriptions=["allo://events/recent"]) as stream:
            with anyio.move_on_after(0.5) as patience:
                await anext(aiter(stream))
            assert patience.cancelled_caught, "a good token listens on"
            file.unlink()
            with anyio.fail_after(10), pytest.raises(SubscriptionLost):
                await anext(aiter(stream))
        assert (await it.post({"authorization": authorization})).status_code == 401


@pytest.mark.anyio
async def test_one_caller_listens_so_often_and_leaves_places_to_others(
    served: Any, hashed: Hashed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gatekeeper, "MOST_STREAMS", 2)
    greedy, line = hashed("greedy")
    other, another = hashed("other")
    recent = {"resource_subscriptions": ["allo://events/recent"]}
    async with served(tokens=(line, another)) as it, it.client(greedy) as first, it.client(other) as second:
        async with first.listen(**recent), first.listen(**recent):
            with pytest.raises(MCPError):
                async with first.listen(**recent):
                    raise AssertionError("a third place was taken")
            async with second.listen(**recent):
                assert (await first.list_tools()).tools
        with anyio.fail_after(10):
            while True:
                with suppress(MCPError):
                    async with first.listen(**recent):
                        break


@pytest.mark.anyio
async def test_an_expired_token_hears_no_more(
    served: Any, issuer: Any, doors_of: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gatekeeper, "JUDGE_AGAIN_SECONDS", 0.1)
    hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    async with served(doors=doors_of) as it, httpx.AsyncClient(timeout=20) as http:
        mine = {"authorization": f"Bearer {issuer.token(exp=int(time.time()) + 60)}"}
        opened = await it.post(mine, method="initialize", params=hello)
        mine |= {"mcp-session-id": opened.headers["mcp-session-id"], "accept": "text/event-stream"}
        async with http.stream("GET", it.url, headers=mine) as answer:
            assert answer.status_code == 200
            monkeypatch.setattr(gatekeeper, "CLOCKS_DIFFER_SECONDS", -3600)
            with anyio.fail_after(10):
                assert [part async for part in answer.aiter_raw() if not part.startswith(b":")] == []
        assert (await it.post(mine)).status_code == 401


@pytest.mark.anyio
async def test_prompts_and_completions_show_no_more_than_tools(served: Any, hashed: Hashed) -> None:
    caller, calls = hashed("caller", "allo:calls:read")
    async with served(tokens=(calls,)) as it:
        answer = await it.post(
            {"authorization": caller, "mcp-protocol-version": "2026-07-28", "mcp-method": "completion/complete"},
            method="completion/complete",
            params={
                "ref": {"type": "ref/resource", "uri": "allo://contacts/{contact_id}"},
                "argument": {"name": "contact_id", "value": ""},
                "_meta": {
                    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                    "io.modelcontextprotocol/clientCapabilities": {},
                    "io.modelcontextprotocol/clientInfo": {"name": "t", "version": "1"},
                },
            },
        )
        assert "allo:read" in answer.json()["error"]["message"]


@pytest.mark.anyio
async def test_a_prompt_is_given_to_whoever_may_call_the_tools_it_begins_with(served: Any, hashed: Hashed) -> None:
    caller, calls = hashed("caller", "allo:calls:read")
    async with served(tokens=(calls,)) as it, it.client(caller) as client:
        assert [prompt.name for prompt in (await client.list_prompts()).prompts] == ["summarise_recent_calls"]
        assert (await client.get_prompt("summarise_recent_calls", {"since": "last 7 days"})).messages
        with pytest.raises(MCPError, match="no prompt"):
            await client.get_prompt("prepare_call", {"contact": "Marie"})
        reference = PromptReference(type="ref/prompt", name="prepare_call")
        assert (await client.complete(reference, {"name": "contact", "value": "mar"})).completion.values == []


def _text(result: Any) -> str:
    return "\n".join(block.text for block in result.content if isinstance(block, TextContent))
