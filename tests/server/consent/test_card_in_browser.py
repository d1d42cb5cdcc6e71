"""The send card in a real browser, shown as a host shows it."""

import json
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.chromium

STRICT = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'\">"
)


async def show_card(
    window: Any, client: Any, arguments: Any, theme: str = "light", *, tool: str = "send_sms", go: str = "Send"
) -> tuple[Any, Any, list[str]]:
    """The card as a host shows it: in a sandboxed frame, without a network, talking by messages."""
    page, trouble = await window(viewport={"width": 500, "height": 800})
    html = (await client.read_resource("ui://withallo/send-card.html")).contents[0].text
    result = (await client.call_tool(tool, arguments)).model_dump(mode="json", by_alias=True, exclude_none=True)

    async def call_tool(params: Any) -> Any:
        answer = await client.call_tool(params["name"], params["arguments"])
        return answer.model_dump(mode="json", by_alias=True, exclude_none=True)

    await page.expose_function("callTool", call_tool)
    await page.set_content((Path(__file__).parent / "host.html").read_text())
    strict = html.replace("<head>", f"<head>{STRICT}", 1)
    await page.evaluate("([html, result, theme]) => window.show(html, result, theme)", [strict, result, theme])
    card = page.frame_locator("iframe")
    await card.get_by_role("button", name=go).wait_for()
    return page, card, trouble


@pytest.mark.anyio
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_the_card_by_mouse(
    world: Any, call: Any, window: Any, long_text: str, *, tmp_path: Path, theme: str
) -> None:
    async with world.client(apps=True) as client:
        page, card, trouble = await show_card(window, client, {**call, "message": long_text}, theme)
        assert await card.get_by_role("region", name="Full text").inner_text() == long_text
        await page.screenshot(path=tmp_path / f"card-{theme}.png")
        assert world.sent == []
        await card.get_by_role("button", name="Send").dblclick()
        await card.get_by_role("status").filter(has_text="Sent from").wait_for()
        await page.screenshot(path=tmp_path / f"card-{theme}-sent.png")
        assert "Sent from" in json.dumps(await page.evaluate("window.told"))
        assert not await card.get_by_role("button", name="Send").is_visible()
    assert trouble == []
    assert [text for _, text in world.sent] == [long_text]


@pytest.mark.anyio
async def test_the_card_by_keyboard(world: Any, call: Any, window: Any, tmp_path: Path) -> None:
    async with world.client(apps=True) as client:
        page, card, trouble = await show_card(window, client, call)
        await card.get_by_role("region", name="Full text").focus()
        for key in ("Tab", "Tab", "Enter"):
            await page.keyboard.press(key)
        await page.keyboard.press("Control+A")
        await page.keyboard.type("Ten, not nine.")
        await page.screenshot(path=tmp_path / "card-edit.png")
        for key in ("Tab", "Enter"):
            await page.keyboard.press(key)
        await card.get_by_role("status").filter(has_text="Sent, with the human's wording").wait_for()
    assert trouble == []
    assert [text for _, text in world.sent] == ["Ten, not nine."]


@pytest.mark.anyio
async def test_a_text_with_marks_can_be_edited_in_full_length(world: Any, call: Any, window: Any) -> None:
    text = "\u0645\u06cc\u200c\u0631\u0633\u0645 " * 140
    async with world.client(apps=True) as client:
        page, card, trouble = await show_card(window, client, {**call, "message": f"{text}ok"})
        await card.get_by_role("button", name="Edit").click()
        await card.locator("#draft").press("Control+End")
        await page.keyboard.type("!")
        assert "983 characters" in await card.locator("#count").inner_text()
        await card.get_by_role("button", name="Send").click()
        await card.get_by_role("status").filter(has_text="Sent, with the human's wording").wait_for()
    assert trouble == []
    assert [sent for _, sent in world.sent] == [f"{text}ok!"]


@pytest.mark.anyio
async def test_cancel_in_the_card(world: Any, call: Any, window: Any) -> None:
    async with world.client(apps=True) as client:
        _, card, trouble = await show_card(window, client, call)
        await card.get_by_role("button", name="Cancel").click()
        await card.get_by_role("status").filter(has_text="Nothing was sent").wait_for()
    assert trouble == []
    assert world.sent == []


@pytest.mark.anyio
async def test_a_card_about_something_else_than_a_text_says_what_its_button_does(world: Any, window: Any) -> None:
    webhook = {"url": "https://hooks.example/card", "topics": ["sms.received"]}
    async with world.client(apps=True) as client:
        _, card, trouble = await show_card(window, client, webhook, tool="create_webhook", go="Yes, do it")
        assert not await card.get_by_role("button", name="Edit").is_visible()
        await card.get_by_text("Nothing happens unless you press Yes, do it.").wait_for()
        await card.get_by_role("button", name="Yes, do it").click()
        await card.get_by_role("status").filter(has_text="Created").wait_for()
        assert "https://hooks.example/card" in str(await client.call_tool("list_webhooks"))
    assert trouble == []


@pytest.mark.anyio
async def test_hostile_words_stay_words_in_the_card(world: Any, call: Any, window: Any) -> None:
    hostile = "<img src=x onerror=\"document.title='owned'\"><script>alert(1)</script>\u202etxet"
    async with world.client(apps=True) as client:
        page, card, trouble = await show_card(window, client, {**call, "message": hostile})
        shown = await card.get_by_role("region", name="Full text").inner_text()
        assert shown == hostile.replace("\u202e", "⟨U+202E⟩")
        assert await page.title() == "Host"
    assert trouble == []
