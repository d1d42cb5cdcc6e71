"""Who gets in, who does not, and what a refusal says."""

import itertools
import time
from collections.abc import AsyncIterator, Callable
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

BAD_AUTHORIZATIONS = [
    None,
    "",
    "Bearer",
    "Bearer wam_wrong",
    "Bearer é",
    "Basic ZGVzazpkZXNr",
    "ak_live_sandbox",
    "Api-Key ak_live_sandbox",
    "Bearer ak_live_sandbox",
    "Bearer " + "x" * 5000,
]


@pytest.mark.anyio
async def test_without_a_good_token_nobody_gets_in(served: Any, hashed: Hashed) -> None:
    _, line = hashed()
    async with served(tokens=(line,)) as it, httpx.AsyncClient() as http:
        for method, authorization in itertools.product(("POST", "GET", "DELETE"), BAD_AUTHORIZATIONS):
            headers = {} if authorization is None else {b"authorization": authorization.encode()}
            answer = await http.request(method, it.url, headers=headers, content=b"{}")
            assert answer.status_code == 401, (method, authorization)
            assert answer.headers["www-authenticate"].startswith("Bearer ")
            assert 'scope="allo:read"' in answer.headers["www-authenticate"]
            assert "wam_" not in answer.text


@pytest.mark.anyio
@pytest.mark.parametrize("left", ["", "# none yet\n", None])
async def test_a_file_without_any_token_lets_nobody_in(
    served: Any, hashed: Hashed, tmp_path: Path, left: str | None
) -> None:
    authorization, line = hashed()
    file = tmp_path / "tokens"
    file.write_text(line.get_secret_value() if left is None else left)
    async with served(tokens_file=file) as it, httpx.AsyncClient() as http:
        if left is None:
            file.unlink()
        for _ in range(2):
            assert (await it.post({"authorization": authorization})).status_code == 401
            assert (await it.post()).status_code == 401
            assert (await http.get(f"{it.base}/metrics")).status_code == 401


@pytest.mark.anyio
async def test_two_authorization_headers_are_one_too_many(served: Any, hashed: Hashed) -> None:
    good, line = hashed()
    async with served(tokens=(line,)) as it, httpx.AsyncClient() as http:
        headers = [("authorization", good), ("authorization", "Bearer other")]
        assert (await http.post(it.url, headers=headers, json={})).status_code == 401


@pytest.mark.anyio
@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_a_good_token_gets_in_in_both_eras(served: Any, hashed: Hashed, era: str) -> None:
    authorization, line = hashed()
    async with served(tokens=(line,)) as it, it.client(authorization, era) as client:
        result = await client.call_tool("list_numbers", {})
        assert not result.is_error


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


@pytest.mark.anyio
async def test_an_access_token_of_the_issuer_gets_in(served: Any, issuer: Any, doors_of: Doors) -> None:
    async with served(doors=doors_of) as it, it.client(f"Bearer {issuer.token()}") as client:
        assert not (await client.call_tool("list_numbers", {})).is_error


@pytest.mark.anyio
async def test_a_token_without_our_scopes_is_told_which_it_needs(served: Any, issuer: Any, doors_of: Doors) -> None:
    async with served(doors=doors_of) as it:
        answer = await it.post({"authorization": f"Bearer {issuer.token(scope='openid')}"})

    assert answer.status_code == 403
    challenge = answer.headers["www-authenticate"]
    assert 'error="insufficient_scope"' in challenge
    assert 'scope="allo:read"' in challenge
    assert 'resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource/mcp"' in challenge


@pytest.mark.anyio
async def test_a_token_of_another_audience_or_time_or_issuer_is_refused(
    served: Any, issuer: Any, doors_of: Doors
) -> None:
    async with served(doors=doors_of) as it:
        for claims in ({"aud": "https://other.example.com/mcp"}, {"exp": 1}, {"iss": "https://evil.example"}):
            answer = await it.post({"authorization": f"Bearer {issuer.token(**claims)}"})
            assert answer.status_code == 401, claims
            assert 'error="invalid_token"' in answer.headers["www-authenticate"]


@pytest.mark.anyio
async def test_an_issuer_that_is_down_lets_nobody_in_and_nobody_out(served: Any, issuer: Any, doors_of: Doors) -> None:
    issuer.down = True
    async with served(doors=doors_of) as it:
        answer = await it.post({"authorization": f"Bearer {issuer.token()}"})

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"


@pytest.mark.anyio
async def test_the_metadata_says_who_issues_tokens_and_which_scopes_there_are(
    served: Any, issuer: Any, doors_of: Doors
) -> None:
    async with (
        served(doors=doors_of, public_url="https://mcp.example.com", oauth_issuer="https://login.example.com") as it,
        httpx.AsyncClient() as http,
    ):
        document = (await http.get(f"{it.base}/.well-known/oauth-protected-resource/mcp")).json()

    assert document["resource"] == "https://mcp.example.com/mcp"
    assert document["authorization_servers"] == ["https://login.example.com"]
    assert {"allo:read", "allo:write", "allo:calls"} <= set(document["scopes_supported"])


