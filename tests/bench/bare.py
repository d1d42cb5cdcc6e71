"""The yardstick: a bare MCPServer with one echo tool."""

from mcp.server import MCPServer

server = MCPServer("bare", version="1.0.0", log_level="ERROR")


@server.tool()
async def echo(text: str) -> str:
    """Return the text."""
    return text


if __name__ == "__main__":
    server.run()
