"""Consent through a real server process: forms in both eras, and the browser of the human."""

import os
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

TO, TEXT = "+12125550133", "The van comes at nine."
CALL = {"to": TO, "message": TEXT}
BROWSER = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-site": "none"}


async def approves(context: Any, params: Any) -> ElicitResult:
    return ElicitResult(action="accept", content={"approve": True})


async def declines(context: Any, params: Any) -> ElicitResult:
    return ElicitResult(action="decline")


@pytest.fixture
async def account() -> AsyncIterator[tuple[Sandbox, str]]:
    """The embedded account on a port."""
    sandbox = Sandbox(rate_limits=False, calls=20, scale=20)
    async with anyio.create_task_group() as tasks:
        yield sandbox, await tasks.start(serve, sandbox)
        tasks.cancel_scope.cancel()


def server(folder: Path, url: str, **more: str) -> StdioServerParameters:
    environment = {
        "ALLO_API_KEY": "ak_live_sandbox",
        "ALLO_BASE_URL": url,
        "ALLO_DATA_DIR": str(folder),
        "ALLO_REGION": "US",
        "ALLO_APPROVAL_PAGE": "off",
        **more,
    }
    return StdioServerParameters(command=sys.executable, args=["-m", "withallo_server"], env=environment)


@pytest.mark.anyio
@pytest.mark.parametrize("era", ["auto", "legacy"])
@pytest.mark.parametrize(("asks", "delivered"), [(approves, 1), (declines, 0), (None, 0)])
async def test_forms(account: Any, tmp_path: Path, *, asks: Any, delivered: int, era: Any) -> None:
    sandbox, url = account
    async with Client(server(tmp_path, url), mode=era, elicitation_callback=asks) as client:
        for _ in range(2):
            await client.call_tool("send_sms", CALL)
    assert len(sandbox.sent) == delivered


@pytest.mark.anyio
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="puts a script in the place of the browser")
async def test_the_page_opens_in_the_browser_of_the_human_and_its_link_stays_with_them(
    account: Any, tmp_path: Path, words: Any
) -> None:
    sandbox, url = account
    opened = tmp_path / "opened"
    script = tmp_path / "browser"
    script.write_text(f'#!/bin/sh\necho "$1" > "{opened}.part" && mv "{opened}.part" "{opened}"\n')
    script.chmod(0o700)
    more = {"ALLO_APPROVAL_PAGE": "open", "BROWSER": str(script), "DISPLAY": ":99", "PATH": os.environ["PATH"]}
    results: list[Any] = []

    async with Client(server(tmp_path, url, **more)) as client, anyio.create_task_group() as tasks:

        async def send() -> None:
            results.append(await client.call_tool("send_sms", CALL))

        tasks.start_soon(send)
        with anyio.fail_after(20):
            while not opened.exists():  # noqa: ASYNC110  # the browser is another process
                await anyio.sleep(0.02)
        link = opened.read_text().strip()
        async with httpx.AsyncClient(headers=BROWSER) as window:
            page = (await window.get(link)).text
            assert TEXT in page
            assert 'name="code"' not in page
            token = re.findall(r'name="token" value="([^"]+)"', page)[0]
            headers = {"origin": link.rsplit("/", 1)[0], "sec-fetch-site": "same-origin"}
            await window.post(link, headers=headers, data={"token": token, "decision": "send"})
    assert not results[0].is_error, words(results[0])
    assert link not in str(results[0])
    assert len(sandbox.sent) == 1
