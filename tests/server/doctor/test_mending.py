"""What doctor prints as the way to mend something mends it, typed as it stands."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from withallo_server.credentials import Credentials
from withallo_server.doctor.findings import Level
from withallo_server.install.clients import find_client

KEYRING = """
import json, os, pathlib
from keyring.backend import KeyringBackend
class Keyring(KeyringBackend):
    priority = 1
    file = pathlib.Path(os.environ["HOME"], "keyring.json")
    def _held(self):
        return json.loads(self.file.read_text()) if self.file.exists() else {}
    def get_password(self, service, username):
        return self._held().get(service + username)
    def set_password(self, service, username, password):
        self.file.write_text(json.dumps({**self._held(), service + username: password}))
    def delete_password(self, service, username):
        self.file.write_text("{}")
"""
Break = Callable[[Path], None]


@pytest.fixture
def typed(machine: Path, sandbox_url: str) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Types a command on a machine with a keyring, and an answer where it asks."""
    (machine / "keys_of_the_test.py").write_text(KEYRING)
    left_out = ("ALLO_", "PYTHONDONTWRITEBYTECODE")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(left_out)},
        "PYTHONPATH": str(machine),
        "PYTHON_KEYRING_BACKEND": "keys_of_the_test.Keyring",
        "ALLO_DATA_DIR": str(machine / "data"),
        "ALLO_BASE_URL": sandbox_url,
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
    }

    def run(command: str, answer: str = "") -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            shlex.split(command), input=answer, env=environment, capture_output=True, text=True, check=False, timeout=60
        )

    return run


def open_folder(home: Path) -> None:
    (home / "data").chmod(0o755)


def open_key(home: Path) -> None:
    Credentials(home / "data").keep_in_file(SecretStr("ak_live_sandbox"))
    (home / "data" / "api-key").chmod(0o644)


def no_key(home: Path) -> None:
    (home / "data" / "api-key").unlink()


def client_with(name: str, **entry: Any) -> Break:
    def break_it(_home: Path) -> None:
        client = find_client(name)
        client.file().parent.mkdir(parents=True, exist_ok=True)
        client.file().write_text(json.dumps({client.key: {"allo": entry}}))

    return break_it


def no_client(home: Path) -> None:
    (home / ".codeium/windsurf").mkdir(parents=True)


TROUBLES: dict[str, dict[str, Break]] = {
    "everything in the way": {
        "data folder": open_folder,
        "key": open_key,
        "client cursor": client_with("cursor", command="~/bin/withallo-mcp"),
        "client kiro": client_with("kiro", command="/gone/withallo-mcp", args=[]),
        "client vscode": client_with("vscode", command="withallo-mcp", env={"A": "b"}),
    },
    "nothing there yet": {"key": no_key, "clients": no_client},
}


@pytest.mark.parametrize("troubles", TROUBLES.values(), ids=TROUBLES)
def test_what_is_printed_mends_it(machine: Path, typed: Any, troubles: dict[str, Break]) -> None:
    Credentials(machine / "data").keep_in_file(SecretStr("ak_live_sandbox"))
    for trouble in troubles.values():
        trouble(machine)
    before = findings(typed("withallo-mcp doctor --json").stdout)

    for check in troubles:
        assert before[check]["level"] != Level.GREEN, check
        command = before[check]["mend"].partition(", or ")[0]
        mended = typed(command, "ak_live_sandbox\n" if "login" in command else "y\n")
        assert mended.returncode == 0, mended.stderr

    after = findings(typed("withallo-mcp doctor --json").stdout)
    for check in {*before, *after} - {"tls", "inbox url", "clients"}:
        assert after[check]["level"] == Level.GREEN, after[check]
    assert "clients" not in after


def findings(printed: str) -> dict[str, dict[str, str]]:
    return {each["check"]: each for each in json.loads(printed)["findings"]}
