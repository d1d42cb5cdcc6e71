"""v2 webhook endpoints."""

import builtins
from collections.abc import Collection

from withallo_client import _arguments as arguments
from withallo_client._http import HttpClient
from withallo_client.errors import InvalidArgumentError
from withallo_client.models.webhooks import EventType, WebhookEndpoint

_PATH = "/v2/api/webhooks"


class WebhookEndpoints:
    """v2 webhook endpoints: one covers every line of the team, deliveries are signed (API contract 6.15).

    All routes need the scope WEBHOOKS_READ_WRITE.
    """

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def list(self) -> builtins.list[WebhookEndpoint]:
        """`GET /v2/api/webhooks`, without secrets."""
        return (await self._http.get(_PATH)).many(WebhookEndpoint)

    async def event_types(self) -> builtins.list[EventType]:
        """`GET /v2/api/webhooks/event_types`: the topics that an endpoint may subscribe to today."""
        return (await self._http.get(f"{_PATH}/event_types")).many(EventType)

    async def get(self, webhook_id: str) -> WebhookEndpoint:
        """`GET /v2/api/webhooks/{webhook_id}`, with its signing secret.

        Raises:
            NotFoundError: There is no such endpoint.
        """
        return (await self._http.get(_path(webhook_id))).one(WebhookEndpoint)

    def check(self, url: str, topics: Collection[str]) -> None:
        """Refuse what `create` refuses, without a request.

        Raises:
            InvalidArgumentError: Allo cannot take one of them.
        """
        arguments.web_address("url", url)
        arguments.texts("topics", topics)

    async def create(
        self,
        url: str,
        topics: Collection[str],
        description: str | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> WebhookEndpoint:
        """`POST /v2/api/webhooks`. The answer holds the signing secret.

        Args:
            url: Public, https.
            topics: For example `call.completed`; see `event_types`.
            description: For people.
            idempotency_key: A repeat within the hour returns the first answer (API contract 3.4).

        Raises:
            ValidationError: INVALID_EVENT_TYPE for an unknown topic.
        """
        members = arguments.given(
            url=arguments.web_address("url", url),
            topics=arguments.texts("topics", topics),
            description=description and arguments.text("description", description),
        )
        answer = await self._http.write("POST", _PATH, members, idempotency_key=idempotency_key)
        return answer.one(WebhookEndpoint)

    async def update(
        self,
        webhook_id: str,
        url: str | None = None,
        topics: Collection[str] | None = None,
        description: str | None = None,
        enabled: bool | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> WebhookEndpoint:
        """`PUT /v2/api/webhooks/{webhook_id}`. What is left out stays as it is; `topics` replaces.

        Raises:
            NotFoundError: There is no such endpoint.
            ValidationError: INVALID_EVENT_TYPE for an unknown topic.
        """
        members = arguments.given(
            url=None if url is None else arguments.web_address("url", url),
            topics=None if topics is None else arguments.texts("topics", topics),
            description=None if description is None else arguments.text("description", description),
            enabled=enabled,
        )
        if not members:
            raise InvalidArgumentError("update", "needs at least one member to change")
        answer = await self._http.write("PUT", _path(webhook_id), members, idempotency_key=idempotency_key)
        return answer.one(WebhookEndpoint)

    async def delete(self, webhook_id: str, *, idempotency_key: str | None = None) -> None:
        """`DELETE /v2/api/webhooks/{webhook_id}`; its delivery history goes with it.

        Raises:
            NotFoundError: There is no such endpoint.
        """
        await self._http.write("DELETE", _path(webhook_id), idempotency_key=idempotency_key)


def _path(webhook_id: str) -> str:
    return f"{_PATH}/{arguments.segment('webhook_id', webhook_id)}"
