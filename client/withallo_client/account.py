"""The key itself."""

from withallo_client._http import HttpClient
from withallo_client.errors import AuthenticationError, ForbiddenError
from withallo_client.models.account import Me


class Account:
    """What the key is and may do (API contract 6.6)."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def me(self) -> Me:
        """Scopes, routes, team and rate limits of the key. Any valid key may ask.

        Raises:
            AuthenticationError: The key is wrong or revoked.
        """
        return (await self._http.get("/v2/api/me")).one(Me)

    async def test_connection(self) -> bool:
        """Whether Allo takes the key; one of a trial plan it does not.

        Raises:
            WithalloError: It could not be found out: no connection, a server error.
        """
        try:
            await self.me()
        except (AuthenticationError, ForbiddenError):
            return False
        return True
