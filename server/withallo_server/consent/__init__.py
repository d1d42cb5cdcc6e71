"""How a human says yes, and how that yes is good for one thing only, once."""
