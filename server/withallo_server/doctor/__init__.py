"""`withallo-mcp doctor`: looks for whatever keeps this server from working, and says how to mend it."""
