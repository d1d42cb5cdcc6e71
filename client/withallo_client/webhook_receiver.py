"""Deliveries to a webhook: verified, read, handed on (API contract 7)."""

import hmac
import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from withallo_client._json import read_json
from withallo_client.errors import InvalidWebhookPayloadError, WebhookSignatureError
from withallo_client.webhook_events import WebhookEvent

EventHandler = Callable[[WebhookEvent], Awaitable[None]]

TOLERANCE = timedelta(minutes=5)
MAX_SIGNATURES = 20

_SECRET = re.compile(r"(?:whsec_)?([A-Za-z0-9+/]{1,500}={0,2})")


def verify_signature(
    raw: bytes, headers: Mapping[str, str], secrets: Collection[str | SecretStr], now: datetime | None = None
) -> None:
    """Check a delivery against the Standard Webhooks signature (API contract 7.4).

    Args:
        raw: The body, exactly as it came.
        headers: Of the delivery; names in any case, `svix-` for `webhook-` too.
        secrets: `whsec_…`, several during rotation; any match passes.
        now: The present, for tests; at most 5 minutes may lie between it and the delivery, either way.

    Raises:
        WebhookSignatureError: It is not proven to come from Allo, or a secret cannot be used.
        InvalidWebhookPayloadError: The body is not UTF-8.
    """
    delivery_id, timestamp, given = _signature_headers(headers)
    moment = _moment(timestamp, now or datetime.now(UTC))
    body = _decoded(raw)
    matches = False
    for secret in secrets:
        expected = _expected(secret, delivery_id, moment, body)
        for signature in given:
            matches |= hmac.compare_digest(expected, signature)
    if not matches:
        raise WebhookSignatureError("no signature matches")


class WebhookReceiver:
    """Takes deliveries: `handle` verifies one, reads it, and calls the handlers of its topic.

    Args:
        secrets: Signing secrets `whsec_…`; without any, `handle` verifies nothing (v1 deliveries are unsigned).
        now: Where the present comes from, for tests.

    Raises:
        WebhookSignatureError: A secret cannot be used.
    """

    def __init__(self, secrets: Collection[str | SecretStr] = (), *, now: Callable[[], datetime] | None = None) -> None:
        self._secrets = tuple(SecretStr(one) if isinstance(one, str) else one for one in secrets)
        for secret in self._secrets:
            _signing_secret(secret)
        self._now = now or (lambda: datetime.now(UTC))
        self._handlers: defaultdict[str, list[EventHandler]] = defaultdict(list)

    def on(self, topic: str, handler: EventHandler) -> None:
        """Call `handler` for every event of a topic, written as Allo writes it; `*` means every topic."""
        self._handlers[topic].append(handler)

    def parse(self, raw: bytes | str) -> WebhookEvent:
        """Read a body without verifying it.

        Raises:
            InvalidWebhookPayloadError: It is not a JSON object with a topic and data.
        """
        try:
            value = read_json(raw)
        except ValueError:
            raise InvalidWebhookPayloadError("the body is not JSON") from None
        return WebhookEvent.read(value)

    async def handle(self, raw: bytes, headers: Mapping[str, str]) -> WebhookEvent:
        """Verify, read, and call the handlers of the topic, in the order they were added.

        Raises:
            WebhookSignatureError: It is not proven to come from Allo.
            InvalidWebhookPayloadError: The body is not an event.
        """
        if self._secrets:
            verify_signature(raw, headers, self._secrets, self._now())
        event = replace(self.parse(raw), event_id=_header(headers, "id"))
        for handler in (*self._handlers.get(event.topic, ()), *self._handlers.get("*", ())):
            await handler(event)
        return event


def _signature_headers(headers: Mapping[str, str]) -> tuple[str, str, list[bytes]]:
    delivery_id, timestamp, signatures = (_header(headers, name) for name in ("id", "timestamp", "signature"))
    if not (delivery_id and timestamp and signatures):
        raise WebhookSignatureError("webhook-id, webhook-timestamp and webhook-signature are needed")
    given = [_digest(one) for one in signatures.split(" ")[:MAX_SIGNATURES] if one.startswith("v1,")]
    return delivery_id, timestamp, given


def _header(headers: Mapping[Any, Any], name: str) -> str | None:
    """Find a header in any case; what has no place in one counts as absent."""
    wanted = {f"webhook-{name}", f"svix-{name}"}
    for key, value in headers.items():
        if isinstance(key, str) and isinstance(value, str) and key.lower() in wanted and value.isascii():
            return value.strip()
    return None


def _digest(signature: str) -> bytes:
    try:
        return b64decode(signature.removeprefix("v1,"), validate=True)
    except (Base64Error, ValueError):
        return b""


def _moment(timestamp: str, now: datetime) -> datetime:
    if not re.fullmatch(r"0|[1-9][0-9]{0,10}", timestamp):
        raise WebhookSignatureError("webhook-timestamp is not a Unix time in seconds")
    moment = datetime.fromtimestamp(int(timestamp), UTC)
    if abs(moment - now) > TOLERANCE:
        raise WebhookSignatureError("the delivery is more than 5 minutes from now")
    return moment


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise InvalidWebhookPayloadError("the body is not UTF-8") from None


def _expected(secret: str | SecretStr, delivery_id: str, moment: datetime, body: str) -> bytes:
    from standardwebhooks import Webhook

    signature = Webhook(_signing_secret(secret)).sign(delivery_id, moment, body)
    return b64decode(signature.removeprefix("v1,"))


def _signing_secret(secret: Any) -> bytes:
    """The key inside `whsec_…`. The text is never repeated in an error."""
    text = secret.get_secret_value() if isinstance(secret, SecretStr) else secret
    shape = _SECRET.fullmatch(text) if isinstance(text, str) else None
    try:
        key = b64decode(shape[1].rstrip("=") + "=" * (-len(shape[1].rstrip("=")) % 4)) if shape else b""
    except Base64Error:
        key = b""
    if not key:
        raise WebhookSignatureError("a signing secret is not whsec_ followed by base64")
    return key
