"""The client: one object for a key, with a resource object for each part of the API."""

from types import TracebackType
from typing import TYPE_CHECKING, Self

from pydantic import SecretStr

from withallo_client._http import AuthScheme, HttpClient
from withallo_client._limits import Clock
from withallo_client._requests import Observe
from withallo_client.account import Account
from withallo_client.calls import Calls
from withallo_client.contacts import Contacts
from withallo_client.conversations import Conversations
from withallo_client.numbers import Numbers
from withallo_client.people import People
from withallo_client.sms import Sms
from withallo_client.tags import Tags
from withallo_client.users import Users
from withallo_client.webhook_endpoints import WebhookEndpoints
from withallo_client.webhooks import Webhooks

if TYPE_CHECKING:
    import httpx

DEFAULT_BASE_URL = "https://api.withallo.com"


class AlloClient:
    """The Allo API with one key, as an async context manager.

    Example:
        async with AlloClient("ak_live_…") as allo:
            for number in await allo.numbers.list():
                ...

    Args:
        api_key: From Allo's web app, Settings > API.
        base_url: https; plain http only to this machine.
        auth_scheme: `Api-Key` sends `Authorization: Api-Key <key>`, `raw` the key alone (API contract 1.2).
        timeout: Seconds one try may take.
        time_budget: Seconds a read may take in all when it is repeated.
        transport: Another way to the API, for tests and for an API in the same process.
        clock: Where time comes from, for tests.
        observe: Surrounds every request, for spans and counters: told the route, and gives what is told the status.

    Raises:
        InvalidArgumentError: The key or the URL cannot be used.
    """

    def __init__(
        self,
        api_key: str | SecretStr,
        *,
        base_url: str = DEFAULT_BASE_URL,
        auth_scheme: AuthScheme = "Api-Key",
        timeout: float = 30.0,
        time_budget: float = 45.0,
        transport: "httpx.AsyncBaseTransport | None" = None,
        clock: Clock | None = None,
        observe: Observe | None = None,
    ) -> None:
        self._http = HttpClient(
            SecretStr(api_key) if isinstance(api_key, str) else api_key,
            base_url=base_url,
            auth_scheme=auth_scheme,
            timeout=timeout,
            time_budget=time_budget,
            transport=transport,
            clock=clock or Clock(),
            observe=observe,
        )
        self.account = Account(self._http)
        self.numbers = Numbers(self._http)
        self.calls = Calls(self._http)
        self.contacts = Contacts(self._http)
        self.sms = Sms(self._http)
        self.webhooks = Webhooks(self._http)
        self.webhook_endpoints = WebhookEndpoints(self._http)
        self.conversations = Conversations(self._http)
        self.people = People(self._http)
        self.tags = Tags(self._http)
        self.users = Users(self._http)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()
