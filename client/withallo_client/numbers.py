"""Lines and sender IDs."""

import builtins

from withallo_client._http import HttpClient
from withallo_client.errors import ForbiddenError, NotFoundError
from withallo_client.models.numbers import Number


class Numbers:
    """The lines and sender IDs of the team."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def list(self) -> builtins.list[Number]:
        """All lines and sender IDs: from v2, which tells what each can do, or from v1 where the key has only that.

        Raises:
            ForbiddenError: The key has neither PHONE_NUMBERS_READ nor CONVERSATIONS_READ.
        """
        try:
            return await self.list_v2()
        except (ForbiddenError, NotFoundError):
            return await self.list_v1()

    async def list_v1(self) -> builtins.list[Number]:
        """`GET /v1/api/numbers`, scope CONVERSATIONS_READ (API contract 6.4)."""
        return (await self._http.get("/v1/api/numbers")).many(Number)

    async def list_v2(self) -> builtins.list[Number]:
        """`GET /v2/api/numbers`, scope PHONE_NUMBERS_READ (API contract 6.6)."""
        return (await self._http.get("/v2/api/numbers")).many(Number)
