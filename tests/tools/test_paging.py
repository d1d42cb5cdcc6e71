"""Cursors are opaque, bound to the question, and clear when wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.server.mcpserver.exceptions import ToolError

from withallo_tools.paging import next_cursor, read_cursor, read_offset

ASKED = {"query": "marie", "limit": 20}


def test_a_cursor_leads_back_to_its_position() -> None:
    assert read_cursor("calls", ASKED, next_cursor("calls", ASKED, [1, "cll-1", 0])) == [1, "cll-1", 0]
    assert read_offset("contacts", ASKED, next_cursor("contacts", ASKED, 40)) == 40
    assert read_cursor("calls", ASKED, "") is None
    assert read_offset("contacts", ASKED, "") == 0


def test_a_cursor_of_other_arguments_or_another_list_is_refused() -> None:
    cursor = next_cursor("calls", ASKED, 1)
    with pytest.raises(ToolError, match="belongs to other arguments"):
        read_cursor("calls", {**ASKED, "limit": 5}, cursor)
    with pytest.raises(ToolError, match="is not one for contacts"):
        read_cursor("contacts", ASKED, cursor)


@pytest.mark.parametrize("position", [-1, "x", 10**9, [1]])
def test_an_offset_that_is_no_count_is_refused(position: object) -> None:
    with pytest.raises(ToolError, match="cursor"):
        read_offset("contacts", ASKED, next_cursor("contacts", ASKED, position))


@given(st.text(min_size=1, max_size=200))
def test_a_damaged_cursor_is_refused_clearly(cursor: str) -> None:
    with pytest.raises(ToolError, match=r"^cursor: "):
        read_cursor("calls", ASKED, cursor)
