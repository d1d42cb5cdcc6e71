"""Webhooks into this process: over a port, and from the embedded account."""

import logging
import os
import secrets
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from opentelemetry.trace import SpanKind
from pydantic import SecretStr
from starlette.types import ASGIApp, Receive, Scope, Send

from withallo_client import WithalloError
from withallo_server.account import Account
from withallo_server.settings import Settings
from withallo_server.telemetry import span

if TYPE_CHECKING:
    from withallo_server.inbox.store import Store

logger = logging.getLogger(__name__)

_TOKEN_FILE = "webhook-token"  # noqa: S105  # the name of the file, not what is in it


def webhook_token(settings: Settings) -> SecretStr:
    """The secret last part of the webhook path: the setting, else one made once and kept in the data folder."""
    if settings.webhook_token is not None:
        return settings.webhook_token
    path = settings.data_dir / _TOKEN_FILE
    made = secrets.token_urlsafe(32)
    try:
        return SecretStr(_read(path) or _keep(path, made))
    except OSError as error:
        logger.warning(
            "The webhook path changes with every start: %s cannot be kept (%s). Set ALLO_WEBHOOK_TOKEN or "
            "ALLO_DATA_DIR.",
            path,
            error.strerror,
        )
        return SecretStr(made)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return ""


def _keep(path: Path, token: str) -> str:
    """Write the token, unless another process was quicker; then theirs is the one. What is no token gives way."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(token)
        os.link(temporary, path)
    except FileExistsError:
        if theirs := _read(path):
            return theirs
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return token


class WebhookDoor:
    """The web application that takes deliveries; what it needs is loaded by the first one.

    Args:
        account: Whose events they are.
        token: Last part of the path.
        open_store: Opens the inbox.
        signing_secrets: Gives the signing secrets of the moment.
    """

    def __init__(
        self,
        account: Account,
        token: SecretStr,
        open_store: "Callable[[], Awaitable[Store]]",
        signing_secrets: Callable[[], Awaitable[Sequence[SecretStr]]],
    ) -> None:
        self._account = account
        self._token = token
        self._open_store = open_store
        self._secrets = signing_secrets
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if self._app is None:
            self._app = self._make()
        with span("allo.delivery", SpanKind.SERVER):
            await self._app(scope, receive, send)

    def _make(self) -> ASGIApp:
        from withallo_server.inbox.events import NewEvent
        from withallo_server.inbox.receiver import Endpoint, Receiver, receiver_app

        async def add(event: NewEvent) -> bool:
            return await (await self._open_store()).add(replace(event, account=await self._account.name()))

        endpoint = Endpoint(self._token, self._account.settings.account, self._secrets, self._lines)
        return receiver_app(Receiver([endpoint], add, self._account.now))

    async def _lines(self) -> list[str] | None:
        try:
            return [line.number for line in await self._account.numbers() if line.number]
        except WithalloError:
            return None
