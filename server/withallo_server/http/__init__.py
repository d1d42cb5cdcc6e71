"""The server over Streamable HTTP: one process for a team, or for many keys."""
