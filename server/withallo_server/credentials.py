"""Where the API key is kept when it is not in the environment: the keyring of the system, or a file of its owner.

Order, first found wins: `ALLO_API_KEY` in the environment (or `--api-key`), the keyring, the file `api-key` in the
data folder. A small note in the data folder says that the keyring holds a key, so that a start without one does not
pay for asking.
"""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import SecretStr

from withallo_server import private_files
from withallo_server.settings import Settings

Result = TypeVar("Result")

SERVICE = "withallo-mcp"
_NOTE = "key-in-keyring"
_FILE = "api-key"


class CredentialError(Exception):
    """The key cannot be kept or read; the message says why and what to do. Never holds the key."""


@dataclass(frozen=True, slots=True)
class KeptKey:
    """An API key and where it was found."""

    secret: SecretStr
    source: str


class Credentials:
    """The key kept for one data folder.

    Args:
        folder: The data folder; each has a key of its own.
        patience: Seconds to wait for a keyring that may be asking its user to unlock it.
        what: What is kept; each has a place of its own.
    """

    def __init__(self, folder: Path, patience: float = 60.0, what: str = "API key") -> None:
        self._folder = folder
        self._patience = patience
        self._what = what
        is_key = what == "API key"
        self._file = _FILE if is_key else what.lower().replace(" ", "-")
        self._note = _NOTE if is_key else f"{self._file}-in-keyring"
        self._entry = str(folder) if is_key else f"{folder} {what}"

    def find(self) -> KeptKey | None:
        """The key kept, or nothing.

        Raises:
            CredentialError: There is one, and it cannot be read.
        """
        if (self._folder / self._note).exists():
            secret = self._ask(self._read_keyring)
            if secret:
                return KeptKey(SecretStr(secret), "the keyring of this system")
        text = self._read_file()
        return KeptKey(SecretStr(text), f"the file {self._folder / self._file}") if text else None

    def keep_in_keyring(self, key: SecretStr) -> str:
        """Keep the key in the keyring of this system and nowhere else.

        Returns:
            Where it is now.

        Raises:
            CredentialError: This machine has no keyring that works.
        """
        self._ask(lambda: self._write_keyring(key.get_secret_value()))
        self._write(self._note, f"The {self._what} of this folder is in the keyring of the system.\n")
        self._remove(self._file)
        return "the keyring of this system"

    def keep_in_file(self, key: SecretStr) -> str:
        """Keep the key in a file that only its owner reads.

        Returns:
            Where it is now.

        Raises:
            CredentialError: The folder cannot be written.
        """
        self._write(self._file, key.get_secret_value() + "\n")
        self._forget_keyring()
        return f"the file {self._folder / self._file}"

    def forget(self) -> bool:
        """Remove the key from wherever it is kept.

        Returns:
            Whether there was one.

        Raises:
            CredentialError: It cannot be removed.
        """
        in_keyring = self._forget_keyring()
        return self._remove(self._file) or in_keyring

    def _forget_keyring(self) -> bool:
        if not (self._folder / self._note).exists():
            return False
        self._ask(self._delete_keyring)
        return self._remove(self._note)

    def _read_keyring(self) -> str | None:
        import keyring

        return keyring.get_password(SERVICE, self._entry)

    def _write_keyring(self, secret: str) -> None:
        import keyring

        keyring.set_password(SERVICE, self._entry, secret)

    def _delete_keyring(self) -> None:
        import keyring
        from keyring.errors import PasswordDeleteError

        try:
            keyring.delete_password(SERVICE, self._entry)
        except PasswordDeleteError:
            return

    def _ask(self, work: Callable[[], Result]) -> Result:
        """Ask the keyring in a thread of its own: some wait for ever for a person to unlock them."""
        answers: list[Result] = []
        problems: list[Exception] = []

        def run() -> None:
            try:
                answers.append(work())
            except Exception as error:  # noqa: BLE001  # keyring backends raise whatever their platform raises
                problems.append(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        thread.join(self._patience)
        if problems:
            raise CredentialError(f"The keyring of this system does not work ({_name(problems[0])}).") from problems[0]
        if not answers:
            raise CredentialError("The keyring of this system does not answer: unlock it, or set ALLO_API_KEY.")
        return answers[0]

    def _read_file(self) -> str:
        path = self._folder / self._file
        try:
            if os.name == "posix" and path.stat().st_mode & 0o077:
                raise CredentialError(f"{path} can be read by others: chmod 600 it, and make a new key in Allo.")
            return path.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return ""
        except UnicodeDecodeError:
            raise CredentialError(f"{path} holds no API key: `withallo-mcp auth login` writes it anew.") from None
        except OSError as error:
            raise CredentialError(f"{path} cannot be read ({error.strerror}).") from error

    def _write(self, name: str, text: str) -> None:
        try:
            private_files.replace(self._folder / name, text)
        except OSError as error:
            raise CredentialError(f"{self._folder} cannot be written ({error.strerror}): set ALLO_DATA_DIR.") from error

    def _remove(self, name: str) -> bool:
        try:
            (self._folder / name).unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise CredentialError(f"{self._folder / name} cannot be removed ({error.strerror}).") from error
        return True


def _name(error: Exception) -> str:
    return type(error).__name__


def has_keyring() -> bool:
    """Whether this system has a keyring at all."""
    import keyring
    from keyring.backends import fail, null

    return not isinstance(keyring.get_keyring(), fail.Keyring | null.Keyring)


def source_of_key(settings: Settings) -> KeptKey | None:
    """The key that a server started now would use, and where it is from.

    Raises:
        CredentialError: There is one, and it cannot be read.
    """
    if settings.api_key is not None:
        return KeptKey(settings.api_key, "the environment variable ALLO_API_KEY")
    return Credentials(settings.data_dir).find()


def with_kept_key(settings: Settings, patience: float = 5.0) -> Settings:
    """The settings with the key that `withallo-mcp auth login` kept, where they name none themselves.

    Args:
        settings: What environment and command line say.
        patience: Seconds a keyring may take; a client waits for the server to start meanwhile.

    Raises:
        CredentialError: There is a key, and it cannot be read.
    """
    if settings.api_key is not None or settings.sandbox:
        return settings
    kept = Credentials(settings.data_dir, patience).find()
    return settings if kept is None else settings.model_copy(update={"api_key": kept.secret})
