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


def test_the_embedded_account_needs_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLO_SANDBOX", "true")

    result = run("--json")

    assert result.exit_code == 0
    assert "dns" not in {finding["check"] for finding in json.loads(result.stdout)["findings"]}
