"""The operator's policy: who decides, for what, and that a client can only make it stricter."""

from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import ElicitResult
from pydantic import ValidationError

from withallo_server.settings import Settings

SARAH, SIOBHAN, STRANGER = "+12125550133", "+14155550136", "+12125550999"


async def send(client: Any, to: str = SARAH, message: str = "Hello") -> Any:
    return await client.call_tool("send_sms", {"to": to, "message": message})


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("allow", "goes", "asks"),
    [
        ("send_sms", [SARAH, STRANGER], []),
        (SARAH, [SARAH], [SIOBHAN]),
        ("+1212*", [SARAH, STRANGER], [SIOBHAN]),
        ("contacts", [SARAH, SIOBHAN], [STRANGER]),
        ("send_sms:+1415*", [SIOBHAN], [SARAH]),
        ("create_contact:+1*, delete_webhook", [], [SARAH, STRANGER]),
    ],
)
async def test_what_the_operator_names_goes(world: Any, allow: str, goes: Any, asks: Any) -> None:
    async with world.client(consent_allow=allow) as client:
        for to in goes:
            assert not (await send(client, to)).is_error
        for to in asks:
            assert (await send(client, to)).is_error
    assert [to for to, _ in world.sent] == goes


@pytest.mark.anyio
async def test_what_is_named_goes_even_where_the_rest_is_denied(world: Any) -> None:
    async with world.client(consent="deny", consent_allow=SARAH) as client:
        assert not (await send(client, SARAH)).is_error
        assert (await send(client, SIOBHAN)).is_error
    assert [to for to, _ in world.sent] == [SARAH]


@pytest.mark.anyio
async def test_denied_is_denied_whatever_a_human_says(world: Any, words: Any) -> None:
    async def yes(context: Any, params: Any) -> ElicitResult:
        raise AssertionError("nobody is asked")

    async with world.client(consent="deny", asks=yes) as client:
        assert "ALLO_CONSENT=deny" in words(await send(client))
        webhook = {"url": "https://example.com/hook", "topics": ["sms.received"]}
        assert (await client.call_tool("create_webhook", webhook)).is_error
        assert (await client.call_tool("delete_webhook", {"webhook_id": "ep_1"})).is_error
    assert world.sent == []


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("operator", "header", "sent"),
    [
        ("allow", None, True),
        ("allow", "ask", False),
        ("allow", "deny", False),
        ("ask", "allow", False),
        ("deny", "allow", False),
        ("allow", "nonsense", True),
    ],
)
async def test_a_header_can_only_tighten(
    world: Any, serve_http: Any, operator: str, header: str | None, *, sent: bool
) -> None:
    headers = {} if header is None else {"X-Allo-Consent": header}
    async with (
        serve_http(world.server(consent=operator)) as url,
        httpx2.AsyncClient(headers=headers) as http,
        Client(streamable_http_client(url, http_client=http)) as client,
    ):
        result = await send(client)
        assert result.is_error is not sent
    assert len(world.sent) == int(sent)


@pytest.mark.anyio
async def test_deleting_and_opening_the_account_ask_too(world: Any) -> None:
    asked: list[str] = []

    async def no(context: Any, params: Any) -> ElicitResult:
        asked.append(params.message)
        return ElicitResult(action="decline")

    webhook = {"url": "https://example.com/hook", "topics": ["sms.received"]}
    async with world.client(asks=no) as client:
        listed = await client.call_tool("list_webhooks", {})
        endpoint = listed.structured_content["webhooks"][0]["id"]
        assert (await client.call_tool("create_webhook", webhook)).is_error
        assert (await client.call_tool("delete_webhook", {"webhook_id": endpoint})).is_error
        assert (await client.call_tool("list_webhooks", {})).structured_content == listed.structured_content
    assert "https://example.com/hook" in asked[0]
    assert "Delete the webhook" in asked[1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"consent": "maybe"},
        {"consent_allow": "send_sms:everybody"},
        {"consent_allow": "0612345678"},
        {"recipients_allow": "all"},
        {"recipients_block": "+33**"},
        {"quiet_hours": "night"},
        {"quiet_hours": "25:00-08:00"},
        {"quiet_hours": "21:00-21:00"},
        {"max_per_day": -1},
        {"duplicate_window": -1},
        {"approval_page": "sometimes"},
    ],
)
def test_a_wrong_rule_is_refused_at_the_start(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings(**wrong)
