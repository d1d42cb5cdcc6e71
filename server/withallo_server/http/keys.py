"""Callers that bring their own Allo key: Allo says whether it is one, and each is an account of its own."""

import time
from collections.abc import Callable

import anyio
from pydantic import SecretStr

from withallo_client import AlloClient, AuthenticationError, ForbiddenError, InvalidArgumentError
from withallo_server.http.callers import Caller
from withallo_server.http.tenants import account_name

TAKEN_SECONDS = 300.0
REFUSED_SECONDS = 30.0
MOST_REMEMBERED = 5000
LONGEST_KEY = 200


class AlloKeys:
    """Judges keys by asking Allo, at most once in a while for each.

    Args:
        client_for: Makes a client with a key.
    """

    def __init__(self, client_for: Callable[[SecretStr], AlloClient]) -> None:
        self._client_for = client_for
        self._known: dict[str, tuple[float, bool]] = {}
        self._asking = anyio.CapacityLimiter(8)

    async def caller(self, text: str) -> Caller | None:
        """Whose key it is; nobody's when Allo does not take it.

        Raises:
            WithalloError: Allo cannot be asked.
        """
        if not (0 < len(text) <= LONGEST_KEY and text.isascii() and text.isprintable() and " " not in text):
            return None
        key = SecretStr(text)
        name = account_name(key)
        if not await self._is_taken(name, key):
            return None
        return Caller("api-key", name, "api.withallo.com", name, account=name, key=key)

    async def _is_taken(self, name: str, key: SecretStr) -> bool:
        until, taken = self._known.get(name, (0.0, False))
        if until > time.monotonic():
            return taken
        async with self._asking:
            taken = await self._ask(key)
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()
        self._known[name] = (time.monotonic() + (TAKEN_SECONDS if taken else REFUSED_SECONDS), taken)
        return taken

    async def _ask(self, key: SecretStr) -> bool:
        try:
            async with self._client_for(key) as client:
                await client.account.me()
        except (AuthenticationError, ForbiddenError, InvalidArgumentError):
            return False
        return True
