"""Which tools are offered, and why the others are not."""

from withallo_server.settings import Settings
from withallo_server.tool_list import ToolEntry, entries
from withallo_tools.services import ToolStatus
from withallo_tools.tool import Effect

ALWAYS = "account"


def known_toolsets() -> set[str]:
    """Names that `ALLO_TOOLSETS` may hold."""
    return {"all", "default", *(entry.info.toolset for entry in entries().values())}


def statuses(settings: Settings, scopes: frozenset[str] | None) -> tuple[ToolStatus, ...]:
    """The state of every tool, in the order of the catalog.

    Args:
        settings: What the operator decided.
        scopes: Scopes of the key; nothing while they are not known, which closes no tool.
    """
    reasons = {name: _why_off(entry, settings, scopes) for name, entry in entries().items()}
    return tuple(ToolStatus(name, not reason, reason or "on") for name, reason in reasons.items())


def _why_off(entry: ToolEntry, settings: Settings, scopes: frozenset[str] | None) -> str:
    info = entry.info
    if not _is_wanted(entry, settings.toolsets):
        return f"the toolset {info.toolset} is off (the operator's setting ALLO_TOOLSETS)"
    if settings.read_only and info.effect is not Effect.READ:
        return "this server only reads (the operator's setting ALLO_READ_ONLY)"
    if scopes is not None and info.scopes and scopes.isdisjoint(info.scopes):
        return f"the API key lacks the scope {' or '.join(info.scopes)}"
    return ""


def _is_wanted(entry: ToolEntry, toolsets: tuple[str, ...]) -> bool:
    named = entry.info.toolset in (ALWAYS, *toolsets)
    return named or "all" in toolsets or (entry.is_default and "default" in toolsets)
