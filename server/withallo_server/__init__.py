"""The MCP server: settings, transports, the inbox, safe sending, the contact directory."""
