"""Which tool each resource stands for: what the tool would not tell, the resource does not either."""

import re
from collections.abc import Mapping

SCHEME = "allo://"
STANDS_FOR = {
    "allo://numbers": "list_numbers",
    "allo://contacts/*": "get_contact",
    "allo://contacts/*/events": "list_events",
    "allo://inbox": "list_events",
    "allo://events/*": "list_events",
    "allo://events/topics/*": "list_events",
    "allo://calls/*": "get_call",
    "allo://calls/*/transcript": "get_call",
    "allo://calls/*/recording": "get_call",
    "allo://conversations/*": "get_contact_conversation",
}
"""Tools by address; a star is one part of the path. What is missing here is closed to everybody."""

_QUERY = r"(\{?\?[^/]*)?"
_ADDRESSES = tuple(
    (re.compile(re.escape(address).replace(r"\*", "[^/?]+") + _QUERY), tool) for address, tool in STANDS_FOR.items()
)


def tool_behind(address: str) -> str | None:
    """The tool that a resource, or a template, stands for; none when there is no such resource."""
    return next((tool for pattern, tool in _ADDRESSES if pattern.fullmatch(address)), None)


def why_closed(address: str, tools_off: Mapping[str, str]) -> str:
    """Why a resource may not be read, listened to or listed; empty when it may.

    Args:
        address: Of a resource or a template.
        tools_off: Tools that are off for whoever asks, and why.
    """
    if not address.startswith(SCHEME):
        return ""
    tool = tool_behind(address)
    reason = "there is no such resource" if tool is None else tools_off.get(tool)
    return f"{address[:200]} does not open: {reason}." if reason else ""
