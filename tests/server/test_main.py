"""The command line: what starts, what refuses to, and what it says."""

import gc
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from withallo_client import __version__
from withallo_server import cli
from withallo_server.__main__ import main
from withallo_server.settings import Option, options

SLOW_TO_LOAD = (
    "typer",
    "sqlalchemy",
    "httpx",
    "phonenumbers",
    "dateparser",
    "rapidfuzz",
    "keyring",
    "withallo_sandbox",
)


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("ALLO_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    yield
    gc.enable()


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run the program in this process and give its exit status."""
    monkeypatch.setattr(sys, "argv", ["withallo-mcp", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_without_a_key_it_says_the_three_ways_to_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch) == 2
    output, error = capsys.readouterr()
    assert not output
    assert len(error.splitlines()) <= 6
    ways = [error.index(way) for way in ("withallo-mcp --sandbox", "ALLO_API_KEY", "Settings > API")]
    assert ways == sorted(ways)


@pytest.mark.parametrize(
    "arguments", [["--region", "UK"], ["--read-only=perhaps"], ["--data-dir"], ["--api-key", "two words"]]
)
def test_a_wrong_setting_ends_with_one_line_that_names_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert run(monkeypatch, *arguments) == 2
    output, error = capsys.readouterr()
    assert not output
    *warned, line = error.splitlines()
    assert line.startswith("withallo-mcp: ")
    assert arguments[0].partition("=")[0] in line
    assert len(warned) == ("--api-key" in arguments)


@pytest.mark.parametrize("option", [each for each in options() if each.is_secret], ids=lambda each: each.flag)
def test_a_secret_on_the_command_line_is_warned_about_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], option: Option
) -> None:
    run(monkeypatch, f"{option.flag}=canary-0123456789", "--region", "UK")

    error = capsys.readouterr().err
    assert f"can read {option.flag} on a command line" in error
    assert "canary" not in error


def test_a_command_reads_the_flags_before_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--region", "UK", "auth", "status") == 2
    assert "ALLO_REGION" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--nonsense"], ["nonsense"], ["sandbox", "--port", "x"]])
def test_what_it_does_not_know_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert run(monkeypatch, *arguments) == 2
    output, error = capsys.readouterr()
    assert not output
    assert arguments[0] in error
    assert "Traceback" not in error


def test_help_lists_every_setting_and_every_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--help") == 0
    shown = capsys.readouterr().out
    for option in options():
        assert option.flag in shown
        assert option.variable in shown
    for command in cli.COMMANDS:
        assert f"\n  {command} " in shown


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_has_help(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert run(monkeypatch, command, "--help") == 0
    assert command in capsys.readouterr().out


def test_the_script_and_the_module_are_the_same_program() -> None:
    script = Path(sys.executable).with_name("withallo-mcp.exe" if sys.platform == "win32" else "withallo-mcp")
    for command in ([str(script)], [sys.executable, "-m", "withallo_server"]):
        done = subprocess.run([*command, "--version"], capture_output=True, text=True, timeout=60, check=True)
        assert done.stdout == f"withallo-mcp {__version__}\n"


def test_the_embedded_account_is_served_on_a_port_until_it_is_interrupted() -> None:
    command = [sys.executable, "-m", "withallo_server", "sandbox", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        [url] = re.findall(r"http://127\.0\.0\.1:\d+", process.stderr.readline())
        answer = httpx.get(f"{url}/v2/api/me", headers={"Authorization": "ak_live_sandbox"})
        process.send_signal(signal.SIGINT)
        error = process.communicate(timeout=20)[1]
    assert answer.status_code == 200
    assert "Traceback" not in error


def test_a_port_for_the_embedded_account_that_is_taken_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert run(monkeypatch, "sandbox", "--port", port) == 2
    error = capsys.readouterr().err
    assert f"127.0.0.1:{port}" in error
    assert "Traceback" not in error


def test_a_start_loads_nothing_that_only_later_work_needs(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from withallo_server.factory import build_server\n"
        "from withallo_server.settings import Settings\n"
        f"build_server(Settings(api_key='ak_live_1', data_dir={str(tmp_path)!r}))\n"
        f"print(*[name for name in {SLOW_TO_LOAD!r} if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == []
