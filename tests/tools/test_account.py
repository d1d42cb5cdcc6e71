"""get_account tells what the key may do and what this server offers."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.tools.conftest import OpenWorld, World


@pytest.mark.anyio
async def test_the_account_is_told_with_its_limits_tools_and_inbox(world: "World") -> None:
    text = await world.call("get_account")
    assert "Team: Atelier Nord (embedded sandbox account)" in text
    assert "Limits: 20 reads and 5 writes a second" in text
    assert "Europe/Paris" in text
    assert "Inbox:" in text
    facts = await world.facts("get_account")
    assert "SMS_SEND" in facts["scopes"]
    assert "send_sms" in facts["tools_on"]


@pytest.mark.anyio
async def test_tools_that_are_off_come_with_the_reason(open_world: "OpenWorld") -> None:
    async with open_world(read_only=True, toolsets=("default",)) as world:
        facts = await world.facts("get_account")
        assert "ALLO_READ_ONLY" in facts["tools_off"]["send_sms"]
        assert "ALLO_TOOLSETS" in facts["tools_off"]["get_calls"]
        assert "send_sms" not in {tool.name for tool in (await world.mcp.list_tools()).tools}


@pytest.mark.anyio
async def test_lines_and_sender_ids_are_listed_with_what_they_can_do(world: "World") -> None:
    text = await world.call("list_numbers")
    assert "3 lines, 1 sender ID" in text
    assert "New York +12125550100 | line | US | voice, sms, mms" in text
    assert "ATELIERNORD | sender ID | FR | texts to French mobiles" in text
