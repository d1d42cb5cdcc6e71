"""The send card and the tool behind its buttons; nobody without MCP Apps sees either.

Loaded with the server, so it imports nothing heavy.
"""

from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol, cast

from mcp import MCPError
from mcp.server import MCPServer, ServerRequestContext
from mcp.server.apps import APP_MIME_TYPE, client_supports_apps
from mcp.server.context import CallNext, HandlerResult
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.resources import TextResource
from mcp.types import INVALID_PARAMS, CallToolResult, InputRequiredResult, TextContent, ToolAnnotations
from pydantic import Field

from withallo_server.consent.callers import principal_of
from withallo_server.consent.policy import may_ask
from withallo_server.outbox.errors import NotSentError
from withallo_tools.services import services

if TYPE_CHECKING:
    from withallo_server.consent.store import Asked

CARD = "ui://withallo/send-card.html"
TOOL = "answer_send_card"
META = "withallo/send-card"


class TakesDecisions(Protocol):
    """What the card's tool needs of the writes."""

    async def decide(
        self, question: str, secret: str, principal: str, *, yes: bool, edited: str | None
    ) -> "Asked | None":
        """Write down what the human said; nothing when it cannot be taken."""


def install(server: MCPServer[Any]) -> None:
    """Give a server the card, its tool, and the rule that nobody without MCP Apps sees either."""
    server.add_resource(
        TextResource(
            uri=CARD,
            name="send-card",
            title="Send card",
            description="Asks the human before something is sent.",
            mime_type=APP_MIME_TYPE,
            meta={"ui": {"csp": {"connectDomains": [], "resourceDomains": []}, "prefersBorder": True}},
            text=files(__package__).joinpath("card.html").read_text(encoding="utf-8"),
        )
    )
    server.add_tool(
        answer_send_card,
        title="Answer the send card",
        annotations=ToolAnnotations(
            read_only_hint=False, destructive_hint=True, idempotent_hint=False, open_world_hint=True
        ),
        meta={"ui": {"resourceUri": CARD, "visibility": ["app"]}},
        structured_output=False,
    )
    server.middleware.append(_only_for_apps)


async def answer_send_card(
    ctx: Context[Any, Any],
    question: Annotated[str, Field(max_length=100, description="The card's question.")],
    secret: Annotated[str, Field(max_length=100, description="The card's secret.")],
    decision: Annotated[Literal["send", "cancel"], Field(description="What the human pressed.")],
    text: Annotated[str, Field(max_length=10_000, description="Text the human wrote instead, if any.")] = "",
) -> CallToolResult:
    """Pass on what the human decided in the send card; only the card knows the secret this takes."""
    writes = cast("TakesDecisions", services(ctx).writes)
    edited = text if text.strip() else None
    asked = await writes.decide(question, secret, principal_of(ctx), yes=decision == "send", edited=edited)
    if asked is None:
        raise NotSentError(
            "Nothing was sent: this card was answered before, or is older than ten minutes.", "card spent"
        )
    if asked.state == "declined":
        return CallToolResult(content=[TextContent(type="text", text="Cancelled. Nothing was sent.")])
    result = await ctx.mcp_server.call_tool(asked.call["name"], asked.call["arguments"], ctx)
    if isinstance(result, InputRequiredResult):
        raise NotSentError("Nothing was sent: what the card showed has changed since; ask again.", "changed")
    return result


async def _only_for_apps(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    shows_apps = client_supports_apps(ctx)
    if ctx.method == "tools/call" and not shows_apps and (ctx.params or {}).get("name") == TOOL:
        raise MCPError(INVALID_PARAMS, f"Unknown tool: {TOOL}")
    result = await call_next(ctx)
    if not isinstance(result, Mapping):
        return result
    if ctx.method == "tools/list":
        return {**result, "tools": list(_tools_for(result["tools"], shows_apps=shows_apps))}
    if ctx.method == "resources/list" and not shows_apps:
        return {**result, "resources": [row for row in result["resources"] if row.get("uri") != CARD]}
    return result


def _tools_for(tools: Iterable[Mapping[str, Any]], *, shows_apps: bool) -> Iterator[Mapping[str, Any]]:
    """Name the card on every tool that may ask with it; a card is no answer, so none is promised."""
    for tool in tools:
        if not shows_apps:
            if tool["name"] != TOOL:
                yield tool
        elif tool["name"] in may_ask():
            meta = {**tool.get("_meta", {}), "ui": {"resourceUri": CARD, "visibility": ["model"]}}
            yield {**{key: value for key, value in tool.items() if key != "outputSchema"}, "_meta": meta}
        else:
            yield tool
