from pathlib import Path

import pytest
from keyring.backend import KeyringBackend
from typer.testing import CliRunner, Result

from withallo_server.auth.commands import app
from withallo_server.credentials import Credentials

pytestmark = pytest.mark.usefixtures("allo")

KEY = "ak_live_sandbox"


def run(*arguments: str, given: str = "") -> Result:
    result = CliRunner().invoke(app, list(arguments), input=given)
    assert "ak_live_" not in result.output, "a key is never printed"
    return result


def test_login_checks_the_key_keeps_it_and_says_what_it_opens(data_dir: Path, memory_keyring: KeyringBackend) -> None:
    result = run("login", given=f"{KEY}\n")

    assert result.exit_code == 0
    assert "keyring" in result.stdout
    assert "CONVERSATIONS_READ" in result.stdout
    assert "search_calls" in result.stdout
    assert memory_keyring.get_password("withallo-mcp", str(data_dir)) == KEY
    assert run("status").exit_code == 0


@pytest.mark.usefixtures("memory_keyring")
def test_a_key_that_allo_does_not_take_is_not_kept(data_dir: Path) -> None:
    result = run("login", given="ak_live_wrong_key\n")

    assert result.exit_code == 1
    assert "Settings > API" in result.stderr
    assert Credentials(data_dir).find() is None


def test_without_a_keyring_a_file_is_named_as_the_way(data_dir: Path) -> None:
    refused = run("login", given=f"{KEY}\n")
    assert refused.exit_code == 1
    assert "--in-file" in refused.stderr

    result = run("login", "--in-file", given=f"{KEY}\n")
    assert result.exit_code == 0
    assert str(data_dir / "api-key") in result.stdout


def test_status_says_what_a_key_with_few_scopes_leaves_closed() -> None:
    run("login", "--in-file", given="ak_live_sms_only\n")

    result = run("status")

    assert "file" in result.stdout
    assert "Off: " in result.stdout


def test_status_without_a_key_says_how_to_get_one() -> None:
    result = run("status")

    assert result.exit_code == 1
    assert "auth login" in result.stderr


def test_logout_forgets_the_key(data_dir: Path) -> None:
    run("login", "--in-file", "--unchecked", given=f"{KEY}\n")

    assert "forgotten" in run("logout").stdout
    assert "no key" in run("logout").stdout
    assert Credentials(data_dir).find() is None


def test_the_environment_is_named_where_it_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLO_API_KEY", KEY)

    assert "ALLO_API_KEY" in run("login", "--in-file", given=f"{KEY}\n").stdout
    assert "ALLO_API_KEY" in run("status").stdout
    assert "ALLO_API_KEY" in run("logout").stdout


@pytest.mark.parametrize("given", ["", "\n", "two words\n", "clé\n"])
def test_what_is_no_key_is_not_even_sent(given: str) -> None:
    assert run("login", "--in-file", given=given).exit_code == 1


def test_an_api_that_does_not_answer_points_to_the_doctor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLO_BASE_URL", "http://127.0.0.1:1")

    result = run("login", "--in-file", given=f"{KEY}\n")

    assert result.exit_code == 1
    assert "doctor" in result.stderr


@pytest.mark.parametrize("command", ["login", "status", "logout"])
def test_the_embedded_account_needs_no_key(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.setenv("ALLO_SANDBOX", "true")

    result = run(command)

    assert result.exit_code == 0
    assert "needs no key" in result.stdout
