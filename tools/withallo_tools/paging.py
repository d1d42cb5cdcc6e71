"""Cursors: where the next page begins, opaque to the model and bound to what was asked."""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from mcp.server.mcpserver.exceptions import ToolError

_MOST_ROWS = 1_000_000
_NO_SEQUENCE = 2**63


def next_cursor(kind: str, asked: Mapping[str, Any], position: Any) -> str:
    """Make a cursor.

    Args:
        kind: What is listed, for example `calls`.
        asked: The arguments of the call that shape the list.
        position: Where to go on, as JSON.
    """
    body = json.dumps([kind, _digest(asked), position], separators=(",", ":"))
    return base64.urlsafe_b64encode(body.encode()).decode().rstrip("=")


def read_cursor(kind: str, asked: Mapping[str, Any], cursor: str) -> Any:
    """The position inside a cursor, or None for the first page.

    Raises:
        ToolError: The cursor is damaged, or belongs to another tool or to other arguments.
    """
    if not cursor:
        return None
    try:
        body = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise unreadable() from error
    match body:
        case [str(found), str(digest), position] if found == kind and digest == _digest(asked):
            return position
        case [str(found), str(), _] if found == kind:
            raise ToolError("cursor: belongs to other arguments. Repeat the same arguments, or leave it out.")
        case _:
            raise ToolError(f"cursor: is not one for {kind}. Leave it out to start from the beginning.")


def read_offset(kind: str, asked: Mapping[str, Any], cursor: str) -> int:
    """The position of a cursor that counts rows or pages; 0 for the first page.

    Raises:
        ToolError: As `read_cursor`, or the position is no count.
    """
    position = read_sequence(kind, asked, cursor) or 0
    if position > _MOST_ROWS:
        raise unreadable()
    return position


def read_sequence(kind: str, asked: Mapping[str, Any], cursor: str) -> int | None:
    """The position of a cursor that holds the place of an event; None for the first page.

    Raises:
        ToolError: As `read_cursor`, or the position is no place.
    """
    position = read_cursor(kind, asked, cursor)
    if position is None or (type(position) is int and 0 <= position < _NO_SEQUENCE):
        return position
    raise unreadable()


def unreadable() -> ToolError:
    """The error for a cursor that is none of ours."""
    return ToolError("cursor: cannot be read. Pass next_cursor exactly as given, or leave it out.")


def _digest(asked: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()[:8]
