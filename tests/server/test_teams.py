"""Keys on one data folder: each team has its own directory, inbox, outbox and opt-outs, whichever key it comes with."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import httpx
import pytest
from mcp import Client
from mcp.types import CallToolResult, ElicitResult, TextContent
from pydantic import SecretStr
from typer.testing import CliRunner

from withallo_client import AlloClient
from withallo_sandbox import Sandbox
from withallo_server.factory import build_server
from withallo_server.inbox.commands import app
from withallo_server.inbox.events import NewEvent
from withallo_server.inbox.facts import read_facts
from withallo_server.mcp_server import AlloServer
from withallo_server.settings import Settings

pytestmark = pytest.mark.anyio

CANARY, NUMBER, SEND = "Canary-Person-7f3a", "+12125550987", "canary-send"
FIRST, ROTATED, SECOND, V1_ONLY = "ak_live_first", "ak_live_first_rotated", "ak_live_second", "ak_live_v1_only"


@dataclass
class Allo(httpx.AsyncBaseTransport):
    """Two teams, each with an account of its own; a key leads to that of its team."""

    folder: Path
    first: Sandbox = field(default_factory=lambda: Sandbox(rate_limits=False, calls=20, scale=20))
    second: Sandbox = field(default_factory=lambda: Sandbox(rate_limits=False, calls=20, scale=20))
    answers: bool = True

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not self.answers:
            raise httpx.ConnectError("no network")
        key = request.headers["authorization"].removeprefix("Api-Key ")
        team, company = ("second", self.second) if key == SECOND else ("first", self.first)
        if request.url.path == "/v2/api/me":
            if key == V1_ONLY:
                return httpx.Response(404, json={"code": "NOT_FOUND"})
            scopes = sorted(company.state.keys["ak_live_sandbox"].scopes)
            return httpx.Response(200, json={"data": {"scopes": scopes, "team": {"id": team}}})
        request.headers["authorization"] = "Api-Key ak_live_sandbox"
        return await httpx.ASGITransport(app=company.app).handle_async_request(request)

    def server(self, key: str) -> AlloServer:
        client = AlloClient(key, transport=self, time_budget=0.2)
        chosen: dict[str, Any] = {"region": "US", "timezone": "America/New_York", "approval_page": "off"}
        return build_server(Settings(api_key=SecretStr(key), data_dir=self.folder, **chosen), client=client)

    def client(self, key: str) -> Client:
        return Client(self.server(key), elicitation_callback=agree)


async def agree(context: Any, params: Any) -> ElicitResult:
    return ElicitResult(action="accept", content={"approve": True})


def text(result: CallToolResult) -> str:
    return "\n".join(block.text for block in result.content if isinstance(block, TextContent))


@pytest.fixture
async def allo(tmp_path: Path) -> Allo:
    """The data folder was used by the first team: somebody in the directory, a text sent, a STOP heard."""
    allo = Allo(tmp_path)
    async with AlloClient("ak_live_sandbox", transport=httpx.ASGITransport(app=allo.first.app)) as company:
        await company.contacts.create([NUMBER], name=CANARY)
    server = allo.server(FIRST)
    async with Client(server, elicitation_callback=agree) as client:
        message = {"to": NUMBER, "message": "The van comes at nine.", "idempotency_key": SEND}
        assert not (await client.call_tool("send_sms", message)).is_error
        store, data = await server.runtime.store(), {"direction": "INBOUND", "content": "STOP", "from_number": NUMBER}
        body = {"topic": "sms.received", "data": {"id": "msg_1", "to_number": "+12125550100", **data}}
        account = await server.runtime.account.name()
        await store.add(
            NewEvent(
                account,
                "msg_1",
                read_facts(body),
                server.runtime.account.now(),
                True,
                "webhook",
                '{"topic": "sms.received", "data": {"content": "STOP"}}',
            )
        )
    assert account == "default", "data of earlier versions is found again"
    return allo


async def seen(client: Client) -> list[str]:
    """What is there of the first team."""
    places = {
        "directory": await client.call_tool("search_contacts", {"query": "canary"}),
        "inbox": await client.call_tool("list_events", {}),
        "resource": await client.read_resource("allo://events/recent"),
        "outbox": await client.call_tool("get_send", {"idempotency_key": SEND}),
        "opt-outs": await client.call_tool("send_sms", {"to": NUMBER, "message": "Are you well?"}),
    }
    marks = (CANARY, "STOP", "The van comes", "no more texts")
    return [place for place, said in places.items() if any(mark in str(said) for mark in marks)]


async def test_another_teams_key_meets_nothing_of_the_first_and_a_rotated_key_everything(allo: Allo) -> None:
    async with allo.client(SECOND) as client:
        assert await seen(client) == []
    for key in (ROTATED, FIRST):
        async with allo.client(key) as client:
            assert await seen(client) == ["directory", "inbox", "resource", "outbox", "opt-outs"]


async def test_a_key_whose_team_allo_never_tells_works_as_ever(allo: Allo) -> None:
    async with allo.client(V1_ONLY) as client:
        assert "STOP" in text(await client.call_tool("list_events", {}))


async def test_without_network_a_known_key_finds_its_data_and_a_new_one_is_told_why_not(allo: Allo) -> None:
    async with allo.client(SECOND) as client:
        assert "STOP" not in text(await client.call_tool("list_events", {}))
    allo.answers = False
    async with allo.client(FIRST) as client:
        assert "STOP" in text(await client.call_tool("list_events", {}))
    async with allo.client(SECOND) as client:
        assert "STOP" not in text(await client.call_tool("list_events", {}))
    async with allo.client("ak_live_never_seen") as client:
        refused = await client.call_tool("list_events", {})
        assert refused.is_error
        assert "ALLO_DATA_DIR" in text(refused)
    allo.answers = True
    async with allo.client("ak_live_never_seen") as client:
        assert "STOP" in text(await client.call_tool("list_events", {}))


async def test_the_command_line_shows_what_the_key_may_see(allo: Allo, monkeypatch: pytest.MonkeyPatch) -> None:
    def events(key: str) -> str:
        monkeypatch.setenv("ALLO_API_KEY", key)
        monkeypatch.setenv("ALLO_DATA_DIR", str(allo.folder))
        return CliRunner().invoke(app, ["list"]).output

    async with allo.client(SECOND) as client:
        await client.call_tool("list_events", {})
    assert "msg_1" not in await anyio.to_thread.run_sync(events, SECOND)
    assert "msg_1" in await anyio.to_thread.run_sync(events, FIRST)


async def test_on_a_new_folder_an_inbox_opens_without_network(tmp_path: Path) -> None:
    with anyio.fail_after(10):
        async with Allo(tmp_path, answers=False).client(FIRST) as client:
            assert not (await client.call_tool("list_events", {})).is_error
