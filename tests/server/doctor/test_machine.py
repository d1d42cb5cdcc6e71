from pathlib import Path

import pytest

from withallo_server.doctor.findings import Level
from withallo_server.doctor.machine import check_data_folder, check_database, check_package, check_python
from withallo_server.settings import Settings


def test_python_and_package_are_named_with_their_versions(settings: Settings) -> None:
    assert "Python 3." in check_python(settings).text
    assert "withallo-mcp" in check_package(settings).text


def test_a_data_folder_is_made_and_can_be_written(settings: Settings) -> None:
    assert check_data_folder(settings).level is Level.GREEN
    assert list(settings.data_dir.iterdir()) == []


def test_a_data_folder_that_others_read_is_amber(settings: Settings) -> None:
    settings.data_dir.mkdir(mode=0o755)
    settings.data_dir.chmod(0o755)

    found = check_data_folder(settings)

    assert found.level is Level.AMBER
    assert found.mend == f"chmod 700 {settings.data_dir}"


def test_a_data_folder_that_cannot_be_made_is_red(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    found = check_data_folder(Settings(data_dir=tmp_path / "file" / "data"))

    assert found.level is Level.RED
    assert "ALLO_DATA_DIR" in found.mend


@pytest.mark.anyio
async def test_a_database_that_opens_is_green(settings: Settings) -> None:
    assert (await check_database(settings)).level is Level.GREEN


@pytest.mark.anyio
async def test_a_file_that_is_no_database_is_red(settings: Settings) -> None:
    settings.data_dir.mkdir()
    (settings.data_dir / "withallo.sqlite3").write_bytes(b"not a database" * 100)

    assert (await check_database(settings)).level is Level.RED


@pytest.mark.anyio
async def test_a_database_server_that_does_not_answer_is_red_without_its_password() -> None:
    found = await check_database(Settings(database_url="postgresql://me:canary@127.0.0.1:1/allo"))

    assert found.level is Level.RED
    assert "canary" not in found.text
    assert "ALLO_DATABASE_URL" in found.mend
