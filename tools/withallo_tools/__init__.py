"""The tools of withallo-mcp: one plain async function for each operation a model may ask for."""
