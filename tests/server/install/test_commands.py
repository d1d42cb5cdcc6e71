import json
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from withallo_server.install.commands import install, uninstall

app = typer.Typer()
app.command()(install)
app.command()(uninstall)


def run(*arguments: str, answer: str = "") -> Result:
    return CliRunner().invoke(app, list(arguments), input=answer)


def test_it_shows_the_change_asks_and_says_what_to_do_next(home: Path) -> None:
    result = run("install", "cursor", answer="y\n")

    entry = json.loads((home / ".cursor/mcp.json").read_text())["mcpServers"]["allo"]
    assert result.exit_code == 0
    assert Path(entry["command"]).is_absolute()
    assert Path(entry["command"]).parent == Path(sys.executable).parent
    assert "+" in result.stdout
    assert "auth status" in result.stdout


def test_a_no_changes_nothing(home: Path) -> None:
    result = run("install", "cursor", answer="n\n")

    assert result.exit_code == 0
    assert "Nothing was changed" in result.stdout
    assert not (home / ".cursor").exists()


def test_print_prints_what_to_paste_and_writes_nothing(home: Path) -> None:
    result = run("install", "vscode", "--sandbox", "--print")

    assert json.loads(result.stdout)["servers"]["allo"]["args"] == ["--sandbox"]
    assert list(home.iterdir()) == []


def test_arguments_for_the_server_are_passed_on(home: Path) -> None:
    run("install", "claude-code", "--yes", "--name", "phone", "--", "--read-only", "--toolsets", "calls")

    entry = json.loads((home / ".claude.json").read_text())["mcpServers"]["phone"]
    assert entry["args"] == ["--read-only", "--toolsets", "calls"]


@pytest.mark.parametrize(
    "argument",
    [
        "--api-key=ak_live_canary",
        "--database-url",
        "--webhook-secrets",
        "--oauth-client-secret",
        "--state-keys=ak_live_canary",
    ],
)
def test_a_secret_never_gets_into_a_clients_file(home: Path, argument: str) -> None:
    result = run("install", "cursor", "--yes", "--", argument)

    assert result.exit_code == 1
    assert "auth login" in result.stderr
    assert "ak_live_canary" not in result.output
    assert not (home / ".cursor").exists()


def test_another_file_can_be_named(home: Path) -> None:
    run("install", "cursor", "--yes", "--file", str(home / "project/.cursor/mcp.json"))
    result = run("uninstall", "cursor", "--yes", "--file", str(home / "project/.cursor/mcp.json"))

    assert result.exit_code == 0
    assert "Cursor forgets 'allo' when it starts again." in result.stdout
    assert json.loads((home / "project/.cursor/mcp.json").read_text()) == {"mcpServers": {}}


def test_uninstalling_what_is_not_there_changes_nothing(home: Path) -> None:
    result = run("uninstall", "cursor", "--yes")

    assert "does not know" in result.stdout
    assert list(home.iterdir()) == []


def test_without_a_client_those_we_know_are_listed(home: Path) -> None:
    result = run("install")

    assert "claude-desktop" in result.stdout
    assert str(home) in result.stdout


def test_an_unknown_client_ends_with_one_line(home: Path) -> None:
    result = run("install", "eudora")

    assert result.exit_code == 1
    assert result.stderr.startswith("withallo-mcp: Unknown client 'eudora'")
