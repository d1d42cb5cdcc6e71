"""What was left open comes in one call, within a few hundred tokens."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from mcp.types import CallToolResult

if TYPE_CHECKING:
    from tests.tools.conftest import OpenWorld, World


@pytest.mark.anyio
async def test_missed_calls_texts_and_promises_come_in_one_call_under_2000_tokens(
    world: "World", cost: Callable[[CallToolResult], tuple[int, int]]
) -> None:
    result = await world.mcp.call_tool("list_follow_ups", {})
    assert cost(result)[0] <= 2000
    facts = result.structured_content or {}
    assert {matter["kind"] for matter in facts["matters"]} == {"missed call", "text", "promise"}
    assert facts["missed_calls"] >= sum(matter["kind"] == "missed call" for matter in facts["matters"])
    promise = next(matter for matter in facts["matters"] if matter["kind"] == "promise")
    assert promise["call_id"].startswith("cll-")
    assert promise["by"] in ("us", "them")
    call = await world.call("get_call", call_id=promise["call_id"], find=" ".join(promise["words"].split()[:4]))
    assert promise["words"] in call


@pytest.mark.anyio
async def test_one_kind_one_line_and_a_range_can_be_asked_for(modern: "World") -> None:
    facts = await modern.facts("list_follow_ups", kind="promise", line="New York", since="last 14 days", limit=5)
    assert {matter["kind"] for matter in facts["matters"]} == {"promise"}
    assert len(facts["matters"]) == 5
    text = await modern.call("list_follow_ups", kind="promise", line="New York", since="last 14 days", limit=5)
    assert "more not shown: narrow with kind, line or since, or raise limit" in text


@pytest.mark.anyio
async def test_a_text_that_is_answered_is_no_longer_open(modern: "World") -> None:
    number = "+14155550186"
    await modern.control("inbound-sms", from_number=number, to_number="+12125550100", content="Can I come by at 5?")
    opened = await modern.facts("list_follow_ups", kind="text", since="today", limit=50)
    assert any(number in matter["contact"] for matter in opened["matters"])
    await modern.facts("send_sms", to=number, message="Yes, see you at 5")
    after = await modern.facts("list_follow_ups", kind="text", since="today", limit=50)
    assert not any(number in matter["contact"] for matter in after.get("matters", ()))


@pytest.mark.anyio
async def test_where_only_v1_can_be_read_it_says_that_texts_are_missing(open_world: "OpenWorld") -> None:
    async with open_world() as world:
        world.closed = ("/v2/api/conversations",)
        text = await world.call("list_follow_ups", since="last 30 days")
        assert "unanswered texts are missing" in text
        assert "promise by us" in text
