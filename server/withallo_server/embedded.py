"""The embedded account: a fictional company behind the Allo API, inside this process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from pydantic import SecretStr
from starlette.types import ASGIApp, Receive, Scope, Send

from withallo_client import AlloClient
from withallo_sandbox import KEYS, Sandbox
from withallo_server.telemetry import observe_request
from withallo_server.webhook_path import PREFIX, path_of

DEFAULT_KEY = "ak_live_sandbox"
_PLACE = "https://receiver.sandbox.invalid"


class Embedded:
    """The sandbox with what the server needs of it.

    Attributes:
        sandbox: The account.
        secret: Signs what it delivers here; nothing before it delivers.
    """

    def __init__(self, sandbox: Sandbox | None = None) -> None:
        self.sandbox = sandbox or Sandbox()
        self.secret: SecretStr | None = None

    def client(self, key: SecretStr | None) -> AlloClient:
        """A client of this account; a key that is not one of its own, perhaps a real one, is not used."""
        chosen = key.get_secret_value() if key is not None else ""
        transport = httpx.ASGITransport(app=self.sandbox.app)
        return AlloClient(chosen if chosen in KEYS else DEFAULT_KEY, transport=transport, observe=observe_request)

    @asynccontextmanager
    async def delivering(self, receiver: ASGIApp, token: SecretStr) -> AsyncIterator[None]:
        """Let it deliver its webhooks, signed, to a receiver in this process."""
        self.sandbox.delivery_transport = httpx.ASGITransport(app=receiver)
        self.secret = SecretStr(self.sandbox.register_endpoint(_PLACE + path_of(token)))
        async with self.sandbox.running():
            yield

    def beside(self, receiver: ASGIApp) -> ASGIApp:
        """The receiver, and under every other path the account's API and its controls."""

        async def both(scope: Scope, receive: Receive, send: Send) -> None:
            is_delivery = scope["type"] == "http" and scope["path"].startswith(PREFIX)
            await (receiver if is_delivery else self.sandbox.app)(scope, receive, send)

        return both
