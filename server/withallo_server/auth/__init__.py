"""`withallo-mcp auth`: keeps the API key and says what it opens."""
