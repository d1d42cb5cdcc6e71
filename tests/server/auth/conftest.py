from pathlib import Path

import keyring
import keyring.errors
import pytest
from keyring.backend import KeyringBackend


class MemoryKeyring(KeyringBackend):
    """A keyring that works, for as long as the test runs."""

    priority = 1

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if (service, username) not in self.held:
            raise keyring.errors.PasswordDeleteError("not there")
        del self.held[service, username]


@pytest.fixture
def memory_keyring() -> MemoryKeyring:
    """The keyring of a machine that has one."""
    memory = MemoryKeyring()
    keyring.set_keyring(memory)
    return memory


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder, on a machine without settings."""
    monkeypatch.setenv("ALLO_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("ALLO_API_KEY", raising=False)
    return tmp_path / "data"


@pytest.fixture
def allo(sandbox_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The settings lead to the embedded account."""
    monkeypatch.setenv("ALLO_BASE_URL", sandbox_url)
    return sandbox_url
