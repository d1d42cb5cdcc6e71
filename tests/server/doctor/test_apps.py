import json
import sys
from pathlib import Path
from typing import Any

import pytest

from withallo_server.doctor.apps import check_clients
from withallo_server.doctor.findings import Finding, Level
from withallo_server.settings import Settings

SCRIPT = "/withallo-mcp"


def check(settings: Settings, home: Path, entry: dict[str, Any]) -> Finding:
    (home / ".cursor").mkdir()
    (home / ".cursor/mcp.json").write_text(json.dumps({"mcpServers": {"other": {"command": "x"}, "allo": entry}}))
    (finding,) = check_clients(settings)
    return finding


@pytest.fixture
def script(machine: Path) -> Path:
    path = machine / "bin/withallo-mcp"
    path.parent.mkdir()
    path.symlink_to(sys.executable)
    return path


def test_no_client_at_all_is_amber(settings: Settings) -> None:
    (finding,) = check_clients(settings)

    assert finding.level is Level.AMBER
    assert finding.mend == "withallo-mcp install claude-desktop"


def test_a_client_that_is_used_here_is_the_one_to_install_into(settings: Settings, machine: Path) -> None:
    (machine / ".cursor").mkdir()

    (finding,) = check_clients(settings)

    assert finding.mend == "withallo-mcp install cursor"


def test_a_client_that_starts_this_server_is_green(settings: Settings, machine: Path, script: Path) -> None:
    assert check(settings, machine, {"command": str(script), "args": []}).level is Level.GREEN


@pytest.mark.parametrize("command", ["~/bin/withallo-mcp", "$HOME/bin/withallo-mcp", "/gone/withallo-mcp"])
def test_a_command_that_leads_nowhere_is_red_with_the_command_that_mends_it(
    settings: Settings, machine: Path, command: str
) -> None:
    found = check(settings, machine, {"command": command})

    assert found.level is Level.RED
    assert found.mend == "withallo-mcp install cursor"


def test_a_script_that_cannot_be_run_is_red(settings: Settings, machine: Path) -> None:
    path = machine / "withallo-mcp"
    path.write_text("")
    path.chmod(0o600)

    assert "chmod +x" in check(settings, machine, {"command": str(path)}).mend


def test_a_command_without_its_folder_is_not_trusted(
    settings: Settings, machine: Path, script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(script.parent))

    assert check(settings, machine, {"command": "withallo-mcp"}).level is Level.AMBER


def test_a_command_that_is_nowhere_on_the_path_is_red(
    settings: Settings, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    assert check(settings, machine, {"command": "uvx", "args": ["withallo-mcp"]}).level is Level.RED


def test_a_key_in_the_file_is_amber_and_not_repeated(settings: Settings, machine: Path, script: Path) -> None:
    found = check(settings, machine, {"command": str(script), "env": {"ALLO_API_KEY": "ak_live_canary"}})

    assert found.level is Level.AMBER
    assert "auth login" in found.mend
    assert "canary" not in repr(found)


@pytest.mark.parametrize("content", ["{", '{"mcpServers": 3}', "\x00"])
def test_a_configuration_that_the_client_cannot_read_is_red(settings: Settings, machine: Path, content: str) -> None:
    (machine / ".cursor").mkdir()
    (machine / ".cursor/mcp.json").write_text(content)

    (finding,) = check_clients(settings)

    assert finding.level is Level.RED
    assert finding.check == "client cursor"


@pytest.mark.parametrize("entry", [{}, {"command": None}, {"command": ["withallo-mcp"], "args": 3}, 5, None])
def test_odd_entries_do_not_stop_the_doctor(settings: Settings, machine: Path, entry: Any) -> None:
    assert check(settings, machine, entry).level in Level
