"""No row goes missing silently: long lists go on with a cursor, and rows that cannot be read are owned up to."""

import json
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pytest
from mcp.types import CallToolResult

from withallo_sandbox import SARAH

if TYPE_CHECKING:
    from tests.tools.conftest import OpenWorld, World

pytestmark = pytest.mark.anyio

Cost = Callable[[CallToolResult], tuple[int, int]]
MANY = 900


def _of_numbers(answer: str) -> str:
    number = json.loads(answer)["data"][0]
    return json.dumps({"data": [{**number, "name": f"Desk {place}", "users": []} for place in range(MANY)]})


def _of_webhooks(answer: str) -> str:
    url, topics = "https://hooks.example/", ["sms.received", "call.completed"]
    rows = [{"id": f"ep_{place}", "url": f"{url}{place}", "topics": topics, "enabled": True} for place in range(MANY)]
    return json.dumps({"data": rows}) if '"allo_number"' not in answer else answer


@pytest.mark.parametrize("listing", [("list_numbers", "numbers", "name"), ("list_webhooks", "webhooks", "url")])
async def test_a_long_list_keeps_to_the_budget_and_its_cursor_shows_every_row_once(
    open_world: "OpenWorld", cost: Cost, listing: tuple[str, str, str]
) -> None:
    tool, rows, name = listing
    seen: list[Mapping[str, Any]] = []
    cursor = ""
    async with open_world() as world:
        world.rewrite = {"list_numbers": _of_numbers, "list_webhooks": _of_webhooks}[tool]
        while True:
            result = await world.mcp.call_tool(tool, {"cursor": cursor})
            assert not result.is_error, result.content
            facts: Mapping[str, Any] = result.structured_content or {}
            assert max(cost(result)) <= 6_000
            seen += facts[rows]
            cursor = facts.get("next_cursor", "")
            if not cursor:
                break
    assert len({json.dumps(row) for row in seen}) == len(seen)
    assert len({row[name] for row in seen}) == MANY


async def test_rows_that_cannot_be_read_are_owned_up_to(world: "World") -> None:
    def spoil(answer: str) -> str:
        document = json.loads(answer)
        if isinstance(document.get("data"), list) and len(document["data"]) > 2:
            document["data"][1] = "no call at all"
        return json.dumps(document)

    whole = await world.facts("search_calls", limit=20)
    assert "unreadable_rows" not in whole
    world.rewrite = spoil
    result = await world.mcp.call_tool("search_calls", {"limit": 20})
    assert (result.structured_content or {})["unreadable_rows"] >= 1
    assert "rows that Allo sent in a form that cannot be read" in str(result.content[-1])


async def test_a_date_at_the_end_of_time_costs_only_itself(world: "World") -> None:
    first, second = (await world.facts("search_calls", limit=2))["calls"]
    world.rewrite = lambda answer: re.sub(r'"date":"[^"]*"', '"date":"9999-12-31T23:59:59Z"', answer, count=1)
    shown = (await world.facts("search_calls", limit=2))["calls"]
    assert shown[0]["id"] == second["id"], "a call whose time cannot be read comes last"
    assert first["id"] not in {call["id"] for call in shown}


@pytest.mark.parametrize("tool", ["search_calls", "search_conversations", "list_follow_ups", "list_events"])
async def test_somebody_without_a_number_is_not_everybody(open_world: "OpenWorld", tool: str) -> None:
    async with open_world() as world:
        now = world.sandbox.clock.now()
        nameless: dict[str, Any] = {"company": None, "job_title": None, "website": None, "emails": ("zo@example.org",)}
        world.sandbox.account.contacts.create(now, name="Zoë", last_name="Nowhere", numbers=(), **nameless)
        await world.know_people()
        assert "has no number" in await world.refusal(tool, contact="Zoë Nowhere")


async def test_a_long_text_is_shown_to_its_last_word(open_world: "OpenWorld") -> None:
    async with open_world() as world:
        words = f"{'a long story, ' * 200}the price is 777 euros"
        await world.control("inbound-sms", content=words, from_number=SARAH.numbers[0], to_number="+12125550100")
        conversation = await world.call("get_contact_conversation", contact=SARAH.numbers[0], limit=5)
        assert words in conversation
