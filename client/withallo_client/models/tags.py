"""Tags (API contract 6.6)."""

from withallo_client.models.base import AlloModel


class Tag(AlloModel):
    """A label for calls; `name` is the key that filters and tag routes take."""

    id: str | None = None
    name: str
    color: str | None = None
