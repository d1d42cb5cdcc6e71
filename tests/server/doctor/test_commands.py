import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from withallo_client import __version__
from withallo_server.doctor.commands import doctor

app = typer.Typer()
app.command()(doctor)


@pytest.fixture(autouse=True)
def data_dir(machine: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ALLO_DATA_DIR", str(machine / "data"))
    return machine / "data"


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(app, list(arguments))
    assert "ak_live_" not in result.output, "a key is never printed"
    return result


def test_everything_in_order_ends_with_status_zero(sandbox_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLO_BASE_URL", sandbox_url)
    monkeypatch.setenv("ALLO_API_KEY", "ak_live_sandbox")

    result = run()

    assert result.exit_code == 0, result.stdout
    assert not any(line.startswith("red") for line in result.stdout.splitlines())


def test_json_holds_every_finding_and_the_worst_level() -> None:
    result = run("--json")

    report = json.loads(result.stdout)
    assert report["version"] == __version__
    assert report["level"] == "red", "there is no key"
    assert result.exit_code == 1
    assert {"python", "database", "key", "handshake"} <= {finding["check"] for finding in report["findings"]}
    assert all(finding["mend"] for finding in report["findings"] if finding["level"] == "red")


def test_settings_that_stop_every_start_are_findings_beside_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLO_API_KEY", "your key")
    monkeypatch.setenv("ALLO_REGION", "Atlantis")
    monkeypatch.setenv("ALLO_BASE_URL", "https://127.0.0.1:9")

    result = run("--json")

    found = [(finding["check"], finding["text"]) for finding in json.loads(result.stdout)["findings"]]
    assert result.exit_code == 1
    assert [text.partition(" ")[0] for check, text in found if check == "key"] == ["ALLO_API_KEY"]
    assert [text.partition(" ")[0] for check, text in found if check == "settings"] == ["ALLO_REGION"]
    assert {"python", "database", "handshake"} <= {check for check, _ in found}


@pytest.mark.parametrize("arguments", [["--json"], ["--json", "--sandbox"]])
def test_the_embedded_account_needs_no_network(monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    if "--sandbox" not in arguments:
        monkeypatch.setenv("ALLO_SANDBOX", "true")

    result = run(*arguments)

    assert result.exit_code == 0
    assert "dns" not in {finding["check"] for finding in json.loads(result.stdout)["findings"]}
