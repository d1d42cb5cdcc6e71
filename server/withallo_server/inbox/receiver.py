"""The web application Allo delivers webhooks to.

The order of work: raw bytes, size limit, signature, durable insert keyed on the delivery id, 2xx. Everything else,
joining and notifying included, happens after the answer. What is refused gets a status and no words.
"""

import hashlib
import hmac
import logging
import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import anyio
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from withallo_client import InvalidWebhookPayloadError, WebhookSignatureError, verify_signature
from withallo_server.database import StorageError
from withallo_server.inbox.events import NewEvent
from withallo_server.inbox.facts import Facts, is_v1, number_key, read_facts, read_json
from withallo_server.inbox.probe import HEADER as PROBE_HEADER
from withallo_server.inbox.probe import proof
from withallo_server.webhook_path import ROUTE

logger = logging.getLogger(__name__)

MOST_BYTES = 1_048_576
BODY_SECONDS = 20.0
"""Allo gives up after 20 seconds (API contract 7.5)."""

_SIGNATURE_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
_WITHOUT_LINE = frozenset({"contact.created", "contact.updated", "PING"})
_ID = re.compile(r"[!-~]{1,200}")


class UnknownPathError(Exception):
    """The token in the path is nobody's."""


class BodyTooLargeError(Exception):
    """More than `MOST_BYTES` came or were announced."""


class LinesUnknownError(Exception):
    """Which numbers are ours is not known yet, so an unsigned delivery cannot be judged."""


_REFUSALS: dict[type[Exception], int] = {
    UnknownPathError: 404,
    InvalidWebhookPayloadError: 400,
    WebhookSignatureError: 400,
    ClientDisconnect: 400,
    BodyTooLargeError: 413,
    TimeoutError: 408,
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where one account receives.

    Attributes:
        token: Last part of the path.
        account: Whose events these are.
        secrets: The signing secrets of the moment. Without any, signed deliveries are kept as unverified.
        lines: The account's own numbers, None as long as they are unknown.
    """

    token: SecretStr
    account: str
    secrets: Callable[[], Awaitable[Sequence[SecretStr]]]
    lines: Callable[[], Awaitable[Collection[str] | None]]


class Receiver:
    """Judges deliveries and stores the good ones.

    Args:
        endpoints: One for each account.
        add: Stores an event durably, for example `Store.add`.
        now: The present.
    """

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        add: Callable[[NewEvent], Awaitable[bool]],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._endpoints = endpoints
        self._add = add
        self._now = now

    async def handle(self, request: Request) -> Response:
        """Answer one delivery: 200 once it is durable, 404, 400, 408 or 413 when refused, 503 to come again."""
        try:
            return Response(status_code=200, headers=await self._take(request))
        except (StorageError, LinesUnknownError) as error:
            logger.warning("Delivery not stored: %s", error)
            return Response(status_code=503, headers={"retry-after": "5"})
        except tuple(_REFUSALS) as error:
            status = next(status for kind, status in _REFUSALS.items() if isinstance(error, kind))
            logger.info("Delivery refused: %s", str(error) or type(error).__name__)
            return Response(status_code=status, headers={"connection": "close"} if status in (408, 413) else None)

    async def _take(self, request: Request) -> dict[str, str]:
        """Store a delivery, or prove to a probe of `webhook setup` that it arrived; returns the headers to answer."""
        endpoint = self._endpoint(request.path_params["token"])
        with anyio.fail_after(BODY_SECONDS):
            body = await _read_body(request)
        if (nonce := request.headers.get(PROBE_HEADER)) is not None:
            return {PROBE_HEADER: await self._prove(endpoint, request.headers, body, nonce)}
        await self.receive(endpoint, request.headers, body)
        return {}

    async def receive(self, endpoint: Endpoint, headers: Mapping[str, str], body: bytes) -> bool:
        """Verify and store one delivery; returns false when it had been stored before.

        Raises:
            WebhookSignatureError: It is not proven to come from Allo.
            InvalidWebhookPayloadError: It is not JSON, or an unsigned body that is not for this account.
            StorageError: It is not stored.
            LinesUnknownError: It is unsigned and the account's numbers are not known yet.
        """
        now = self._now()
        has_signature = any(name in headers for name in _SIGNATURE_HEADERS)
        secrets = await endpoint.secrets()
        if has_signature and secrets:
            verify_signature(body, headers, secrets, now)
        value = read_json(body)
        facts = read_facts(value)
        if has_signature:
            event_id = _delivery_id(headers)
        else:
            facts = await _unsigned(endpoint, value, facts)
            event_id = f"v1_{hashlib.sha256(body).hexdigest()[:32]}"
        verified = has_signature and bool(secrets)
        return await self._add(
            NewEvent(endpoint.account, event_id, facts, now, verified, "webhook", payload=body.decode())
        )

    async def _prove(self, endpoint: Endpoint, headers: Mapping[str, str], body: bytes, nonce: str) -> str:
        now = self._now()
        for secret in await endpoint.secrets():
            with suppress(WebhookSignatureError):
                verify_signature(body, headers, [secret], now)
                return proof(secret, nonce)
        raise WebhookSignatureError("A probe is not signed with a secret of ours.")

    def _endpoint(self, token: str) -> Endpoint:
        given = token.encode(errors="replace")
        found: Endpoint | None = None
        for endpoint in self._endpoints:
            if hmac.compare_digest(given, endpoint.token.get_secret_value().encode()):
                found = endpoint
        if found is None:
            raise UnknownPathError("a path that is not ours")
        return found


def receiver_app(receiver: Receiver) -> Starlette:
    """The receiver as a web application with the one route `POST /webhooks/allo/<token>`."""
    return Starlette(routes=[Route(ROUTE, receiver.handle, methods=["POST"])])


async def _read_body(request: Request) -> bytes:
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > MOST_BYTES:
        raise BodyTooLargeError
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_BYTES:
            raise BodyTooLargeError
        parts.append(part)
    return b"".join(parts)


def _delivery_id(headers: Mapping[str, str]) -> str:
    event_id = headers.get("webhook-id", "")
    if not _ID.fullmatch(event_id):
        raise InvalidWebhookPayloadError("The webhook-id is missing or not a plain word.")
    return event_id


async def _unsigned(endpoint: Endpoint, value: Any, facts: Facts) -> Facts:
    """The facts of a v1 delivery, which nothing proves but its path and a number of ours in it."""
    if not is_v1(value):
        raise WebhookSignatureError("The delivery has no signature.")
    if facts.topic in _WITHOUT_LINE:
        return facts
    lines = await endpoint.lines()
    if lines is None:
        raise LinesUnknownError("the numbers of the account are not known yet")
    ours = {number_key(line) for line in lines}
    if facts.allo_number in ours:
        return facts
    if facts.contact_number in ours:
        return replace(facts, contact_number=facts.allo_number, allo_number=facts.contact_number)
    raise InvalidWebhookPayloadError("The unsigned delivery is not for a number of this account.")
