"""The main job in twenty seconds: a real MCP client, our stdio server as a subprocess, the embedded account."""

import json
import pathlib
import re
import sys
import tempfile
from collections.abc import Mapping
from typing import Any

import anyio
import httpx
from mcp import Client
from mcp.client import ClientRequestContext
from mcp.client.stdio import StdioServerParameters
from mcp.types import (
    CallToolResult,
    ElicitRequestFormParams,
    ElicitRequestParams,
    ElicitResult,
    TextContent,
    TextResourceContents,
)
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding

RECENT = "allo://events/recent"
console = Console(highlight=False)


class DemoError(Exception):
    """Something the demo shows did not happen."""


def main() -> None:
    """Run the demonstration; the exit status says whether every step worked."""
    with tempfile.TemporaryDirectory(prefix="withallo-demo-") as folder:
        try:
            anyio.run(_converse, folder)
        except* DemoError as failures:
            sys.exit(f"demo: {_first(failures)}")
    _show_configuration()


async def _converse(folder: str) -> None:
    flags = ["--sandbox", "--listen", "127.0.0.1:0", "--data-dir", folder, "--log-level", "ERROR"]
    server = StdioServerParameters(command=sys.executable, args=["-m", "withallo_server", *flags])
    with anyio.fail_after(60):
        async with Client(server, elicitation_callback=_answer_for_the_human) as client:
            await _look_around(client)
            async with httpx.AsyncClient(base_url=f"http://{await _address(client)}/_sandbox", timeout=10) as controls:
                await _text_a_contact(client, controls)
                await _summarise_calls(client, controls)
                await _receive_a_text(client, controls)


async def _address(client: Client) -> str:
    """Where the server listens, as it says itself: the system chose the port."""
    found = re.search(r"127\.0\.0\.1:\d+", _words(await client.call_tool("get_account", {})))
    if found is None:
        raise DemoError("the server does not say where it receives webhooks")
    return found[0]


def _first(failures: BaseExceptionGroup[Any]) -> BaseException:
    """The failure itself, out of the groups that task groups wrap it in."""
    inner = failures.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner


async def _look_around(client: Client) -> None:
    _title("The server, over stdio, on the embedded account (no key, no network)")
    tools = (await client.list_tools()).tools
    resources = (await client.list_resources()).resources
    _note(f"{len(tools)} tools: {', '.join(tool.name for tool in tools)}")
    _note(f"{len(resources)} resources: {', '.join(resource.uri for resource in resources[:6])}, …")


async def _text_a_contact(client: Client, controls: httpx.AsyncClient) -> None:
    _human("Text Marie Dupont that I am ten minutes late.")
    people = await _call(client, "search_contacts", {"query": "marie dupont", "limit": 3})
    found = (people.structured_content or {}).get("people", [])
    number = next((number for person in found for number in person.get("numbers", [])), None)
    if number is None:
        raise DemoError("the search for Marie Dupont found nobody with a number")
    await _call(client, "send_sms", {"to": number, "message": "Running ten minutes late, sorry!"})
    delivered = (await controls.get("/sent")).json()["data"]
    if len(delivered) != 1:
        raise DemoError(f"the account delivered {delivered} instead of one text")
    _note("The account delivered exactly one text.")


async def _summarise_calls(client: Client, controls: httpx.AsyncClient) -> None:
    call = {"summary": "Asked to move the Thursday delivery to Friday morning; we will confirm by text."}
    (await controls.post("/inbound-call", json=call)).raise_for_status()
    _human("Summarise today's calls.")
    await _call(client, "search_calls", {"since": "today", "limit": 5})


async def _receive_a_text(client: Client, controls: httpx.AsyncClient) -> None:
    _human("Tell me when somebody texts us.")
    async with client.listen(resource_subscriptions=[RECENT]) as updates:
        _note(f"subscribed to {RECENT}")
        text = {"content": "No problem, see you at quarter past!"}
        (await controls.post("/inbound-sms", json=text)).raise_for_status()
        _note("… a text arrives: Allo signs a webhook, the inbox verifies and stores it …")
        with anyio.fail_after(10):
            async for update in updates:
                _note(f"notification: {getattr(update, 'uri', update)} changed")
                read = await client.read_resource(RECENT)
                content = next((c.text for c in read.contents if isinstance(c, TextResourceContents)), "")
                if text["content"] in content:
                    _answer(f"read {RECENT}", _newest(content))
                    return
    raise DemoError("the text never reached the inbox")


async def _call(client: Client, name: str, arguments: Mapping[str, Any]) -> CallToolResult:
    result = await client.call_tool(name, dict(arguments))
    text = _words(result)
    _answer(f"{name}({', '.join(f'{key}={value!r}' for key, value in arguments.items())})", text)
    if result.is_error:
        raise DemoError(f"{name} failed: {text}")
    return result


def _words(result: CallToolResult) -> str:
    return "\n".join(block.text for block in result.content if isinstance(block, TextContent))


async def _answer_for_the_human(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
    """Say yes as a person would who reads the question; the demonstration has nobody to ask."""
    console.print(Padding(f"[yellow]asked:[/] {escape(params.message)}", (0, 0, 0, 4)))
    console.print("    [yellow]You:[/] yes")
    if not isinstance(params, ElicitRequestFormParams):
        return ElicitResult(action="decline")
    fields = params.requested_schema.get("properties", {})
    return ElicitResult(
        action="accept", content={name: True for name, field in fields.items() if field.get("type") == "boolean"}
    )


def _newest(content: str) -> str:
    """The newest event of the resource, as JSON, or the text itself."""
    try:
        events = json.loads(content)["events"]
    except (ValueError, KeyError, TypeError):
        return content
    return json.dumps(events[0], indent=2, ensure_ascii=False)


def _show_configuration() -> None:
    script = pathlib.Path(sys.executable).with_name("withallo-mcp")
    command, arguments = (str(script), []) if script.exists() else (sys.executable, ["-m", "withallo_server"])
    entry = {"command": command, "args": [*arguments, "--sandbox"]}
    _title("Connect it: paste this into Claude Desktop (claude_desktop_config.json) or Cursor (~/.cursor/mcp.json)")
    console.print_json(data={"mcpServers": {"allo": entry}}, ensure_ascii=False)
    _note('For your own account replace "--sandbox" by an "env": {"ALLO_API_KEY": "…"} beside "args".')


def _title(text: str) -> None:
    console.print(f"\n[bold]{escape(text)}[/]")


def _human(text: str) -> None:
    console.print(f"\n[bold cyan]You:[/] {escape(text)}")


def _note(text: str) -> None:
    console.print(Padding(f"[dim]{escape(text)}[/]", (0, 0, 0, 2)))


def _answer(request: str, text: str) -> None:
    console.print(Padding(f"[green]→ {escape(request)}[/]", (0, 0, 0, 2)))
    console.print(Padding(escape(text), (0, 0, 0, 4)))
