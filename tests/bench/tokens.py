"""Tokens (o200k_base) of the tool list and of answers, as a model pays for them."""

import json
from typing import Any

import bpe_openai
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.types import TextContent, Tool
from tests.bench import report

ENCODING = bpe_openai.get_encoding("o200k_base")


def count(text: str) -> int:
    """Tokens of a text."""
    return len(ENCODING.encode(text))


def model_view(tool: Tool) -> dict[str, Any]:
    """What clients forward of a tool."""
    return {"name": tool.name, "description": tool.description, "input_schema": tool.input_schema}


def of_tools(tools: list[Tool]) -> int:
    """Tokens of a tool list, compact JSON."""
    return count(json.dumps([model_view(tool) for tool in tools], ensure_ascii=False, separators=(",", ":")))


async def main(server: StdioServerParameters) -> None:
    """Count the default list and ten recent calls."""
    async with Client(server) as client:
        tools = (await client.list_tools()).tools
        listed = of_tools(tools)
        report.row(f"default list, {len(tools)} tools", f"{listed} tokens", "<= 5000", listed <= 5000)
        largest = max(tools, key=lambda tool: of_tools([tool]))
        size = of_tools([largest])
        report.row(f"largest tool, {largest.name}", f"{size} tokens", "< 450", size < 450)
        calls = await client.call_tool("search_calls", {"limit": 10})
        text = "".join(block.text for block in calls.content if isinstance(block, TextContent))
        report.row("search_calls, 10 calls, text", f"{count(text)} tokens", "<= 900", count(text) <= 900)
        structured = json.dumps(calls.structured_content, ensure_ascii=False, separators=(",", ":"))
        report.row("search_calls, 10 calls, structured content", f"{count(structured)} tokens")