@pytest.mark.anyio
async def test_a_session_answers_only_to_who_opened_it(served: Any, hashed: Hashed) -> None:
    first, line = hashed("first")
    second, other = hashed("second")
    hello = {
        "method": "initialize",
        "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
    }
    async with served(tokens=(line, other)) as it:
        opened = await it.post({"authorization": first}, **hello)
        session = {"mcp-session-id": opened.headers["mcp-session-id"]}

        assert (await it.post({"authorization": first, **session})).status_code == 200
        assert (await it.post({"authorization": second, **session})).status_code == 404


HOSTS_AND_ORIGINS: list[tuple[dict[str, str], int]] = [
    ({}, 200),
    ({"host": "localhost:1"}, 200),
    ({"host": "mcp.example.com"}, 200),
    ({"host": "extra.example.com:8443"}, 200),
    ({"host": "evil.example"}, 421),
    ({"host": "mcp.example.com.evil.example"}, 421),
    ({"host": "127.0.0.1.evil.example"}, 421),
    ({"origin": "http://localhost:6274"}, 200),
    ({"origin": "https://app.example.com"}, 200),
    ({"origin": "https://mcp.example.com"}, 200),
    ({"origin": "https://evil.example"}, 403),
    ({"origin": "https://app.example.com.evil.example"}, 403),
    ({"origin": "null"}, 403),
]


@pytest.mark.anyio
@pytest.mark.parametrize("with_auth", [False, True])
async def test_only_known_hosts_and_origins_are_answered(served: Any, hashed: Hashed, with_auth: bool) -> None:
    authorization, line = hashed()
    hello = {
        "method": "initialize",
        "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
    }
    async with served(
        public_url="https://mcp.example.com",
        allowed_hosts=("extra.example.com:*",),
        allowed_origins=("https://app.example.com",),
        tokens=(line,) if with_auth else (),
    ) as it:
        for headers, status in HOSTS_AND_ORIGINS:
            answer = await it.post({"authorization": authorization, **headers}, **hello)
            assert answer.status_code == status, headers


@pytest.mark.anyio
async def test_what_a_proxy_passes_on_needs_somebody_who_is_known(served: Any, hashed: Hashed) -> None:
    """A server of one machine stays that, whatever a tunnel or proxy in front makes of its address."""
    authorization, line = hashed()
    marks = (
        {"x-forwarded-for": "203.0.113.7"},
        {"Forwarded": "for=203.0.113.7"},
        {"x-real-ip": "203.0.113.7"},
        {"via": "1.1 proxy"},
        {"x-forwarded-host": "mcp.example.com"},
    )
    async with served() as it, httpx.AsyncClient() as http:
        assert (await it.post()).status_code == 400
        for mark in marks:
            assert (await it.post(mark)).status_code == 403, mark
            assert (await http.get(f"{it.base}/metrics", headers=mark)).status_code == 403, mark
            assert (await http.get(f"{it.base}/healthz", headers=mark)).status_code == 200, mark
        async with await anyio.connect_tcp("127.0.0.1", int(it.base.rpartition(":")[2])) as stream:
            await stream.send(b"POST /mcp HTTP/1.0\r\nhost: 127.0.0.1\r\ncontent-length: 2\r\n\r\n{}")
            assert (await stream.receive()).startswith(b"HTTP/1.1 403")
    async with served(tokens=(line,)) as it:
        for mark in marks:
            assert (await it.post({"authorization": authorization, **mark})).status_code == 400, mark


@pytest.mark.anyio
async def test_a_page_of_an_allowed_origin_may_ask_first(served: Any) -> None:
    async with served(allowed_origins=("https://app.example.com",)) as it, httpx.AsyncClient() as http:
        asked = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
        good = await http.options(it.url, headers={"origin": "https://app.example.com", **asked})
        evil = await http.options(it.url, headers={"origin": "https://evil.example", **asked})

    assert good.headers["access-control-allow-origin"] == "https://app.example.com"
    assert "access-control-allow-origin" not in evil.headers


@pytest.mark.anyio
@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_that_is_too_large_is_refused(served: Any, chunked: bool) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b" " * 100_000

    async with served() as it, httpx.AsyncClient() as http:
        headers = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
        content: Any = pieces() if chunked else b" " * 5_000_000
        try:
            answer = await http.post(it.url, headers=headers, content=content)
        except (httpx.ReadError, httpx.WriteError):
            assert chunked, "what announces its size gets an answer; what does not may be cut off while it talks"
        else:
            assert answer.status_code == 413
        assert (await it.post()).status_code == 400, "the server goes on"


@pytest.mark.anyio
async def test_a_body_that_drips_is_given_up(served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("withallo_server.http.gatekeeper.BODY_SECONDS", 0.2)
    async with served() as it:
        port = int(it.base.rpartition(":")[2])
        async with await anyio.connect_tcp("127.0.0.1", port) as stream:
            head = (
                "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
                "accept: application/json, text/event-stream\r\ncontent-length: 100\r\n\r\n{"
            )
            await stream.send(head.encode())
            with anyio.fail_after(5):
                answer = b"".join([part async for part in stream])
        assert answer.startswith(b"HTTP/1.1 408")
        assert (await it.post()).status_code in (200, 400)


def _text(result: Any) -> str:
    return "\n".join(block.text for block in result.content if isinstance(block, TextContent))
