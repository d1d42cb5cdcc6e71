"""v1 webhooks."""

import builtins
from collections.abc import Collection

from withallo_client import _arguments as arguments
from withallo_client._http import HttpClient
from withallo_client.models.webhooks import Webhook


class Webhooks:
    """v1 webhooks: one for each line, unsigned, superseded by `WebhookEndpoints` (API contract 6.5).

    All routes need the scope WEBHOOKS_READ_WRITE.
    """

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def list(self) -> builtins.list[Webhook]:
        """`GET /v1/api/webhooks`. The rows hold no ids."""
        return (await self._http.get("/v1/api/webhooks")).many(Webhook)

    def check(self, url: str, topics: Collection[str]) -> None:
        """Refuse what `create` refuses, without a request.

        Raises:
            InvalidArgumentError: Allo cannot take one of them.
        """
        arguments.web_address("url", url, ("https", "http"))
        arguments.texts("topics", topics)

    async def create(self, allo_number: str, url: str, topics: Collection[str], enabled: bool = True) -> Webhook:
        """`POST /v1/api/webhooks`. Only this answer holds the id that `delete` needs.

        Args:
            allo_number: The line, E.164.
            url: Where deliveries go.
            topics: For example `CALL_RECEIVED`, `SMS_RECEIVED`, `CONTACT_CREATED`, `CONTACT_UPDATED`.
            enabled: Whether it delivers.
        """
        members = {
            "allo_number": arguments.e164("allo_number", allo_number),
            "url": arguments.web_address("url", url, ("https", "http")),
            "topics": arguments.texts("topics", topics),
            "enabled": enabled,
        }
        return (await self._http.write("POST", "/v1/api/webhooks", members)).one(Webhook)

    async def delete(self, webhook_id: str) -> None:
        """`DELETE /v1/api/webhooks/{webhook_id}`.

        Args:
            webhook_id: `web-…`, as `create` returned it.

        Raises:
            NotFoundError: There is no such webhook.
        """
        await self._http.write("DELETE", f"/v1/api/webhooks/{arguments.segment('webhook_id', webhook_id)}")
