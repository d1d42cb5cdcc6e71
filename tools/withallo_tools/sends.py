"""What became of an earlier write."""

from typing import Annotated

from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult
from pydantic import Field

from withallo_tools.answers import Answer, Facts
from withallo_tools.outsiders import clean
from withallo_tools.services import services
from withallo_tools.tool import Effect, ToolContext, tool

_STATES = {
    "waiting": "Not sent yet.",
    "in_flight": "The request is out right now.",
    "sent": "Sent. Do not send it again.",
    "not_sent": "Not sent.",
    "unknown": "Unknown: it may or may not have been sent. Do not repeat it by yourself; tell the user.",
}


class SendState(Facts):
    """The state of one write."""

    idempotency_key: str
    tool: str
    state: str = Field(description="waiting, in_flight, sent, not_sent or unknown")
    to: list[str] = Field(default=[])
    asked_at: str
    note: str


@tool(title="Look up what became of a send", effect=Effect.READ, toolset="messages")
async def get_send(
    ctx: ToolContext,
    *,
    idempotency_key: Annotated[
        str, Field(min_length=1, max_length=200, description="Key of the call; answers and errors name it.")
    ],
) -> Annotated[CallToolResult, SendState]:
    """Tell whether an earlier text or change was carried out: waiting, in flight, sent, not sent or unknown.

    One of unknown outcome is looked for in the conversation and the inbox, each time this is called.
    """
    reach = services(ctx)
    report = await reach.writes.look_up(idempotency_key)
    if report is None:
        raise ToolError(f"Nothing was asked for with the key {clean(idempotency_key, 200)}; nothing was sent with it.")
    asked_at = report.asked_at.astimezone(reach.zone)
    to = f" to {', '.join(report.recipients)}" if report.recipients else ""
    note = clean(report.note, 300)
    answer = Answer(reach.answer_budget).say(
        _STATES[report.state], f"{report.tool}{to}, asked at {asked_at:%Y-%m-%d %H:%M} ({reach.zone}).", note
    )
    return answer.result(
        SendState(
            idempotency_key=clean(report.idempotency_key, 200),
            tool=report.tool,
            state=report.state,
            to=list(report.recipients),
            asked_at=asked_at.isoformat(timespec="seconds"),
            note=note,
        )
    )
