import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from mcp import Client
from mcp.types import CallToolResult, ElicitResult, InputRequiredResult, InputResponses

CHROMIUM = shutil.which("chromium")
CALL = {"to": "+12125550133", "message": "The van comes at nine."}


@pytest.fixture
def call() -> dict[str, Any]:
    """Arguments of a text that would be delivered if a human said yes."""
    return dict(CALL)


Round = Callable[..., Awaitable[CallToolResult | InputRequiredResult]]


@pytest.fixture
def one_round() -> Round:
    """One bare tools/call of the 2026-07-28 era, with whatever answers and state a caller makes up."""

    async def call_once(
        client: Client, arguments: dict[str, Any], state: str | None = None, **answer: Any
    ) -> CallToolResult | InputRequiredResult:
        responses: InputResponses | None = {"approval": ElicitResult(**answer)} if answer else None
        result = await client.session.call_tool(
            "send_sms", arguments, input_responses=responses, request_state=state, allow_input_required=True
        )
        assert isinstance(result, CallToolResult | InputRequiredResult)
        return result

    return call_once


@pytest.fixture
def long_text() -> str:
    """About a thousand characters, emoji among them."""
    family = "\N{WOMAN}\u200d\N{WOMAN}\u200d\N{GIRL}\u200d\N{BOY}"
    return (f"Bonjour Sarah {family}, the van comes at nine, please keep the yard free. " * 15)[:990].strip() + " 🚚✅"


@pytest.fixture
def code(capfd: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """The code that only the log of the server shows."""

    def read() -> str:
        found = re.findall(r": (\d{6})$", capfd.readouterr().err, re.MULTILINE)
        assert found
        return str(found[-1])

    return read


@pytest.fixture
async def browser() -> AsyncIterator[Any]:
    """Debian's chromium."""
    if CHROMIUM is None:
        pytest.skip("Debian's chromium is not installed")
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        await chromium.close()


@pytest.fixture
def window(browser: Any) -> Callable[..., Awaitable[tuple[Any, list[str]]]]:
    """Opens a window and lists what goes wrong in it or leaves for elsewhere."""

    async def opened(**options: Any) -> tuple[Any, list[str]]:
        page = await (await browser.new_context(**options)).new_page()
        trouble: list[str] = []
        page.on("console", lambda message: trouble.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("request", lambda request: None if "127.0.0.1" in request.url else trouble.append(request.url))
        return page, trouble

    return opened
