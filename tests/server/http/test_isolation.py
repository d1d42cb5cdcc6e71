"""Two keys on one server: whatever one asks for, by whatever id, nothing of the other comes out and nothing changes."""

import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any

import anyio
import httpx
import pytest
from mcp import Client, MCPError
from mcp.client import ClientRequestContext
from mcp.client.session import ElicitationFnT
from mcp.types import (
    ElicitRequestFormParams,
    ElicitRequestParams,
    ElicitResult,
    PromptReference,
    ResourceTemplateReference,
)
from pydantic import SecretStr

from withallo_client import AlloClient
from withallo_sandbox import Sandbox
from withallo_server.http.tenants import account_name

CANARY = "Zqanary7f3a"
TYPED = "zqanary"
"""What somebody may type who looks for it; the canary itself is never in a question, so no answer may repeat it."""
NUMBER = "+12125550987"
LINE = "+12125550100"
KEY = "their-idempotency-key"


def human(asked: list[str]) -> ElicitationFnT:
    """Somebody who reads nothing and agrees to everything; keeps what was asked."""

    async def agree(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        asked.append(str(params))
        assert isinstance(params, ElicitRequestFormParams)
        fields = params.requested_schema.get("properties", {})
        return ElicitResult(
            action="accept", content={name: True for name, each in fields.items() if each.get("type") == "boolean"}
        )

    return agree


async def move_in(company: Sandbox) -> dict[str, str]:
    """Fill a company with a canary in everything that it holds; gives the ids by which it is found."""
    transport = httpx.ASGITransport(app=company.app)
    async with (
        AlloClient("ak_live_sandbox", transport=transport) as allo,
        httpx.AsyncClient(transport=transport, base_url="http://company") as http,
    ):
        contact = await allo.contacts.create([NUMBER], name=CANARY, last_name=CANARY, job_title=CANARY)
        text = {"from_number": NUMBER, "content": f"{CANARY} needs the gate code"}
        (await http.post("/_sandbox/inbound-sms", json=text)).raise_for_status()
        said = [{"source": "EXTERNAL", "text": f"{CANARY} speaking"}]
        call = {"from_number": NUMBER, "summary": f"{CANARY} called", "transcript": said}
        call_id = (await http.post("/_sandbox/inbound-call", json=call)).json()["data"]["id"]
        endpoint = await allo.webhook_endpoints.create(f"https://hooks.example.com/{CANARY}", ["sms.received"])
    return {"contact": contact.id, "call": call_id, "webhook": endpoint.id}


async def use_it(client: Client, ids: Mapping[str, str]) -> None:
    """Let the owner of the canary see it everywhere, so that directory, outbox and caches of the server hold it."""
    asked: tuple[tuple[str, dict[str, Any]], ...] = (
        ("search_contacts", {"query": CANARY}),
        ("get_contact_conversation", {"contact": NUMBER}),
        ("get_call", {"call_id": ids["call"], "zoom": "transcript"}),
        ("search_conversations", {"query": CANARY}),
        ("list_webhooks", {}),
        ("send_sms", {"to": NUMBER, "message": f"The code is 4417, {CANARY}.", "idempotency_key": KEY}),
        ("get_send", {"idempotency_key": KEY}),
    )
    for name, arguments in asked:
        result = await client.call_tool(name, arguments)
        assert not result.is_error, result
        assert CANARY in str(result) or name in ("send_sms", "get_send"), name
    assert CANARY in str(await client.list_resources())
    assert CANARY in str(await client.read_resource(f"allo://calls/{ids['call']}/transcript"))


def guesses(ids: Mapping[str, str], event: str) -> dict[str, list[Any]]:
    """What a caller who knows every id of somebody else would try, by the name of the argument."""
    return {
        "contact": [NUMBER, ids["contact"], TYPED],
        "contact_id": [ids["contact"], NUMBER, TYPED],
        "to": [NUMBER, TYPED],
        "call_id": [ids["call"]],
        "call_ids": [[ids["call"]]],
        "query": [TYPED, NUMBER],
        "idempotency_key": [KEY],
        "webhook_id": [ids["webhook"]],
        "event_id": [event],
        "topic": ["sms.received"],
        "numbers": [[NUMBER]],
        "message": ["hello"],
        "content": ["hello"],
        "action": ["read", "archive"],
        "zoom": ["transcript", "summary"],
        "seconds": [1],
        "url": ["https://hooks.example.com/mine"],
        "topics": [["sms.received"]],
        "name": ["Jo"],
    }


def attempts(schema: Mapping[str, Any], known: Mapping[str, list[Any]]) -> Iterator[dict[str, Any]]:
    """Calls of a tool that try every guess at least once, and one with no more than it needs."""
    names = [name for name in schema.get("properties", {}) if name in known]
    yield {name: known[name][0] for name in names if name in schema.get("required", ()) or name == "seconds"}
    for place in range(max((len(known[name]) for name in names), default=0)):
        yield {name: known[name][place % len(known[name])] for name in names}


async def store_event(served: Any, account: str) -> str:
    """Put an event into the inbox of an account, as a webhook would; gives its id."""
    from withallo_server.inbox.events import NewEvent
    from withallo_server.inbox.facts import read_facts

    data = {
        "id": "msg_1",
        "direction": "INBOUND",
        "type": "SMS",
        "content": f"{CANARY} wrote",
        "from_number": NUMBER,
        "to_number": "+12125550100",
        "sent_at": "2026-11-20T10:00:00Z",
    }
    body = {"topic": "sms.received", "version": "2.0", "data": data}
    now = served.runtime.account.now()
    event = NewEvent(account, "msg_theirs", read_facts(body), now, True, "webhook", payload=json.dumps(body))
    await (await served.runtime.store()).add(event)
    return "msg_theirs"


async def everything_tools_say(client: Client, known: Mapping[str, list[Any]]) -> list[str]:
    tools = (await client.list_tools()).tools
    calls = [(tool.name, each) for tool in tools for each in attempts(tool.input_schema, known)]
    return [f"{name}: {await client.call_tool(name, arguments)}" for name, arguments in calls]


async def everything_resources_say(client: Client, known: Mapping[str, list[Any]]) -> list[str]:
    listed = await client.list_resources()
    templates = (await client.list_resource_templates()).resource_templates
    uris = [str(each.uri) for each in listed.resources]
    for template in templates:
        address = template.uri_template.partition("{?")[0]
        for name, values in known.items():
            uris += [address.replace(f"{{{name}}}", str(value)) for value in values if f"{{{name}}}" in address]
    said = [str(listed)]
    for uri in dict.fromkeys(uris):
        assert "{" not in uri, "a template whose variable nobody guessed"
        try:
            said.append(f"{uri}: {await client.read_resource(uri)}")
        except MCPError as error:
            said.append(f"{uri}: {error}")
    for template, name in itertools.product(templates, known):
        if f"{{{name}}}" in template.uri_template:
            reference = ResourceTemplateReference(type="ref/resource", uri=template.uri_template)
            said += [str(await client.complete(reference, {"name": name, "value": typed})) for typed in ("", TYPED)]
    return said


async def everything_prompts_say(client: Client) -> list[str]:
    said = []
    for prompt in (await client.list_prompts()).prompts:
        reference = PromptReference(type="ref/prompt", name=prompt.name)
        for argument in prompt.arguments or []:
            said += [
                str(await client.complete(reference, {"name": argument.name, "value": typed})) for typed in ("", "z")
            ]
        try:
            required = {argument.name: NUMBER for argument in prompt.arguments or [] if argument.required}
            said.append(str(await client.get_prompt(prompt.name, required)))
        except MCPError as error:
            said.append(str(error))
    return said


async def state(company: Sandbox, ids: Mapping[str, str]) -> str:
    """Everything of the canary that a stranger might have changed, as its owner's own key sees it."""
    async with AlloClient("ak_live_sandbox", transport=httpx.ASGITransport(app=company.app)) as allo:
        contact = await allo.contacts.get(ids["contact"])
        open_talks = [row.contact_number for row in (await allo.conversations.list(LINE, unread=True)).items]
        call = await allo.conversations.get(ids["call"])
        hooks = await allo.webhook_endpoints.list()
    assert CANARY in str(contact)
    assert CANARY in str(call)
    assert CANARY in str(hooks)
    sent = [(each.contact_number, each.content) for each in company.sent]
    return repr((contact, NUMBER in open_talks, call.summary, hooks, sent))


@pytest.mark.anyio
@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_no_tool_resource_prompt_or_completion_shows_or_changes_what_is_somebody_elses(
    served: Any, companies: Any, era: str
) -> None:
    ids = await move_in(companies.theirs)
    said: list[str] = []
    settings = {"base_url": companies.url, "bring_your_own_key": True, "toolsets": ("all",)}
    async with (
        served(**settings) as it,
        it.client(f"Api-Key {companies.their_key}", era, elicitation_callback=human([])) as owner,
        it.client(f"Api-Key {companies.my_key}", era, elicitation_callback=human(said)) as stranger,
    ):
        event = await store_event(it, account_name(SecretStr(companies.their_key)))
        await use_it(owner, ids)
        assert CANARY in str(await owner.read_resource(f"allo://events/{event}"))
        before = await state(companies.theirs, ids)
        known = guesses(ids, event)
        with anyio.fail_after(90):
            said += await everything_tools_say(stranger, known)
            said += await everything_resources_say(stranger, known)
            said += await everything_prompts_say(stranger)

    assert len(said) > 80
    assert [each for each in said if CANARY in each] == []
    assert await state(companies.theirs, ids) == before
