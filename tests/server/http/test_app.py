"""The parts of the web application together: protocol, webhooks, health and numbers."""

import itertools
from typing import Any

import anyio
import httpx
import pytest
from pydantic import SecretStr

from withallo_sandbox import SARAH, Sandbox

RECENT = "allo://events/recent"


@pytest.mark.anyio
@pytest.mark.parametrize("era", ["auto", "legacy"])
@pytest.mark.filterwarnings("ignore::mcp.MCPDeprecationWarning")
async def test_a_text_that_comes_in_is_heard_and_read_over_http(served: Any, era: str) -> None:
    updated = anyio.Event()

    async def hear(message: Any) -> None:
        if "updated" in type(getattr(message, "root", message)).__name__.lower() or "updated" in str(message):
            updated.set()

    async with served() as it, it.client(era=era, message_handler=hear) as client, httpx.AsyncClient() as http:
        if era == "legacy":
            await client.session.subscribe_resource(RECENT)
            await http.post(f"{it.base}/_sandbox/inbound-sms", json={"content": "see you at noon"})
            with anyio.fail_after(10):
                await updated.wait()
        else:
            async with client.listen(resource_subscriptions=[RECENT]) as updates:
                await http.post(f"{it.base}/_sandbox/inbound-sms", json={"content": "see you at noon"})
                with anyio.fail_after(10):
                    async for _ in updates:
                        break
        assert "see you at noon" in str(await client.read_resource(RECENT))


@pytest.mark.anyio
async def test_numbers_name_tools_and_outcomes_and_nothing_that_anybody_wrote(served: Any) -> None:
    async with served() as it:
        async with it.client() as client:
            await client.call_tool("search_contacts", {"query": "canary-query"})
            await client.call_tool("no_such_tool_canary", {})
        async with httpx.AsyncClient() as http:
            page = (await http.get(f"{it.base}/metrics")).text

    assert 'allo_tool_call_seconds_count{outcome="ok",tool="search_contacts"} 1.0' in page
    assert 'allo_mcp_message_seconds_count{method="tools/call"' in page
    assert 'allo_http_responses_total{route="/mcp",status="200"}' in page
    assert "canary" not in page


@pytest.mark.anyio
async def test_numbers_need_a_token_where_callers_do(served: Any, hashed: Any) -> None:
    authorization, line = hashed()
    async with served(tokens=(line,)) as it, httpx.AsyncClient() as http:
        assert (await http.get(f"{it.base}/metrics")).status_code == 401
        assert (await http.get(f"{it.base}/metrics", headers={"authorization": authorization})).status_code == 200
        assert (await http.get(f"{it.base}/healthz")).status_code == 200, "a health check has no token"


@pytest.mark.anyio
async def test_readiness_ends_before_the_process_does(served: Any) -> None:
    async with served() as it, httpx.AsyncClient() as http:
        assert (await http.get(f"{it.base}/readyz")).status_code == 200
        it.web.drain()
        assert (await http.get(f"{it.base}/readyz")).json() == {"status": "ending"}
        assert (await http.get(f"{it.base}/healthz")).status_code == 200


@pytest.mark.anyio
async def test_no_database_is_not_ready(served: Any) -> None:
    url = SecretStr("postgresql://me:canary@127.0.0.1:1/allo")
    async with served(database_url=url) as it, httpx.AsyncClient(timeout=30) as http:
        answer = await http.get(f"{it.base}/readyz")

    assert answer.status_code == 503
    assert "canary" not in answer.text


MALFORMED = (
    b"",
    b"{",
    b"[]",
    b"null",
    b'"x"',
    b'{"jsonrpc": "1.0"}',
    b'{"jsonrpc":"2.0","id":{},"method":7}',
    b"\xff\xfe",
    b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":[]}}',
    b"[" * 100_000,
)


@pytest.mark.anyio
async def test_malformed_messages_are_refused_and_the_server_goes_on(served: Any) -> None:
    async with served() as it, httpx.AsyncClient() as http:
        for body, version in itertools.product(MALFORMED, ("2025-11-25", "2026-07-28", "1999-01-01")):
            headers = {
                "content-type": "application/json",
                "accept": "application/json, text/event-stream",
                "mcp-protocol-version": version,
            }
            answer = await http.post(it.url, content=body, headers=headers)
            assert 400 <= answer.status_code < 500
        async with it.client() as client:
            assert (await client.list_tools()).tools


class Modern:
    """A client of the 2026-07-28 protocol that says which instance gets which message."""

    def __init__(self, tool: str, **arguments: Any) -> None:
        self.headers = {"mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": tool}
        meta = {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {"elicitation": {"form": {}}},
            "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        }
        self.params: dict[str, Any] = {"name": tool, "arguments": arguments, "_meta": meta}

    async def call(self, instance: Any, **more: Any) -> Any:
        answer = await instance.post(self.headers, method="tools/call", params={**self.params, **more})
        return answer.json().get("result", answer.json())


def yes_to(asked: Any) -> dict[str, Any]:
    """What a client brings back when its human agrees to everything."""
    answers = {}
    for name, request in asked["inputRequests"].items():
        fields = request["params"]["requestedSchema"]["properties"]
        content = {field: True for field, schema in fields.items() if schema.get("type") == "boolean"}
        answers[name] = {"action": "accept", "content": content}
    return {"inputResponses": answers, "requestState": asked["requestState"]}


@pytest.mark.anyio
async def test_a_question_of_one_instance_is_answered_once_at_another(served: Any) -> None:
    """As behind a load balancer: asked here, answered there, and the same answer again sends nothing."""
    company = Sandbox(rate_limits=False, calls=20, scale=20)
    send = Modern("send_sms", to=SARAH.numbers[0], message="See you at noon.")
    async with served(sandbox=company) as first, served(sandbox=company) as second:
        asked = await send.call(first)
        assert asked["resultType"] == "input_required"
        assert list(company.sent) == []

        done = await send.call(second, **yes_to(asked))
        assert not done.get("isError"), done
        again = [await send.call(instance, **yes_to(asked)) for instance in (first, second)]

    assert len(list(company.sent)) == 1
    assert all("sent" in str(each) for each in again)


@pytest.mark.anyio
async def test_an_instance_with_another_key_takes_no_answer_to_that_question(served: Any) -> None:
    company = Sandbox(rate_limits=False, calls=20, scale=20)
    send = Modern("send_sms", to=SARAH.numbers[0], message="See you at noon.")
    async with served(sandbox=company) as first, served(sandbox=company, state_key="x" * 32) as stranger:
        asked = await send.call(first)
        refused = await send.call(stranger, **yes_to(asked))

    assert "error" in refused
    assert list(company.sent) == []
