"""Tags."""

import builtins

from withallo_client._http import HttpClient
from withallo_client.models.tags import Tag


class Tags:
    """The tags of the team (API contract 6.6)."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def list(self) -> builtins.list[Tag]:
        """`GET /v2/api/tags`, scope TAGS_READ."""
        return (await self._http.get("/v2/api/tags")).many(Tag)
