"""The first call ever is a text to somebody by name, on an empty data folder, and the human takes their time."""

import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.types import ElicitResult

from withallo_sandbox import Sandbox, serve

pytestmark = pytest.mark.anyio

SARAH = "+12125550133"
CALL = {"to": "Sarah Whitfield", "message": "The van comes at nine."}
SENT = [(SARAH, CALL["message"])]
ERAS = pytest.mark.parametrize("era", ["auto", "legacy"])
LINK = re.compile(r"http://127\.0\.0\.1:\d+/[\w-]{43}")
BROWSER = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-site": "none"}


class SlowHuman:
    """Says yes only once other calls of the same client were answered, and keeps what was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.client: Client | None = None

    async def __call__(self, context: Any, params: Any) -> ElicitResult:
        self.asked.append(params.message)
        assert self.client is not None
        with anyio.fail_after(30):
            while not ((await self.client.call_tool("search_contacts")).structured_content or {}).get("complete", True):
                await anyio.lowlevel.checkpoint()
            await self.client.call_tool("list_events", {"limit": 1})
        return ElicitResult(action="accept", content={"approve": True})

    async def is_asked_and_the_text_leaves(self, client: Client) -> None:
        self.client = client
        with anyio.fail_after(60):
            result = await client.call_tool("send_sms", CALL)
        facts = result.structured_content or {}
        assert (facts.get("state"), facts.get("name"), facts.get("to")) == ("sent", "Sarah Whitfield", SARAH), result
        assert len(self.asked) == 1
        assert "Send a text to Sarah Whitfield +12125550133 from +12125550100" in self.asked[0]


def delivered(sandbox: Sandbox) -> list[tuple[str, str]]:
    return [(message.contact_number, message.content) for message in sandbox.sent]


@pytest.fixture
async def account() -> AsyncIterator[tuple[Sandbox, str]]:
    """The embedded account on a port."""
    sandbox = Sandbox(rate_limits=False, calls=20, scale=20)
    async with anyio.create_task_group() as tasks:
        yield sandbox, await tasks.start(serve, sandbox)
        tasks.cancel_scope.cancel()


def server(folder: Path, url: str, **more: str) -> StdioServerParameters:
    environment = {"ALLO_API_KEY": "ak_live_sandbox", "ALLO_BASE_URL": url, "ALLO_DATA_DIR": str(folder), **more}
    return StdioServerParameters(command=sys.executable, args=["-m", "withallo_server"], env=environment)


@ERAS
@pytest.mark.parametrize("transport", ["memory", "http"])
async def test_in_one_process(world: Any, era: Any, transport: Any) -> None:
    human = SlowHuman()
    async with world.client(era=era, transport=transport, asks=human) as client:
        await human.is_asked_and_the_text_leaves(client)
    assert world.sent == SENT


@ERAS
async def test_over_stdio(account: Any, tmp_path: Path, era: Any) -> None:
    sandbox, url = account
    human = SlowHuman()
    async with Client(server(tmp_path / "new", url), mode=era, elicitation_callback=human) as client:
        await human.is_asked_and_the_text_leaves(client)
    assert delivered(sandbox) == SENT


async def approve(link: str, code: str) -> str:
    async with httpx.AsyncClient(headers=BROWSER, timeout=10) as window:
        page = (await window.get(link)).text
        assert "Send a text to Sarah Whitfield +12125550133" in page
        token = re.findall(r'name="token" value="([^"]+)"', page)[0]
        headers = {"origin": link.rsplit("/", 1)[0], "sec-fetch-site": "same-origin"}
        return (await window.post(link, headers=headers, data={"token": token, "decision": "send", "code": code})).text


async def link_of(client: Client, words: Any) -> str:
    with anyio.fail_after(60):
        found = LINK.search(words(await client.call_tool("send_sms", CALL)))
    assert found
    return found[0]


@ERAS
async def test_on_the_approval_page_of_a_client_that_cannot_ask(world: Any, words: Any, code: Any, era: Any) -> None:
    async with world.client(era=era, approval_page="print") as client:
        link = await link_of(client, words)
        assert world.sent == []
        assert "Ask it to go on" in await approve(link, code())
        assert world.sent == []
        result = await client.call_tool("send_sms", CALL)
        assert (result.structured_content or {})["name"] == "Sarah Whitfield"
    assert world.sent == SENT


@ERAS
@pytest.mark.skipif(sys.platform == "win32", reason="a shell keeps the log")
async def test_on_the_approval_page_over_stdio(account: Any, tmp_path: Path, words: Any, era: Any) -> None:
    sandbox, url = account
    log = tmp_path / "log"
    command = f'exec "{sys.executable}" -m withallo_server 2> "{log}"'
    plain = server(tmp_path / "new", url, ALLO_APPROVAL_PAGE="print")
    logged = StdioServerParameters(command="sh", args=["-c", command], env=plain.env)
    async with Client(logged, mode=era) as client:
        link = await link_of(client, words)
        code = re.findall(r": (\d{6})$", log.read_text(), re.MULTILINE)[-1]
        await approve(link, code)
        assert delivered(sandbox) == []
        for _ in range(2):
            await client.call_tool("send_sms", CALL)
    assert delivered(sandbox) == SENT
