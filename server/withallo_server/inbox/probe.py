"""Sends this server a signed probe through its public address, and says what to mend when it does not arrive."""

import hashlib
import hmac
import secrets as randomness
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import httpx
from pydantic import SecretStr

from withallo_client import WebhookSignatureError

HEADER: Final = "withallo-probe"
SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What became of a probe.

    Attributes:
        reached: Whether it came to this receiver, which accepted its signature.
        finding: What happened and what to do, for a person.
    """

    reached: bool
    finding: str


def proof(secret: SecretStr, nonce: str) -> str:
    """What only somebody with the signing secret can answer to a probe."""
    key = secret.get_secret_value().encode()
    return hmac.new(key, f"{HEADER}.{nonce}".encode(), hashlib.sha256).hexdigest()


def sign(secret: SecretStr, event_id: str, body: bytes) -> dict[str, str]:
    """The headers Allo would send now with a body (API contract 7.4).

    Raises:
        WebhookSignatureError: The secret cannot be used.
    """
    from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

    now = datetime.now(UTC)
    try:
        signature = Webhook(secret.get_secret_value()).sign(event_id, now, body.decode())
    except (EmptyWebhookSecretError, ValueError):
        raise WebhookSignatureError("a signing secret is not whsec_ followed by base64") from None
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }


async def probe(http: httpx.AsyncClient, url: str, secret: SecretStr) -> ProbeResult:
    """Deliver a signed probe as Allo would, without following redirects."""
    nonce = randomness.token_hex(16)
    body = b'{"topic":"withallo.probe","version":"2.0","data":{}}'
    headers = {**sign(secret, f"probe_{nonce}", body), "content-type": "application/json", HEADER: nonce}
    try:
        answer = await http.post(url, content=body, headers=headers, follow_redirects=False, timeout=SECONDS)
    except httpx.HTTPError as error:
        return ProbeResult(False, _no_answer(error))
    if answer.status_code == 200 and hmac.compare_digest(answer.headers.get(HEADER, ""), proof(secret, nonce)):
        return ProbeResult(True, "The address reaches this receiver, and it accepts the signature.")
    return ProbeResult(False, _wrong_answer(answer.status_code))


def _no_answer(error: httpx.HTTPError) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return (
                "The certificate of the address is not valid, and Allo refuses such addresses: use one of a public "
                "authority, as cloudflared and ngrok bring along."
            )
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.ConnectTimeout | httpx.ReadTimeout):
        return "The address took too long to answer: Allo waits 20 seconds. Is the tunnel up and the receiver running?"
    return "Nothing answers at the address: start the tunnel or proxy, and check the name for a typing mistake."


def _wrong_answer(status: int) -> str:
    if status in (301, 302, 303, 307, 308):
        return f"The address redirects ({status}), and Allo does not follow: register the address it leads to."
    if status in (404, 405):
        return (
            f"Something answers, but not this receiver ({status}): the proxy must pass the path on unchanged, and the "
            "receiver must use the same data folder or ALLO_WEBHOOK_TOKEN."
        )
    if status == 400:
        return (
            "The receiver does not accept the signature: its clock must be right to five minutes, and where it uses "
            "another data folder it needs the secret in ALLO_WEBHOOK_SECRETS."
        )
    if status in (401, 403):
        return f"Something in front asks for a login ({status}): let the webhook path through without one."
    if status in (502, 503, 504):
        return (
            f"The tunnel or proxy answers {status}: start the receiver, `withallo-mcp listen 127.0.0.1:8787`, "
            "and point the tunnel to that port."
        )
    return f"Something else answers at the address (status {status}): point the tunnel to the receiver's port."
