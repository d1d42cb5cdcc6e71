from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from mcp import Client
from mcp.types import CallToolResult, ElicitResult, InputRequiredResult, InputResponses

CALL = {"to": "+12125550133", "message": "The van comes at nine."}


@pytest.fixture
def call() -> dict[str, Any]:
    """Arguments of a text that would be delivered if a human said yes."""
    return dict(CALL)


Round = Callable[..., Awaitable[CallToolResult | InputRequiredResult]]


@pytest.fixture
def one_round() -> Round:
    """One bare tools/call of the 2026-07-28 era, with whatever answers and state a caller makes up."""

    async def call_once(
        client: Client, arguments: dict[str, Any], state: str | None = None, **answer: Any
    ) -> CallToolResult | InputRequiredResult:
        responses: InputResponses | None = {"approval": ElicitResult(**answer)} if answer else None
        result = await client.session.call_tool(
            "send_sms", arguments, input_responses=responses, request_state=state, allow_input_required=True
        )
        assert isinstance(result, CallToolResult | InputRequiredResult)
        return result

    return call_once
