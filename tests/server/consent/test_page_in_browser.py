"""The approval page in a real browser."""

import re
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

pytestmark = pytest.mark.chromium

LINK = re.compile(r"http://127\.0\.0\.1:\d+/[\w-]{43}")
SUBMITS = (
    '<form method="post" action="LINK"><input name="decision" value="send"></form>'
    "<script>document.forms[0].submit()</script>"
)
READS = '<script>fetch("LINK", {credentials: "include"}).then(r => r.text()).then(t => document.title = t)</script>'
ATTACKS = (SUBMITS, READS, '<iframe src="LINK"></iframe>', '<link rel="prefetch" href="LINK"><img src="LINK">')


async def link_of(client: Any, words: Any, call: Any) -> str:
    match = LINK.search(words(await client.call_tool("send_sms", call)))
    assert match
    return match[0]


@pytest.mark.anyio
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_page_by_mouse(
    world: Any, words: Any, call: Any, code: Any, *, window: Any, long_text: str, tmp_path: Path, scheme: str
) -> None:
    async with world.client(approval_page="print") as client:
        link = await link_of(client, words, {**call, "message": long_text})
        page, trouble = await window(color_scheme=scheme, viewport={"width": 480, "height": 900})
        await page.goto(link)
        assert await page.get_by_role("heading", level=1).inner_text() == (
            "Send a text to Sarah Whitfield +12125550133 from +12125550100"
        )
        assert await page.get_by_role("region", name="Full text").inner_text() == long_text
        await page.screenshot(path=tmp_path / f"page-{scheme}.png", full_page=True)
        await page.get_by_label("Code from the log of the server").fill(code())
        await page.get_by_role("button", name="Send").click()
        assert "Approved" in await page.get_by_role("heading", level=1).inner_text()
        assert not (await client.call_tool("send_sms", {**call, "message": long_text})).is_error
    assert trouble == []
    assert [text for _, text in world.sent] == [long_text]


@pytest.mark.anyio
async def test_the_page_by_keyboard(
    world: Any, words: Any, call: Any, code: Any, *, window: Any, tmp_path: Path
) -> None:
    async with world.client(approval_page="print") as client:
        page, trouble = await window()
        await page.goto(await link_of(client, words, call))
        stops = []
        for _ in range(5):
            await page.keyboard.press("Tab")
            stops.append(await page.evaluate("document.activeElement.innerText || document.activeElement.name"))
            if stops[-1] == "Edit":
                await page.keyboard.press("Enter")
                await page.keyboard.press("Tab")
                stops.append(await page.evaluate("document.activeElement.name"))
                await page.keyboard.press("Control+A")
                await page.keyboard.type("Ten, not nine.")
                await page.screenshot(path=tmp_path / "page-edit.png", full_page=True)
            if stops[-1] == "code":
                await page.keyboard.type(code())
        assert stops == [call["message"], "Edit", "text", "code", "Send", "Cancel"]
        await page.keyboard.press("Shift+Tab")
        await page.keyboard.press("Enter")
        await page.get_by_role("heading", name="Approved").wait_for()
        assert not (await client.call_tool("send_sms", call)).is_error
    assert trouble == []
    assert [text for _, text in world.sent] == ["Ten, not nine."]


@pytest.mark.anyio
async def test_another_page_can_neither_press_nor_frame_it(
    world: Any, words: Any, call: Any, window: Any, serve_page: Any
) -> None:
    async with world.client(approval_page="print") as client, AsyncExitStack() as stack:
        link = await link_of(client, words, call)
        for html in ATTACKS:
            page, _ = await window()
            await page.goto(await stack.enter_async_context(serve_page(html.replace("LINK", link))))
            await page.wait_for_load_state("networkidle")
            everywhere = "".join([await frame.content() for frame in page.frames])
            assert call["message"] not in everywhere + await page.title()
        page, _ = await window()
        await page.goto(link)
        assert call["message"] in await page.content(), "none of the attacks used the link up"
        assert (await client.call_tool("get_send", {"idempotency_key": "x"})).is_error
    assert world.sent == []


@pytest.fixture
def serve_page(serve_app: Any) -> Any:
    """Serves some HTML from another origin on this machine."""

    def serve(html: str) -> Any:
        async def show(request: Any) -> HTMLResponse:
            return HTMLResponse(html)

        return serve_app(Starlette(routes=[Route("/", show)]))

    return serve
