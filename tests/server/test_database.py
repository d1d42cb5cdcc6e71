"""The database opens, migrates and fails with clear words."""

import os
import sqlite3
import stat
import sys
import threading
from pathlib import Path

import anyio
import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, insert, select, text

from withallo_server.database import Database, Schema, StorageError, upsert

notes = Table("test_notes", MetaData(), Column("id", Integer, primary_key=True))
NOTES = Schema("notes", ())
seen = Table(
    "test_seen", MetaData(), Column("id", Integer, primary_key=True), Column("word", Text), Column("at", Integer)
)


def create_notes(connection: Connection) -> None:
    notes.create(connection)


@pytest.mark.anyio
async def test_the_file_is_only_for_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "data" / "withallo.sqlite3"
    database = await Database.open(path)
    await database.migrate(NOTES)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert set(modes.values()) == {0o600}, modes
    await database.close()


@pytest.mark.anyio
async def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "x.sqlite3")
    await database.write(create_notes)

    def interrupted(connection: Connection) -> None:
        connection.execute(insert(notes).values(id=1))
        raise KeyError("stop")

    with pytest.raises(KeyError):
        await database.write(interrupted)
    assert await database.read(lambda connection: connection.execute(select(notes)).all()) == []
    await database.close()


@pytest.mark.anyio
async def test_an_older_file_runs_only_the_steps_it_has_not_seen(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "x.sqlite3")
    await database.migrate(NOTES)
    upgraded = Schema("notes", (), (create_notes,))
    await database.migrate(upgraded)
    await database.migrate(upgraded)
    assert await database.read(lambda connection: connection.execute(select(notes)).all()) == []
    await database.close()


@pytest.mark.anyio
async def test_tables_that_are_up_to_date_cost_no_transaction(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite3"
    database = await Database.open(path)
    await database.migrate(NOTES)
    with sqlite3.connect(path, isolation_level=None) as somebody_else:
        somebody_else.execute("BEGIN IMMEDIATE")
        with anyio.fail_after(2):
            await database.migrate(NOTES)
    await database.close()


@pytest.mark.anyio
async def test_closing_waits_for_a_write_of_any_thread_and_refuses_later_ones(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "x.sqlite3")
    begun, go_on, done = threading.Event(), threading.Event(), []

    def slowly(connection: Connection) -> None:
        begun.set()
        assert go_on.wait(20)
        notes.create(connection)
        done.append("written")

    thread = threading.Thread(target=database.write_now, args=[slowly])
    thread.start()
    assert await anyio.to_thread.run_sync(begun.wait, 20)
    async with anyio.create_task_group() as tasks:

        async def close() -> None:
            await database.close()
            done.append("closed")

        tasks.start_soon(close)
        with anyio.fail_after(20):
            while await is_open(database):
                await anyio.lowlevel.checkpoint()
        go_on.set()
    assert done == ["written", "closed"]
    thread.join(20)


async def is_open(database: Database) -> bool:
    try:
        await database.read(lambda connection: connection.execute(text("SELECT 1")).all())
    except StorageError:
        return False
    return True


@pytest.mark.anyio
async def test_an_upsert_leaves_replaces_or_replaces_what_is_older(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "x.sqlite3")

    def work(connection: Connection) -> list[tuple[int, str, int]]:
        seen.create(connection)
        upsert(connection, seen, [])
        upsert(connection, seen, [{"id": 1, "word": "first", "at": 5}, {"id": 2, "word": "first", "at": 5}])
        upsert(connection, seen, [{"id": 1, "word": "second", "at": 9}])
        upsert(connection, seen, [{"id": 2, "word": "second", "at": 9}], replace=("word",))
        upsert(connection, seen, [{"id": 2, "word": "too old", "at": 4}], replace=("word", "at"), newer_by="at")
        upsert(connection, seen, [{"id": 3, "word": "new", "at": 1}], replace=("word", "at"), newer_by="at")
        return [tuple(row) for row in connection.execute(select(seen).order_by(seen.c.id))]

    assert await database.write(work) == [(1, "first", 5), (2, "second", 5), (3, "new", 1)]
    await database.close()


@pytest.mark.anyio
async def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "x.sqlite3")
    await database.migrate(Schema("notes", (), (create_notes,)))
    with pytest.raises(StorageError, match="notes data has version 2, this program knows 1: upgrade withallo-mcp"):
        await database.migrate(NOTES)
    await database.close()


@pytest.mark.anyio
@pytest.mark.skipif(os.name != "posix", reason="a file in the way of a folder reads differently elsewhere")
async def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match=r"x\.sqlite3 cannot be written: .*Set ALLO_DATA_DIR"):
        await Database.open(tmp_path / "file" / "x.sqlite3")


@pytest.mark.anyio
async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite3"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(StorageError, match="file is not a database"):
        await Database.open(path)
    assert path.read_bytes() == b"not a database" * 100


@pytest.mark.anyio
async def test_a_full_disk_ends_in_our_error_and_keeps_what_was_there(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "x.sqlite3")
    await database.write(create_notes)

    def fill(connection: Connection) -> None:
        connection.execute(text("PRAGMA max_page_count = 1"))
        for number in range(10_000):
            connection.execute(insert(notes).values(id=number))

    with pytest.raises(StorageError, match="full"):
        await database.write(fill)
    assert await database.read(lambda connection: connection.execute(select(notes)).all()) == []
    await database.close()


@pytest.mark.anyio
@pytest.mark.parametrize("url", ["postgresql://", "postgresql://user:hunter2@:no-port/x", "postgresql://[::1"])
async def test_a_bad_url_never_shows_its_password(url: str) -> None:
    with pytest.raises(StorageError) as caught:
        await Database.open(url)
    assert "hunter2" not in repr(caught.value)


@pytest.mark.anyio
async def test_processes_that_start_at_once_share_one_file(tmp_path: Path) -> None:
    program = """
import sys, anyio
from withallo_server.database import Database, Schema, metadata
from sqlalchemy import Table, Column, Integer, insert
shared = Table("shared", metadata, Column("id", Integer, primary_key=True))
async def main():
    database = await Database.open(sys.argv[1])
    await database.migrate(Schema("shared", (shared,)))
    for _ in range(5):
        await database.write(lambda connection: connection.execute(insert(shared)))
anyio.run(main)
"""
    path = tmp_path / "x.sqlite3"
    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            for _ in range(4):
                group.start_soon(anyio.run_process, [sys.executable, "-c", program, str(path)])
    database = await Database.open(path)
    count = await database.read(lambda connection: connection.scalar(text("SELECT count(*) FROM shared")))
    assert count == 20
    await database.close()
