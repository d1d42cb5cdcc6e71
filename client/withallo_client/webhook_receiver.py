"""Deliveries to a webhook: verified, read, handed on (API contract 7)."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime

from pydantic import SecretStr

from withallo_client.webhook_events import WebhookEvent

EventHandler = Callable[[WebhookEvent], Awaitable[None]]


def verify_signature(
    raw: bytes, headers: Mapping[str, str], secrets: Collection[str | SecretStr], now: datetime | None = None
) -> None:
    """Check a delivery against the Standard Webhooks signature (API contract 7.4).

    Args:
        raw: The body, exactly as it came.
        headers: Of the delivery; names in any case.
        secrets: `whsec_…`, several during rotation; any match passes.
        now: The present, for tests; at most 5 minutes may lie between it and the delivery, either way.

    Raises:
        WebhookSignatureError: It is not proven to come from Allo, or a secret cannot be used.
    """
    raise NotImplementedError


class WebhookReceiver:
    """Takes deliveries.

    Args:
        secrets: Signing secrets `whsec_…`; without any, `handle` verifies nothing (v1 deliveries are unsigned).
        now: Where the present comes from, for tests.
    """

    def __init__(self, secrets: Collection[str | SecretStr] = (), *, now: Callable[[], datetime] | None = None) -> None:
        self._secrets = tuple(secrets)

    def on(self, topic: str, handler: EventHandler) -> None:
        """Call `handler` for every event of a topic; `*` means every topic."""

    def parse(self, raw: bytes | str) -> WebhookEvent:
        """Read a body without verifying it.

        Raises:
            InvalidWebhookPayloadError: It is not a JSON object with a topic and data.
        """
        raise NotImplementedError

    async def handle(self, raw: bytes, headers: Mapping[str, str]) -> WebhookEvent:
        """Verify, read, and call the handlers of the topic, in the order they were added.

        Raises:
            WebhookSignatureError: It is not proven to come from Allo.
            InvalidWebhookPayloadError: The body is not an event.
        """
        raise NotImplementedError
