"""One request: paced, sent with the key, answered or turned into an error of ours."""

from collections.abc import Mapping
from typing import Any, Literal

import httpx
from pydantic import SecretStr

from withallo_client._answers import Answer
from withallo_client._limits import Clock, Limits

AuthScheme = Literal["Api-Key", "raw"]


class HttpClient:
    """The door to Allo that all resources of a client share."""

    def __init__(
        self,
        api_key: SecretStr,
        *,
        base_url: str,
        auth_scheme: AuthScheme,
        timeout: float,
        time_budget: float,
        transport: httpx.AsyncBaseTransport | None,
        clock: Clock,
    ) -> None:
        self._limits = Limits(clock)

    async def get(self, path: str, query: Mapping[str, str | int] | None = None) -> Answer:
        """Read; repeated within the time budget when Allo fails."""
        raise NotImplementedError

    async def query(self, path: str, members: Mapping[str, Any]) -> Answer:
        """Read with a body (search, batch); repeated like `get`."""
        raise NotImplementedError

    async def write(
        self, method: str, path: str, members: Mapping[str, Any] | None = None, *, idempotency_key: str | None = None
    ) -> Answer:
        """Change something; sent at most once."""
        raise NotImplementedError

    async def aclose(self) -> None:
        """Close the connections."""
