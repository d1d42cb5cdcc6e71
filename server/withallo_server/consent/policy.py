"""What the operator wants to happen before a write: ask, let it go, or refuse."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Literal

from mcp.server.mcpserver import Context

from withallo_server.guardrails.patterns import IsContact, covers
from withallo_server.guardrails.settings import SendingSettings
from withallo_tools.services import Write
from withallo_tools.tool import Effect, ToolInfo

Policy = Literal["allow", "ask", "deny"]

HEADER = "x-allo-consent"

_STRICTNESS: Mapping[str, int] = {"allow": 0, "ask": 1, "deny": 2}
_OPENS_THE_ACCOUNT = "webhooks"
_UNDONE_IN_A_CLICK = frozenset({"mark_conversation"})


async def policy_for(settings: SendingSettings, write: Write, is_contact: IsContact) -> Policy:
    """The operator's policy for one write."""
    return "allow" if await _is_exempt(settings, write, is_contact) else settings.consent


def tightened(policy: Policy, ctx: Context[Any, Any]) -> Policy:
    """The policy, made stricter by the client's header where it asks for that; never looser."""
    wish = (ctx.headers or {}).get(HEADER, "").strip().lower()
    return wish if _STRICTNESS.get(wish, -1) > _STRICTNESS[policy] else policy  # type: ignore[return-value]  # one of the three keys


def is_gated(write: Write, *, after_outsiders: bool) -> bool:
    """Whether a write needs consent at all.

    Whatever sends, spends or deletes does, a change by which something is lost too, and so do webhooks, for they
    carry the account's data elsewhere. After outsiders' words were read, so does every other change that is not undone
    in a click: a changed number is where the next text would go, a changed summary is what colleagues believe. A tool
    that is not in the catalog is taken for the worst.
    """
    info = _catalog().get(write.tool)
    if info is None or write.recipients or write.deletes or info.effect in {Effect.SEND, Effect.DELETE}:
        return True
    return info.toolset == _OPENS_THE_ACCOUNT or (after_outsiders and write.tool not in _UNDONE_IN_A_CLICK)


def may_happen_twice(write: Write) -> bool:
    """Whether doing it again would leave the world as it is."""
    info = _catalog().get(write.tool)
    return info is not None and info.effect in {Effect.UPDATE, Effect.DELETE}


def is_reading(tool: str) -> bool:
    """Whether a tool only reads; its answers are what a model is told by others."""
    info = _catalog().get(tool)
    return info is None or info.effect is Effect.READ


@cache
def may_ask() -> frozenset[str]:
    """Names of all tools that ever ask."""
    return frozenset(
        name for name, info in _catalog().items() if info.effect is not Effect.READ and name not in _UNDONE_IN_A_CLICK
    )


@cache
def _catalog() -> dict[str, ToolInfo]:
    from withallo_tools.catalog import TOOLS

    return {function.__name__: function.tool_info for function in TOOLS}


async def _is_exempt(settings: SendingSettings, write: Write, is_contact: IsContact) -> bool:
    patterns: list[str] = []
    for entry in settings.consent_allow:
        tool, colon, recipient = entry.rpartition(":")
        if entry == write.tool:
            return True
        if not colon or tool == write.tool:
            patterns.append(recipient)
    if not write.recipients:
        return False
    return all([await covers(patterns, number, is_contact) for number in write.recipients])
