"""What `GET /v2/api/me` tells about a key (API contract 6.6)."""

from pydantic import Field

from withallo_client.models.base import AlloModel


class Endpoint(AlloModel):
    """A route this key may call."""

    method: str
    path: str
    description: str | None = None
    scope: str | None = None


class Team(AlloModel):
    """The team a key belongs to."""

    id: str
    name: str | None = None


class RateLimits(AlloModel):
    """Requests a second that Allo allows this key."""

    read_per_second: int | None = None
    write_per_second: int | None = None


class Me(AlloModel):
    """The key itself: its scopes, its routes, its team, its limits."""

    api_key_id: str | None = None
    scopes: frozenset[str] = frozenset()
    endpoints: tuple[Endpoint, ...] = ()
    team: Team | None = None
    rate_limits: RateLimits = Field(default_factory=RateLimits)
