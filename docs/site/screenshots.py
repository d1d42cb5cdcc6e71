"""Takes the pictures of the documentation from the running product: python docs/site/screenshots.py.

Needs Debian's chromium. Everything in them is the embedded account; only the places where this machine keeps things are
written as a reader's would be.
"""

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import anyio
from mcp import Client
from mcp.client import advertise
from mcp.server.apps import APP_MIME_TYPE, EXTENSION_ID
from mcp.types import TextContent, TextResourceContents
from playwright.async_api import Browser, async_playwright
from rich.console import Console
from rich.text import Text

from withallo_sandbox import SARAH, Sandbox
from withallo_server.factory import build_server
from withallo_server.settings import Settings

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"
HOST = ROOT / "tests" / "server" / "consent" / "host.html"
WIDTH = 480
SEND = {"to": SARAH.numbers[0], "message": "Running ten minutes late, sorry! Order the fish for me?"}


async def main() -> None:
    """Take every picture."""
    IMAGES.mkdir(exist_ok=True)
    async with async_playwright() as playwright:
        chromium = shutil.which("chromium") or sys.exit("chromium is not installed")
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        with tempfile.TemporaryDirectory() as folder:
            await send_card(browser, Path(folder) / "card")
            await approval_page(browser, Path(folder) / "page")
            await terminal(browser, "doctor", ("--sandbox", "doctor"), Path(folder) / "doctor")
            await terminal(
                browser, "install", ("install", "claude-desktop", "--sandbox", "--yes"), Path(folder) / "install"
            )
        await browser.close()


def server(folder: Path, approval_page: str = "off") -> Any:
    """A server on the embedded account."""
    settings = Settings(sandbox=True, data_dir=folder, timezone="Europe/Paris", approval_page=approval_page)
    return build_server(settings, sandbox=Sandbox(rate_limits=False, calls=20, scale=20))


async def send_card(browser: Browser, folder: Path) -> None:
    """The send card, in a frame as a client with MCP Apps shows it."""
    shows = [advertise(EXTENSION_ID, {"mimeTypes": [APP_MIME_TYPE]})]
    async with Client(server(folder), extensions=shows) as client:
        content = (await client.read_resource("ui://withallo/send-card.html")).contents[0]
        html = content.text if isinstance(content, TextResourceContents) else ""
        asked = (await client.call_tool("send_sms", SEND)).model_dump(mode="json", by_alias=True, exclude_none=True)
        page = await browser.new_page(viewport={"width": WIDTH, "height": 800})
        await page.set_content(HOST.read_text(encoding="utf-8"))
        await page.evaluate("([html, result]) => window.show(html, result, 'light')", [html, asked])
        card = page.frame_locator("iframe")
        await card.get_by_role("button", name="Send").wait_for()
        await card.locator("body").screenshot(path=IMAGES / "send-card.png")


async def approval_page(browser: Browser, folder: Path) -> None:
    """The page that opens where a client cannot ask."""
    async with Client(server(folder, "print")) as client:
        answer = await client.call_tool("send_sms", SEND)
        words = "".join(part.text for part in answer.content if isinstance(part, TextContent))
        link = re.search(r"http://127\.0\.0\.1:\d+/[\w-]+", words)
        page = await browser.new_page(viewport={"width": WIDTH, "height": 600})
        await page.goto(link[0] if link else "")
        await page.locator("body").screenshot(path=IMAGES / "approval-page.png")


async def terminal(browser: Browser, name: str, command: tuple[str, ...], home: Path) -> None:
    """What a command says, on a terminal."""
    program = Path(sys.executable).with_name("withallo-mcp")
    kept = {each: os.environ[each] for each in ("PATH", "LANG") if each in os.environ}
    environment = {
        **kept,
        "HOME": str(home),
        "FORCE_COLOR": "1",
        "COLUMNS": "110",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }
    await anyio.Path(home).mkdir()
    said = await anyio.run_process([str(program), *command], env=environment, check=False, stderr=subprocess.STDOUT)
    text = said.stdout.decode().replace(str(program.parent), "/home/you/.local/bin").replace(str(home), "/home/you")
    console = Console(record=True, width=110, file=io.StringIO())
    console.print(f"[bold]$[/] withallo-mcp {' '.join(command)}", highlight=False)
    console.print(Text.from_ansi(text))
    page = await browser.new_page(viewport={"width": 920, "height": 400})
    style = "pre { padding: 12px; background: #fff; font: 13px/1.45 monospace; white-space: pre-wrap; margin: 0 }"
    await page.set_content(
        f"<style>{style}</style>{console.export_html(inline_styles=True, code_format='<pre>{code}</pre>')}"
    )
    await page.locator("pre").screenshot(path=IMAGES / f"{name}.png")


if __name__ == "__main__":
    anyio.run(main)
