"""The signing secrets of webhook endpoints: those of the settings, and those that `webhook setup` kept."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import anyio
import anyio.to_thread
from pydantic import SecretStr

from withallo_client import WebhookReceiver, WebhookSignatureError
from withallo_server.credentials import CredentialError, Credentials, has_keyring
from withallo_server.database import StorageError

LOOK_AGAIN_SECONDS: Final = 1.0

_WHAT = "webhook secrets"
_FILES = ("webhook-secrets", "webhook-secrets-in-keyring")


class SigningSecrets:
    """Gives the secrets of the moment; notices within a second when another process kept or forgot one.

    Args:
        given: Those of the settings, and whatever else is known beforehand.
        folder: The data folder.
    """

    def __init__(self, given: Callable[[], Sequence[SecretStr]], folder: Path) -> None:
        self._given = given
        self._folder = folder
        self._kept: tuple[SecretStr, ...] = ()
        self._seen: tuple[int, ...] = ()
        self._looked = -LOOK_AGAIN_SECONDS
        self._looking = anyio.Lock()
        self._problem = ""

    async def current(self) -> Sequence[SecretStr]:
        """The secrets that a delivery may be signed with.

        Raises:
            StorageError: There are kept ones that cannot be read; a delivery had better come again.
        """
        if self._is_time():
            async with self._looking:
                if self._is_time():
                    await self._look()
                    self._looked = time.monotonic()
        if self._problem:
            raise StorageError(f"The signing secrets cannot be read: {self._problem}")
        return (*self._given(), *self._kept)

    def _is_time(self) -> bool:
        return time.monotonic() - self._looked >= LOOK_AGAIN_SECONDS

    async def _look(self) -> None:
        seen = tuple(_changed(self._folder / name) for name in _FILES)
        if seen == self._seen and not self._problem:
            return
        try:
            self._kept = await anyio.to_thread.run_sync(kept_secrets, self._folder)
            self._seen, self._problem = seen, ""
        except CredentialError as error:
            self._problem = str(error)


def kept_secrets(folder: Path) -> tuple[SecretStr, ...]:
    """The secrets kept for a data folder.

    Raises:
        CredentialError: They cannot be read, or something else is kept there.
    """
    found = Credentials(folder, what=_WHAT).find()
    if found is None:
        return ()
    secrets = tuple(SecretStr(part) for part in found.secret.get_secret_value().split(","))
    try:
        WebhookReceiver(secrets)
    except WebhookSignatureError:
        problem = f"What {found.source} keeps is no signing secret: remove it, then withallo-mcp webhook setup"
        raise CredentialError(problem) from None
    return secrets


def keep_secrets(folder: Path, secrets: Sequence[SecretStr]) -> str:
    """Keep these secrets and no others, in the keyring where there is one, else in a file of their owner.

    Returns:
        Where they are now; empty when there are none left.

    Raises:
        CredentialError: They cannot be kept.
    """
    place = Credentials(folder, what=_WHAT)
    joined = SecretStr(",".join(dict.fromkeys(secret.get_secret_value() for secret in secrets)))
    if not joined.get_secret_value():
        place.forget()
        return ""
    if has_keyring():
        try:
            return place.keep_in_keyring(joined)
        except CredentialError:
            pass
    return place.keep_in_file(joined)


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
