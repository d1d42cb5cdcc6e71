"""Who is asking: the facts about a caller that decide whom a question goes to and who may bring its answer."""

import ipaddress
from typing import Any

from mcp.server import ServerRequestContext
from mcp.server.apps import client_supports_apps
from mcp.server.mcpserver import Context
from mcp.server.request_state import authenticated_principal

LOCAL = "local"
WANDERING = "principal "
MODERN = "2026-07-28"
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")

AnyContext = Context[Any, Any] | ServerRequestContext[Any, Any]


def principal_of(ctx: AnyContext) -> str:
    """The authenticated identity; everybody on stdio is the one local user."""
    return authenticated_principal(_request(ctx)) or LOCAL


def session_of(ctx: AnyContext) -> str:
    """Names the conversation a request belongs to, as far as the transport tells.

    One process on stdio is one conversation. Over HTTP a session id is one; the protocol 2026-07-28 has none, so that
    its requests are told apart by who sends them.
    """
    request = _request(ctx)
    headers = getattr(request.request, "headers", None)
    if headers is None:
        return LOCAL
    session = headers.get("mcp-session-id") if request.protocol_version < MODERN else None
    return f"session {session}" if session else f"{WANDERING}{principal_of(ctx)}"


def client_name(ctx: AnyContext) -> str:
    """Name and version of the client program, as it calls itself, as far as they can be shown."""
    params = _request(ctx).session.client_params
    said = f"{params.client_info.name} {params.client_info.version}" if params else ""
    return "".join(character for character in said[:100] if character.isprintable()).strip() or "unknown client"


def is_modern(ctx: Context[Any, Any]) -> bool:
    """Whether questions travel in results (2026-07-28) rather than as requests of the server."""
    return (ctx.protocol_version or "") >= MODERN


def can_fill_forms(ctx: Context[Any, Any]) -> bool:
    """Whether the client says it can show a form; a bare `elicitation: {}` means so by older usage."""
    elicitation = ctx.client_capabilities.elicitation if ctx.client_capabilities else None
    if elicitation is None or (elicitation.form is None and elicitation.url is not None):
        return False
    return is_modern(ctx) or ctx.session.can_send_request


def can_show_cards(ctx: Context[Any, Any]) -> bool:
    """Whether the client shows MCP Apps."""
    return client_supports_apps(ctx)


def is_on_this_machine(ctx: Context[Any, Any]) -> bool:
    """Whether the human sits where this server runs, so that a page on loopback reaches them."""
    headers = ctx.headers
    if headers is None:
        return True
    client = getattr(ctx.request_context.request, "client", None)
    if client is None or any(name in headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(client.host).is_loopback
    except ValueError:
        return False


def _request(ctx: AnyContext) -> ServerRequestContext[Any, Any]:
    return ctx.request_context if isinstance(ctx, Context) else ctx
