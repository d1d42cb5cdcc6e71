"""What became of an earlier write."""

from typing import Annotated

from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult
from pydantic import Field

from withallo_tools.answers import Answer, Facts
from withallo_tools.outsiders import RECORDS, OutsiderText, clean
from withallo_tools.parameters import GivenKey
from withallo_tools.services import services
from withallo_tools.tool import Effect, ToolContext, tool

_LONGEST_TEXT = 1000
_STATES = {
    "waiting": "Not sent yet.",
    "in_flight": "The request is out right now.",
    "sent": "Sent. Do not send it again.",
    "not_sent": "Not sent.",
    "unknown": "Unknown: it may or may not have been sent. Do not repeat it by yourself; tell the user.",
}


class SendState(Facts):
    """The state of one write, and what it is about."""

    idempotency_key: str
    tool: str
    state: str = Field(description="waiting, in_flight, sent, not_sent or unknown")
    to: list[str] = Field(default=[])
    name: OutsiderText = ""
    text: OutsiderText = Field(default="", description="The text, or what else was to be done.")
    asked_at: str
    note: str


@tool(title="Look up what became of a send", effect=Effect.READ, toolset="messages")
async def get_send(
    ctx: ToolContext,
    *,
    idempotency_key: GivenKey,
) -> Annotated[CallToolResult, SendState]:
    """Tell what became of an earlier text or change, and what it was: waiting, in flight, sent, not sent or unknown.

    One of unknown outcome is looked for in the conversation and the inbox, each time this is called.
    """
    reach = services(ctx)
    report = await reach.writes.look_up(idempotency_key)
    if report is None:
        raise ToolError(f"Nothing was asked for with the key {clean(idempotency_key, 200)}; nothing was sent with it.")
    asked_at = report.asked_at.astimezone(reach.zone)
    names = await reach.people.names(report.recipients)
    name = clean(" or ".join(filter(None, map(names.get, report.recipients))), 60)
    note, text = clean(report.note, 300), clean(report.message or report.action, _LONGEST_TEXT)
    to = [f"to {name} {', '.join(report.recipients)}".replace("  ", " ")] if report.recipients else []
    answer = Answer(reach.answer_budget).say(
        _STATES[report.state], f"{report.tool}, asked at {asked_at:%Y-%m-%d %H:%M} ({reach.zone}).", note
    )
    answer.rows([*to, *([text] if text else [])], RECORDS)
    return answer.result(
        SendState(
            idempotency_key=clean(report.idempotency_key, 200),
            tool=report.tool,
            state=report.state,
            to=list(report.recipients),
            name=name,
            text=text,
            asked_at=asked_at.isoformat(timespec="seconds"),
            note=note,
        )
    )
