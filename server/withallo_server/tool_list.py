"""The list of tools as clients see it, read from `tools.json`.

The tools are written once, as functions. Making their schemas takes a sixth of a start, so what follows from the
functions is kept in that file; `made_from_functions` makes it, and a test compares the two.
"""

import inspect
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from mcp.server import MCPServer
from mcp.types import Tool

from withallo_tools.tool import Effect, ToolInfo

FILE = "tools.json"


@dataclass(frozen=True, slots=True)
class ToolEntry:
    """A tool in the list.

    Attributes:
        tool: What clients get.
        info: What the function carries beside its signature.
        is_default: Whether it is on unless the operator says otherwise.
    """

    tool: Tool
    info: ToolInfo
    is_default: bool

    @property
    def arguments(self) -> tuple[str, ...]:
        """Names of its arguments."""
        return tuple(self.tool.input_schema.get("properties", {}))


@cache
def entries() -> dict[str, ToolEntry]:
    """All tools by name, in the order of the catalog."""
    rows = json.loads(files(__package__).joinpath(FILE).read_text(encoding="utf-8"))
    return {row["tool"]["name"]: _entry(row) for row in rows}


def register(server: MCPServer[Any], name: str) -> None:
    """Give a server the function behind a tool of the list."""
    from withallo_tools.catalog import TOOLS

    function = next(function for function in TOOLS if function.__name__ == name)
    server.add_tool(
        function,
        title=function.tool_info.title,
        description=inspect.getdoc(function),
        annotations=function.tool_info.effect.hints,
    )


async def made_from_functions() -> list[dict[str, Any]]:
    """What the file has to hold."""
    from withallo_tools.catalog import DEFAULT_TOOLSETS, TOOLS
    from withallo_tools.schema import slim_schema

    server = MCPServer[Any]("list")
    for function in TOOLS:
        register(server, function.__name__)
    listed = {tool.name: tool for tool in await server.list_tools()}
    rows = []
    for function in TOOLS:
        info = function.tool_info
        tool = listed[function.__name__].model_dump(mode="json", by_alias=True, exclude_none=True)
        slim: dict[str, Any] = {
            name: slim_schema(tool[name]) for name in ("inputSchema", "outputSchema") if name in tool
        }
        rows.append(
            {
                "tool": {**tool, **slim},
                "toolset": info.toolset,
                "is_default": info.toolset in DEFAULT_TOOLSETS,
                "effect": info.effect.value,
                "scopes": list(info.scopes),
            }
        )
    return rows


def _entry(row: dict[str, Any]) -> ToolEntry:
    tool = Tool.model_validate(row["tool"])
    info = ToolInfo(tool.title or "", Effect(row["effect"]), row["toolset"], tuple(row["scopes"]))
    return ToolEntry(tool, info, row["is_default"])
