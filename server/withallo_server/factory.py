"""Builds the server from its settings."""

from typing import TYPE_CHECKING

from mcp.server.request_state import RequestStateSecurity

from withallo_client import AlloClient
from withallo_server.mcp_server import AlloServer
from withallo_server.runtime import Runtime
from withallo_server.settings import Settings

if TYPE_CHECKING:
    from withallo_sandbox import Sandbox
    from withallo_server.database import Database


def build_server(
    settings: Settings,
    *,
    client: AlloClient | None = None,
    sandbox: "Sandbox | None" = None,
    database: "Database | None" = None,
    runtime: Runtime | None = None,
    request_state: RequestStateSecurity | None = None,
) -> AlloServer:
    """Build the MCP server; nothing is opened and no request is made before it runs.

    Args:
        settings: What the operator decided.
        client: The Allo API; made from the settings when absent.
        sandbox: The embedded account; made when absent and `settings.sandbox` is on.
        database: An open database; opened on first use when absent.
        runtime: What all requests share; made from the above when absent.
        request_state: What seals questions to humans; a key of this process when absent.
    """
    runtime = runtime or Runtime(settings, client=client, sandbox=sandbox, database=database)
    server = AlloServer(runtime, request_state)
    server.furnish_later(_furnish)
    if settings.claude_channel:
        server.runtime.notifier.experimental["claude/channel"] = {}
    return server


def _furnish(server: AlloServer) -> None:
    """Give the server its resources and prompts."""
    from withallo_server import prompts, resources
    from withallo_server.inbox import resources as inbox_resources
    from withallo_server.zoom import resources as zoom_resources

    for room in (resources, inbox_resources, zoom_resources, prompts):
        room.register(server)
