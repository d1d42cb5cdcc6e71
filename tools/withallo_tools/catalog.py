"""The table of contents: every tool, in the order in which clients see them, and the groups they come in."""

from typing import cast

from withallo_tools.account import get_account
from withallo_tools.calls import search_calls
from withallo_tools.numbers import list_numbers
from withallo_tools.tool import ToolFunction

TOOLS = cast(
    "tuple[ToolFunction, ...]",
    (
        get_account,
        list_numbers,
        search_calls,
    ),
)

DEFAULT_TOOLSETS = frozenset({"account", "calls", "contacts", "messages", "webhooks", "events"})
"""What is on unless the operator says otherwise; `all` adds what people rarely need."""
