import stat
import subprocess
import sys
import threading
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring
from pydantic import SecretStr

from withallo_server.credentials import CredentialError, Credentials, has_keyring, source_of_key, with_kept_key
from withallo_server.settings import Settings

KEY = SecretStr("ak_live_canary")


class Held(KeyringBackend):
    """A keyring in memory."""

    priority = 1

    def __init__(self) -> None:
        self.passwords: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.passwords.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.passwords[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.passwords[service, username]


class Locked(Held):
    """A keyring that waits for a person."""

    unlocked = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.unlocked.wait(30)
        return None


@pytest.fixture(autouse=True)
def held() -> Held:
    memory = Held()
    keyring.set_keyring(memory)
    return memory


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


def test_without_a_key_kept_the_keyring_is_not_even_asked(folder: Path) -> None:
    keyring.set_keyring(Locked())

    assert Credentials(folder).find() is None
    assert not folder.exists()


def test_a_key_in_the_keyring_is_found_and_is_nowhere_on_disk(folder: Path, held: Held) -> None:
    Credentials(folder).keep_in_keyring(KEY)

    kept = Credentials(folder).find()

    assert kept is not None
    assert kept.secret == KEY
    assert "keyring" in kept.source
    assert held.passwords
    assert not any(KEY.get_secret_value() in path.read_text() for path in folder.iterdir())


def test_each_data_folder_has_a_key_of_its_own(tmp_path: Path) -> None:
    Credentials(tmp_path / "a").keep_in_keyring(KEY)

    assert Credentials(tmp_path / "b").find() is None


def test_a_key_in_a_file_is_for_its_owner_only(folder: Path) -> None:
    place = Credentials(folder).keep_in_file(KEY)

    path = folder / "api-key"
    assert str(path) in place
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Credentials(folder).find() is not None


def test_a_file_that_others_can_read_is_refused(folder: Path) -> None:
    Credentials(folder).keep_in_file(KEY)
    (folder / "api-key").chmod(0o644)

    with pytest.raises(CredentialError, match="chmod 600") as caught:
        Credentials(folder).find()

    assert KEY.get_secret_value() not in str(caught.value)


def test_keeping_it_in_one_place_removes_it_from_the_other(folder: Path, held: Held) -> None:
    Credentials(folder).keep_in_file(KEY)
    Credentials(folder).keep_in_keyring(KEY)
    assert not (folder / "api-key").exists()

    Credentials(folder).keep_in_file(KEY)
    assert held.passwords == {}


@pytest.mark.parametrize("place", ["keep_in_file", "keep_in_keyring"])
def test_a_key_that_is_forgotten_is_gone(folder: Path, held: Held, place: str) -> None:
    getattr(Credentials(folder), place)(KEY)

    assert Credentials(folder).forget()
    assert Credentials(folder).find() is None
    assert held.passwords == {}
    assert not Credentials(folder).forget()


def test_a_machine_without_a_keyring_says_so(folder: Path) -> None:
    keyring.set_keyring(NoKeyring())  # type: ignore[no-untyped-call]  # keyring leaves this class untyped

    assert not has_keyring()
    with pytest.raises(CredentialError, match="does not work"):
        Credentials(folder).keep_in_keyring(KEY)
    assert Credentials(folder).find() is None


def test_a_keyring_that_waits_for_a_person_does_not_hold_up_a_start(folder: Path) -> None:
    Credentials(folder).keep_in_keyring(KEY)
    locked = Locked()
    keyring.set_keyring(locked)

    with pytest.raises(CredentialError, match="does not answer"):
        Credentials(folder, patience=0.05).find()

    locked.unlocked.set()


def test_the_environment_wins_over_what_is_kept(folder: Path) -> None:
    Credentials(folder).keep_in_file(KEY)
    settings = Settings(data_dir=folder, api_key=SecretStr("ak_live_environment"))

    kept = source_of_key(settings)

    assert kept is not None
    assert "ALLO_API_KEY" in kept.source
    assert with_kept_key(settings) is settings


def test_settings_without_a_key_get_the_one_that_is_kept(folder: Path) -> None:
    Credentials(folder).keep_in_file(KEY)

    settings = with_kept_key(Settings(data_dir=folder))

    assert settings.api_key == KEY
    assert KEY.get_secret_value() not in repr(settings)


def test_the_embedded_account_takes_no_real_key(folder: Path) -> None:
    Credentials(folder).keep_in_file(KEY)

    assert with_kept_key(Settings(data_dir=folder, sandbox=True)).api_key is None


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(CredentialError, match="ALLO_DATA_DIR"):
        Credentials(tmp_path / "file" / "data").keep_in_file(KEY)


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe"])
def test_a_file_that_holds_no_key_is_no_key(folder: Path, content: bytes) -> None:
    folder.mkdir()
    (folder / "api-key").write_bytes(content)
    (folder / "api-key").chmod(0o600)

    if content == b"\xff\xfe":
        with pytest.raises(CredentialError, match="auth login"):
            Credentials(folder).find()
    else:
        assert Credentials(folder).find() is None


def test_a_key_on_the_command_line_is_warned_about_and_not_repeated() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "withallo_server", "--api-key", "ak_live_canary", "--version"],
        capture_output=True,
        check=True,
        text=True,
    )

    assert "auth login" in result.stderr
    assert "ak_live_canary" not in result.stderr + result.stdout
