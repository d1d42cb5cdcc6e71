"""Registers this server at Allo as a webhook endpoint, looks after the registration and takes it back."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import anyio
import anyio.to_thread
import httpx
from pydantic import SecretStr

from withallo_client import AlloClient, NotFoundError, WebhookEndpoint, WebhookReceiver
from withallo_server.inbox.probe import ProbeResult, probe
from withallo_server.inbox.signing import LOOK_AGAIN_SECONDS, keep_secrets, kept_secrets
from withallo_server.webhook_path import path_of

DESCRIPTION: Final = "withallo-mcp inbox"

_USUAL: Final = (
    "call.received",
    "call.triggered",
    "call.answered",
    "call.completed",
    "tag.added",
    "tag.removed",
    "sms.received",
    "sms.sent",
    "contact.created",
    "contact.updated",
)
_NOT_OURS: Final = "partner."


@dataclass(frozen=True, slots=True)
class Registered:
    """An endpoint at Allo and whether it works.

    Attributes:
        is_new: Whether it was made just now.
        kept_in: Where the signing secret is; empty when it was kept before.
        probed: What became of a signed probe; None without a secret to sign it.
    """

    endpoint: WebhookEndpoint
    is_new: bool
    kept_in: str
    probed: ProbeResult | None


class Registration:
    """The endpoints at Allo whose address ends with our secret path.

    Args:
        client: The API; the key needs the scope WEBHOOKS_READ_WRITE.
        http: Sends the probe.
        token: Last part of the path.
        folder: The data folder, where the signing secrets are kept.
        given: Signing secrets of the settings.
    """

    def __init__(
        self,
        client: AlloClient,
        http: httpx.AsyncClient,
        *,
        token: SecretStr,
        folder: Path,
        given: Sequence[SecretStr] = (),
    ) -> None:
        self._client = client
        self._http = http
        self._ending = path_of(token)
        self._folder = folder
        self._given = given

    async def set_up(self, url: str, topics: Collection[str] = ()) -> Registered:
        """Register an address, or bring its registration up to date, keep the secret and probe.

        Args:
            url: The public https address of this server; the secret path is added where it is missing.
            topics: What is wanted; everything about calls, texts, contacts and tags when empty.

        Raises:
            WithalloError: Allo does not take the address or the topics, gives a secret that cannot be used, or the key
            may not.
            CredentialError: The secret cannot be kept; `withallo-mcp webhook remove` takes the endpoint back.
        """
        address = url.rstrip("/") if url.rstrip("/").endswith(self._ending) else url.rstrip("/") + self._ending
        wanted = tuple(topics) or await self._all_topics()
        present = next((each for each in await self.endpoints() if each.url == address), None)
        if present is None:
            endpoint = await self._client.webhook_endpoints.create(address, wanted, DESCRIPTION)
        else:
            await self._client.webhook_endpoints.update(present.id, topics=wanted, enabled=True)
            endpoint = await self._client.webhook_endpoints.get(present.id)
        kept_in = await self._keep(endpoint)
        if kept_in:
            await anyio.sleep(LOOK_AGAIN_SECONDS)
        return Registered(endpoint, present is None, kept_in, await self._probe(endpoint))

    async def status(self) -> list[Registered]:
        """Our endpoints, each probed.

        Raises:
            WithalloError: Allo cannot be asked.
            CredentialError: The secrets cannot be read.
        """
        return [
            Registered(endpoint, False, "", await self._probe(endpoint))
            for endpoint in [await self._client.webhook_endpoints.get(each.id) for each in await self.endpoints()]
        ]

    async def remove(self) -> list[WebhookEndpoint]:
        """Delete our endpoints at Allo and forget their secrets; returns what was deleted.

        Raises:
            WithalloError: Allo does not delete one of them.
            CredentialError: The secrets cannot be forgotten.
        """
        gone = []
        for endpoint in await self.endpoints():
            secret = (await self._client.webhook_endpoints.get(endpoint.id)).signing_secret
            try:
                await self._client.webhook_endpoints.delete(endpoint.id)
            except NotFoundError:
                continue
            gone.append(endpoint)
            await anyio.to_thread.run_sync(self._forget, secret)
        return gone

    async def endpoints(self) -> list[WebhookEndpoint]:
        """Endpoints whose address ends with our secret path."""
        return [each for each in await self._client.webhook_endpoints.list() if (each.url or "").endswith(self._ending)]

    async def _all_topics(self) -> tuple[str, ...]:
        try:
            known = await self._client.webhook_endpoints.event_types()
        except NotFoundError:
            return _USUAL
        return tuple(each.name for each in known if not each.name.startswith(_NOT_OURS)) or _USUAL

    async def _keep(self, endpoint: WebhookEndpoint) -> str:
        secret = endpoint.signing_secret
        if secret is None:
            return ""
        WebhookReceiver([secret])
        kept = await anyio.to_thread.run_sync(kept_secrets, self._folder)
        if secret in (*kept, *self._given):
            return ""
        return await anyio.to_thread.run_sync(keep_secrets, self._folder, (*kept, secret))

    def _forget(self, secret: SecretStr | None) -> None:
        kept = kept_secrets(self._folder)
        if secret in kept:
            keep_secrets(self._folder, [each for each in kept if each != secret])

    async def _probe(self, endpoint: WebhookEndpoint) -> ProbeResult | None:
        known = [*await anyio.to_thread.run_sync(kept_secrets, self._folder), *self._given]
        secret = endpoint.signing_secret or next(iter(known), None)
        return await probe(self._http, endpoint.url or "", secret) if secret is not None else None
