"""Runs every tool on the embedded account and writes what it answered."""

import inspect
import json
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import httpx
from mcp import Client
from mcp.client import ClientRequestContext
from mcp.client.session import ElicitationFnT
from mcp.types import (
    CallToolResult,
    ElicitRequestFormParams,
    ElicitRequestParams,
    ElicitResult,
    TextContent,
)

from withallo_sandbox import SARAH, Sandbox
from withallo_server.factory import build_server
from withallo_server.settings import Settings
from withallo_tools.catalog import DEFAULT_TOOLSETS, TOOLS
from withallo_tools.tool import ToolFunction

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
_EFFECTS = {"READ": "reads", "CREATE": "creates", "UPDATE": "changes", "DELETE": "deletes", "SEND": "sends"}


def pages(examples: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The text of each page about tools, by its path: one for each toolset, and a table of all."""
    answers = anyio.run(_run_all, examples)
    toolsets: dict[str, list[ToolFunction]] = defaultdict(list)
    for function in TOOLS:
        toolsets[function.tool_info.toolset].append(function)
    written = {f"tools/{name}.md": _page(name, functions, answers) for name, functions in toolsets.items()}
    return {"tools/index.md": _index(toolsets), **written}


class _Answered:
    """A call and its answer."""

    def __init__(
        self, schema: Mapping[str, Any], arguments: Mapping[str, Any], asked: str, result: CallToolResult
    ) -> None:
        self.schema = schema
        self.arguments = arguments
        self.asked = asked
        self.text = "\n".join(block.text for block in result.content if isinstance(block, TextContent))
        self.failed = bool(result.is_error)


async def _run_all(examples: Mapping[str, Mapping[str, Any]]) -> dict[str, _Answered]:
    answers: dict[str, _Answered] = {}
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        company = Sandbox(now=NOW, rate_limits=False)
        settings = Settings(
            sandbox=True,
            data_dir=Path(folder),
            toolsets=("all",),
            timezone="Europe/Paris",
            region="FR",
            approval_page="off",
        )
        asked: list[str] = []
        server = build_server(settings, sandbox=company)
        client = await stack.enter_async_context(Client(server, elicitation_callback=_human(asked)))
        await _let_things_happen(company)
        schemas = {tool.name: tool.input_schema for tool in (await client.list_tools()).tools}
        known = {"number": SARAH.numbers[0], "call": await _a_call(client), "contact": await _a_contact(client)}
        for function in TOOLS:
            name = function.__name__
            arguments = _filled(examples[name], known)
            asked.clear()
            result = await client.call_tool(name, arguments)
            answers[name] = _Answered(schemas[name], arguments, "\n".join(asked), result)
            if name == "create_webhook":
                known["webhook"] = str((result.structured_content or {}).get("id", ""))
    return answers


def _human(asked: list[str]) -> ElicitationFnT:
    """Somebody who reads every question and agrees."""

    async def agree(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        asked.append(params.message)
        if not isinstance(params, ElicitRequestFormParams):
            return ElicitResult(action="decline")
        fields = params.requested_schema.get("properties", {})
        yes = {name: True for name, field in fields.items() if field.get("type") == "boolean"}
        return ElicitResult(action="accept", content=yes)

    return agree


async def _let_things_happen(company: Sandbox) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=company.app), base_url="http://sandbox") as http:
        for content in ("Are you still coming today?", "The gate code is 4417."):
            body = {"from_number": SARAH.numbers[0], "content": content}
            (await http.post("/_sandbox/inbound-sms", json=body)).raise_for_status()


async def _a_call(client: Client) -> str:
    found = (await client.call_tool("search_calls", {"limit": 1})).structured_content or {}
    return str(found["calls"][0]["id"])


async def _a_contact(client: Client) -> str:
    found = (await client.call_tool("search_contacts", {"query": SARAH.numbers[0]})).structured_content or {}
    return str(found["people"][0]["id"])


def _filled(arguments: Mapping[str, Any], known: Mapping[str, str]) -> dict[str, Any]:
    text = json.dumps(arguments)
    for name, value in known.items():
        text = text.replace("{" + name + "}", value)
    return dict(json.loads(text))


def _index(toolsets: Mapping[str, list[ToolFunction]]) -> str:
    rows = [
        f"| [`{function.__name__}`]({name}.md#{function.__name__})"
        f" | {name}{'' if name in DEFAULT_TOOLSETS else ' (off)'}"
        f" | {_EFFECTS[function.tool_info.effect.name]} | {', '.join(function.tool_info.scopes) or 'any key'} |"
        for name, functions in toolsets.items()
        for function in functions
    ]
    return (
        "# Tools\n\nEach example was run on the embedded account while this site was built. Toolsets marked off are "
        "switched on with `ALLO_TOOLSETS=default,extras` or `all`.\n\n"
        "| Tool | Toolset | It | One of these scopes |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"
    )


def _page(toolset: str, functions: list[ToolFunction], answers: Mapping[str, _Answered]) -> str:
    parts = [f"# {toolset.capitalize()}\n"]
    for function in functions:
        answered = answers[function.__name__]
        parts.append(f"## {function.tool_info.title} {{ #{function.__name__} }}\n\n`{function.__name__}`\n")
        parts.append((inspect.getdoc(function) or "") + "\n")
        parts.append(_parameters(answered.schema))
        call = json.dumps(answered.arguments, indent=2, ensure_ascii=False)
        parts.append(f'```json title="call"\n{call}\n```\n')
        if answered.asked:
            parts.append(f'```text title="question to the human, who agreed"\n{answered.asked.strip()}\n```\n')
        parts.append(f'```text title="answer"\n{answered.text.strip()}\n```\n')
    return "\n".join(parts)


def _parameters(schema: Mapping[str, Any]) -> str:
    rows = [
        f"| `{name}` | {_kind(each)} | {'required' if name in schema.get('required', ()) else _default(each)} |"
        f" {each.get('description', '')} |"
        for name, each in schema.get("properties", {}).items()
    ]
    return "| Argument | Is | Default | |\n|---|---|---|---|\n" + "\n".join(rows) + "\n" if rows else ""


def _kind(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    return str(schema.get("type", "")) or " or ".join(str(each.get("type")) for each in schema.get("anyOf", ()))


def _default(schema: Mapping[str, Any]) -> str:
    value = schema.get("default")
    return f"`{json.dumps(value, ensure_ascii=False)}`" if value not in (None, "", []) else ""
