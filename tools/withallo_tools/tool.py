"""What a tool function carries beside its name, parameters and docstring."""

import inspect
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol, TypeVar, cast

from mcp.server.mcpserver import Context
from mcp.types import ToolAnnotations

ToolContext = Context[Any, Any]
"""What every tool takes first; the server fills it in."""

Function = TypeVar("Function", bound=Callable[..., Awaitable[Any]])


class Effect(Enum):
    """What calling a tool does to the world; the four MCP hints follow from it."""

    READ = "read"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    SEND = "send"

    @property
    def hints(self) -> ToolAnnotations:
        """All four hints; an update replaces what was there and so counts as destructive."""
        return ToolAnnotations(
            read_only_hint=self is Effect.READ,
            destructive_hint=self in {Effect.UPDATE, Effect.DELETE, Effect.SEND},
            idempotent_hint=self in {Effect.READ, Effect.UPDATE, Effect.DELETE},
            open_world_hint=self is Effect.SEND,
        )


@dataclass(frozen=True, slots=True)
class ToolInfo:
    """The facts about a tool that its signature cannot say.

    Attributes:
        title: What people read in a menu.
        effect: What a call changes.
        toolset: The group it is switched on and off with.
        scopes: API scopes of which the key needs at least one; none for a tool that works with any key.
    """

    title: str
    effect: Effect
    toolset: str
    scopes: tuple[str, ...]


class ToolFunction(Protocol):
    """A plain async function marked by `tool`."""

    __name__: str
    tool_info: ToolInfo

    async def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the tool."""


def tool(*, title: str, effect: Effect, toolset: str, scopes: tuple[str, ...] = ()) -> Callable[[Function], Function]:
    """Mark an async function as a tool; its docstring, unwrapped, is the description that the model reads."""

    def mark(function: Function) -> Function:
        cast("ToolFunction", function).tool_info = ToolInfo(title, effect, toolset, scopes)
        function.__doc__ = re.sub(r"(?<!\n)\n(?!\n)", " ", inspect.getdoc(function) or "")
        return function

    return mark
