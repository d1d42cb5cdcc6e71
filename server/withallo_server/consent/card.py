"""Asking by a card in the conversation (MCP Apps).

The card gets a secret in `_meta` of the tool result, which the extension keeps from the model ("not intended for
model context"), and the tool behind its buttons is for the app only. A host that breaks both rules could let a model
press Send, just as a client that fills its own forms could; the security model says so.
"""

from typing import Any

from mcp.server.mcpserver import Context
from mcp.types import CallToolResult, TextContent

from withallo_server.consent.callers import principal_of
from withallo_server.consent.card_tool import META, TOOL
from withallo_server.consent.decision import NotAsked
from withallo_server.consent.question import Question
from withallo_server.consent.store import GOOD_FOR, Consents
from withallo_server.input_needed import InputNeeded

WAITING = (
    "Nothing has been sent yet: a card in this conversation asks the human, and only their press on Send sends it. "
    "Wait for them; do not call this tool again for the same thing. get_send with idempotency_key {key} tells what "
    "became of it."
)


async def ask_by_card(ctx: Context[Any, Any], consents: Consents, question: Question, key: str) -> NotAsked:
    """Show the card: this call ends, and another by the card may follow.

    Returns:
        That there is no card, when the call did not come from a model's tool call.

    Raises:
        InputNeeded: With the answer that carries the card.
    """
    params = ctx.request_context.params or {}
    name, arguments = params.get("name"), params.get("arguments") or {}
    if name == TOOL or not isinstance(name, str):
        return NotAsked("the card's approval did not fit what it was shown for")
    asked, secret = await consents.ask(
        principal=principal_of(ctx),
        question=question,
        channel="card",
        key=key,
        call={"name": name, "arguments": arguments},
    )
    facts = {
        **question.as_facts(),
        "question": asked,
        "secret": secret,
        "minutes": int(GOOD_FOR.total_seconds() // 60),
    }
    raise InputNeeded(
        CallToolResult(content=[TextContent(type="text", text=WAITING.format(key=key))], _meta={META: facts})
    )
