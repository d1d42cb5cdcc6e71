from pathlib import Path

import pytest

from withallo_server.doctor.findings import Finding, Level
from withallo_server.doctor.itself import check_itself
from withallo_server.settings import Settings


@pytest.fixture(autouse=True)
def data_dir(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLO_DATA_DIR", str(machine / "data"))


async def look(settings: Settings) -> dict[str, Finding]:
    return {finding.check: finding for finding in await check_itself(settings)}


@pytest.mark.anyio
async def test_a_server_that_works_is_green() -> None:
    found = await look(Settings(sandbox=True))

    assert {finding.level for finding in found.values()} == {Level.GREEN}
    assert "tools" in found["handshake"].text


@pytest.mark.anyio
async def test_without_a_key_the_handshake_is_tried_on_the_embedded_account() -> None:
    found = (await look(Settings()))["handshake"]

    assert found.level is Level.GREEN
    assert "on the embedded account, for want of a key" in found.text


@pytest.mark.anyio
async def test_a_module_that_prints_at_start_is_caught(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (machine / "sitecustomize.py").write_text("print('welcome to our company laptop')\n")
    monkeypatch.setenv("PYTHONPATH", str(machine))

    found = await look(Settings(sandbox=True))

    assert found["stdout"].level is Level.RED
    assert "welcome to our company" in found["stdout"].text


@pytest.mark.anyio
async def test_a_server_that_stops_at_start_is_red_with_what_it_said(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(sandbox=True)
    monkeypatch.setenv("ALLO_REGION", "Atlantis")

    found = (await look(settings))["handshake"]

    assert found.level is Level.RED
    assert "ALLO_REGION" in found.text
