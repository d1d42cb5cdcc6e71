"""What holds for every tool, and what the list of them costs."""

import json
import re
from collections.abc import Callable

import pytest
from mcp.server.mcpserver.tools import Tool

from withallo_tools.catalog import DEFAULT_TOOLSETS, TOOLS
from withallo_tools.schema import slim_schema
from withallo_tools.tool import Effect, ToolFunction

Tokens = Callable[[str], int]


def _listed(tools: list[ToolFunction]) -> str:
    listed = []
    for function in tools:
        made = Tool.from_function(function)
        schema = slim_schema(made.parameters)
        listed.append({"name": made.name, "description": made.description, "inputSchema": schema})
    return json.dumps(listed, separators=(",", ":"), ensure_ascii=False)


def _default() -> list[ToolFunction]:
    return [tool for tool in TOOLS if tool.tool_info.toolset in DEFAULT_TOOLSETS]


def test_the_default_list_is_short(tokens: Tokens) -> None:
    default = _default()
    assert len(default) <= 20
    assert tokens(_listed(default)) <= 5000


def test_the_default_list_of_a_server_that_only_reads_is_shorter(tokens: Tokens) -> None:
    readers = [tool for tool in _default() if tool.tool_info.effect is Effect.READ]
    assert tokens(_listed(readers)) <= 3000


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.__name__)
def test_a_tool_says_what_it_is_briefly_and_completely(tool: ToolFunction, tokens: Tokens) -> None:
    made = Tool.from_function(tool)
    schema = slim_schema(made.parameters)
    assert tokens(_listed([tool])) < 450
    assert len(tool.tool_info.title) > 3
    assert re.match(r"[A-Z][a-z]+ ", made.description)
    assert "\n\n" in made.description or len(made.description) < 220
    assert all(len(member["description"]) > 3 for member in schema.get("properties", {}).values())
    assert made.output_schema is not None
    hints = tool.tool_info.effect.hints
    assert None not in (hints.read_only_hint, hints.destructive_hint, hints.idempotent_hint, hints.open_world_hint)


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.__name__)
def test_a_description_names_only_tools_that_exist(tool: ToolFunction) -> None:
    names = {each.__name__ for each in TOOLS}
    parameters = set(Tool.from_function(tool).parameters["properties"])
    words = set(re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", tool.__doc__ or ""))
    assert words <= names | parameters


def test_names_are_unique() -> None:
    assert len({tool.__name__ for tool in TOOLS}) == len(TOOLS)


def test_no_schema_holds_generated_titles_or_empty_defaults() -> None:
    slim = slim_schema(
        {
            "title": "Arguments",
            "properties": {
                "title": {"title": "Title", "default": "", "type": "string"},
                "maybe": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None, "description": "x"},
                "count": {"default": 0, "type": "integer"},
                "flag": {"default": False, "type": "boolean"},
            },
        }
    )
    assert slim == {
        "properties": {
            "title": {"type": "string"},
            "maybe": {"type": "integer", "description": "x"},
            "count": {"default": 0, "type": "integer"},
            "flag": {"type": "boolean"},
        }
    }
