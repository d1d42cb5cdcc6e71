"""Which tools are offered, and why the others are not."""

from collections.abc import Iterable, Sequence

from withallo_server.settings import Settings
from withallo_tools.catalog import DEFAULT_TOOLSETS, TOOLS
from withallo_tools.services import ToolStatus
from withallo_tools.tool import Effect, ToolFunction, ToolInfo

ALWAYS = "account"


def known_toolsets() -> set[str]:
    """Names that `ALLO_TOOLSETS` may hold."""
    return {"all", "default", *(function.tool_info.toolset for function in TOOLS)}


def statuses(
    settings: Settings, scopes: frozenset[str] | None, tools: Sequence[ToolFunction] = TOOLS
) -> tuple[ToolStatus, ...]:
    """The state of every tool, in the order of the catalog.

    Args:
        settings: What the operator decided.
        scopes: Scopes of the key; nothing while they are not known, which closes no tool.
        tools: The catalog.
    """
    wanted = _wanted(settings.toolsets)
    return tuple(_status(function, wanted, settings.read_only, scopes) for function in tools)


def _wanted(names: Iterable[str]) -> set[str]:
    wanted = {ALWAYS, *names}
    if "default" in wanted:
        wanted |= DEFAULT_TOOLSETS
    return wanted


def _status(function: ToolFunction, wanted: set[str], read_only: bool, scopes: frozenset[str] | None) -> ToolStatus:
    reason = _why_off(function.tool_info, wanted, read_only, scopes)
    return ToolStatus(function.__name__, not reason, reason or "on")


def _why_off(info: ToolInfo, wanted: set[str], read_only: bool, scopes: frozenset[str] | None) -> str:
    if "all" not in wanted and info.toolset not in wanted:
        return f"the toolset {info.toolset} is off (the operator's setting ALLO_TOOLSETS)"
    if read_only and info.effect is not Effect.READ:
        return "this server only reads (the operator's setting ALLO_READ_ONLY)"
    if scopes is not None and info.scopes and scopes.isdisjoint(info.scopes):
        return f"the API key lacks the scope {' or '.join(info.scopes)}"
    return ""
