"""`withallo-mcp webhook`: what an operator reads, and the exit status a script goes by."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from withallo_server.inbox.webhook_commands import app

NOBODY = "https://127.0.0.1:9"


@pytest.fixture
def run(tmp_path: Path, sandbox_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs `withallo-mcp webhook ...` for the embedded account."""
    monkeypatch.setenv("ALLO_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("ALLO_BASE_URL", sandbox_url)
    monkeypatch.setenv("ALLO_API_KEY", "ak_live_sandbox")
    monkeypatch.setenv("ALLO_WEBHOOK_TOKEN", "a-token-of-the-test-0001")

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments))

    return call


def test_an_endpoint_is_registered_looked_at_and_taken_back(run: Callable[..., Result], tmp_path: Path) -> None:
    done = run("setup", "--url", NOBODY, "--topics", "sms.received, call.completed")
    assert done.exit_code == 1, "nothing answers there"
    assert "Registered: " in done.stdout
    assert "Topics: sms.received, call.completed" in done.stdout
    assert "NOT YET: Nothing answers at the address" in done.stdout
    secret = (tmp_path / "webhook-secrets").read_text().strip()
    looked = run("status")
    assert looked.exit_code == 1
    assert ": enabled\nNOT YET: " in looked.stdout
    again = run("setup", "--url", NOBODY)
    assert "Brought up to date: " in again.stdout
    assert "call.received" in again.stdout
    gone = run("remove")
    assert gone.exit_code == 0
    assert "Deleted " in gone.stdout
    assert not (tmp_path / "webhook-secrets").exists()
    for said in (done, looked, again, gone):
        assert secret not in said.output
        assert "a-token-of-the-test-0001" not in said.output


def test_where_nothing_is_registered_the_next_step_is_told(run: Callable[..., Result]) -> None:
    assert run("remove").stdout == "No endpoint at Allo leads here.\n"
    looked = run("status")
    assert looked.exit_code == 1
    assert "webhook setup --url" in looked.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["setup", "--url", "http://127.0.0.1:9"], "https"),
        (["setup", "--url", NOBODY, "--topics", "moon.landed"], "moon.landed"),
    ],
)
def test_what_cannot_be_registered_is_refused_in_a_line(
    run: Callable[..., Result], arguments: list[str], words: str
) -> None:
    refused = run(*arguments)
    assert refused.exit_code == 1
    assert words in refused.stderr
    assert "Traceback" not in refused.output
    assert run("remove").stdout == "No endpoint at Allo leads here.\n"


def test_a_key_that_may_not_see_webhooks_is_told_so(
    run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALLO_API_KEY", "ak_live_sms_only")
    refused = run("setup", "--url", NOBODY)
    assert refused.exit_code == 1
    assert "WEBHOOKS" in refused.stderr


@pytest.mark.parametrize("arguments", [["setup", "--url", NOBODY], ["status"], ["remove"]])
def test_the_embedded_account_has_its_webhook_already(
    run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.setenv("ALLO_SANDBOX", "true")
    monkeypatch.delenv("ALLO_API_KEY")
    said = run(*arguments)
    assert said.exit_code == 0
    assert "has its webhook already" in said.stdout
