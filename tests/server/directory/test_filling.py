"""The directory fills in the background: resumed, shared between processes, patient with errors."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import anyio
import httpx
import pytest

from withallo_client import AlloClient, AlloConnectionError, AuthenticationError
from withallo_server.database import Database
from withallo_server.directory.directory import Directory
from withallo_server.directory.filling import Filler
from withallo_server.directory.merging import account_id
from withallo_server.directory.tables import SCHEMA

Filled = Callable[..., AbstractAsyncContextManager[Directory]]
Allo = Callable[..., AlloClient]
Scopes = Callable[..., Callable[[], Awaitable[frozenset[str]]]]

pytestmark = pytest.mark.anyio

TWELVE_HOURS = 12 * 3600.0


def contacts(count: int) -> list[dict[str, Any]]:
    return [
        {"id": f"cnt_{place}", "name": "Marie", "last_name": f"Numero{place}", "numbers": [f"+336{place:08d}"]}
        for place in range(count)
    ]


def pages(asked: list[str]) -> list[str]:
    return [line.partition("page=")[2].partition("&")[0] for line in asked if line.startswith("GET /v1/api/contacts")]


class Hours:
    """Waiting that takes no time, and stops a filler after so many waits."""

    def __init__(self, waits: int) -> None:
        self.now = 1_800_000_000.0
        self.waited: list[float] = []
        self._left = waits
        self.over = anyio.Event()

    def wall(self) -> float:
        return self.now

    async def pause(self, seconds: float) -> None:
        self.now += seconds
        self.waited.append(seconds)
        self._left -= 1
        if self._left < 0:
            self.over.set()
            await anyio.sleep_forever()
        await anyio.lowlevel.checkpoint()


@asynccontextmanager
async def filling(database: Database, client: AlloClient, scopes: Any, hours: Hours) -> Any:
    await database.migrate(SCHEMA)
    number = await database.write(lambda connection: account_id(connection, "default"))
    filler = Filler(database, client, number, "FR", scopes, pause=hours.pause, wall=hours.wall)
    async with client, anyio.create_task_group() as tasks:
        tasks.start_soon(filler.run)
        with anyio.fail_after(20):
            await hours.over.wait()
        yield Directory(database, filler, number, "FR")
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
async def test_a_killed_fill_goes_on_where_it_stopped(database: Database, allo: Allo, filled: Filled) -> None:
    everybody, first_life, second_life = contacts(450), list[str](), list[str]()
    reached = anyio.Event()

    def hang(request: httpx.Request) -> httpx.Response | None:
        if request.url.params.get("page") == "2":
            reached.set()
            return httpx.Response(503, json={})
        return None

    async with allo(everybody, asked=first_life, refuse=hang) as client, anyio.create_task_group() as killed:
        directory = await Directory.open(database, client, region="FR", scopes=_holding("CONTACTS_READ"))
        killed.start_soon(directory.run)
        with anyio.fail_after(10):
            await reached.wait()
        killed.cancel_scope.cancel()
    async with filled(allo(everybody, asked=second_life), "CONTACTS_READ") as directory:
        assert pages(second_life) == ["2", "3", "4"]
        assert (await directory.search("", limit=1)).total == 450
    assert pages(first_life)[:2] == ["0", "1"]


async def test_a_filled_directory_is_not_read_again_by_the_next_process(allo: Allo, filled: Filled) -> None:
    asked: list[str] = []
    async with filled(allo(contacts(150)), "CONTACTS_READ"):
        pass
    async with filled(allo(contacts(150), asked=asked), "CONTACTS_READ") as directory:
        assert (await directory.search("numero7", limit=1)).people[0].name == "Marie Numero7"
    assert asked == []


async def test_whoever_has_to_be_certain_waits_for_a_long_first_fill_and_is_told_of_it(
    database: Database, allo: Allo
) -> None:
    told: list[tuple[int, int | None]] = []

    async def progress(read: int, of: int | None) -> None:
        told.append((read, of))

    async with allo(contacts(2000)) as client, anyio.create_task_group() as tasks:
        directory = await Directory.open(database, client, region="FR", scopes=_holding("CONTACTS_READ"))
        tasks.start_soon(directory.run)
        with anyio.fail_after(30):
            meant = await directory.resolve("Marie Numero1999", certain=True, progress=progress)
        assert (meant.complete, meant.exact) == (True, True)
        tasks.cancel_scope.cancel()
    assert told == sorted(told)
    assert {of for _, of in told if of is not None} == {2000}
    assert any(0 < read < 2000 for read, _ in told)


@pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
async def test_processes_that_share_a_database_read_each_page_once(database: Database, allo: Allo) -> None:
    asked: list[str] = []
    everybody = contacts(600)
    async with anyio.create_task_group() as tasks:
        directories = []
        for _ in range(3):
            client = allo(everybody, asked=asked)
            directory = await Directory.open(database, client, region="FR", scopes=_holding("CONTACTS_READ"))
            tasks.start_soon(directory.run)
            directories.append(directory)
        with anyio.fail_after(20):
            for directory in directories:
                await directory.filled()
        tasks.cancel_scope.cancel()
    assert sorted(pages(asked)) == [str(page) for page in range(6)]


async def test_searching_while_it_fills_says_that_somebody_may_be_missing(database: Database, allo: Allo) -> None:
    reached, go_on = anyio.Event(), anyio.Event()

    async def scopes() -> frozenset[str]:
        return frozenset(["CONTACTS_READ"])

    class Slow(httpx.AsyncBaseTransport):
        """Holds the second page back until it is told to go on."""

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            page = int(request.url.params["page"])
            if page == 1:
                reached.set()
                await go_on.wait()
            rows = contacts(2000)[page * 100 : page * 100 + 100]
            counters = {"pagination": {"total_pages": 20, "current_page": page}}
            return httpx.Response(200, json={"data": {"results": rows, "metadata": counters}})

    told: list[tuple[int, int | None]] = []

    async def progress(read: int, of: int | None) -> None:
        told.append((read, of))

    async with AlloClient("ak_live_test", transport=Slow()) as client, anyio.create_task_group() as tasks:
        directory = await Directory.open(database, client, region="FR", scopes=scopes)
        tasks.start_soon(directory.run)
        with anyio.fail_after(10):
            await reached.wait()
            page = await directory.search("numero42", limit=5, progress=progress)
            resolution = await directory.resolve("Marie Numero42")
        assert [one.name for one in page.people] == ["Marie Numero42"]
        assert not page.complete
        assert told == [(100, 2000)]
        assert resolution.best is not None
        assert not resolution.exact
        go_on.set()
        with anyio.fail_after(20):
            await directory.filled()
        page = await directory.search("numero1999", limit=5)
        assert (page.complete, [one.name for one in page.people]) == (True, ["Marie Numero1999"])
        tasks.cancel_scope.cancel()


async def test_the_first_search_waits_for_a_short_fill(database: Database, allo: Allo) -> None:
    async with allo(contacts(250)) as client, anyio.create_task_group() as tasks:
        directory = await Directory.open(database, client, region="FR", scopes=_holding("CONTACTS_READ"))
        tasks.start_soon(directory.run)
        with anyio.fail_after(10):
            page = await directory.search("numero249", limit=5)
        assert (page.complete, len(page.people)) == (True, 1)
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500, json={}),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json={"data": 7}),
        httpx.Response(429, json={"code": "API_KEY_QUOTA_EXCEEDED", "details": None}),
    ],
    ids=["500", "html", "wrong shape", "daily quota"],
)
async def test_trouble_is_waited_out(database: Database, allo: Allo, answer: httpx.Response) -> None:
    trouble = [answer] * 2
    client = allo(contacts(150), refuse=lambda _: trouble.pop() if trouble else None)
    hours = Hours(3)
    async with filling(database, client, _holding("CONTACTS_READ"), hours) as directory:
        assert (await directory.search("", limit=1)).total == 150


async def test_while_a_page_never_comes_nobody_is_certain_and_nobody_is_forgotten(
    database: Database, allo: Allo
) -> None:
    """Whoever is on that page may have the same name as somebody who was read."""
    hidden = True

    def refuse(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(200, text="<html>") if hidden and request.url.params["page"] == "1" else None

    async def told() -> tuple[int, bool, bool, bool]:
        page = await directory.search("", limit=1)
        with anyio.fail_after(2):
            meant = await directory.resolve("Marie Numero7", certain=True)
        return page.total, page.complete, meant.exact, meant.best is not None

    hours = Hours(5)
    async with filling(database, allo(contacts(250), refuse=refuse), _holding("CONTACTS_READ"), hours) as directory:
        assert await told() == (150, False, False, True)
    hidden = False
    async with filling(database, allo(contacts(250), refuse=refuse), _holding("CONTACTS_READ"), Hours(2)) as directory:
        assert await told() == (250, True, True, True)
    hidden = True
    later = Hours(14)
    later.now += TWELVE_HOURS
    async with filling(database, allo(contacts(250), refuse=refuse), _holding("CONTACTS_READ"), later) as directory:
        assert await told() == (250, False, False, True)


async def test_an_outage_leaves_no_page_out_however_long_it_is(database: Database, allo: Allo) -> None:
    trouble = [httpx.Response(200, text="<html>")] * 15
    client = allo(contacts(250), refuse=lambda _: trouble.pop() if trouble else None)
    async with filling(database, client, _holding("CONTACTS_READ"), Hours(12)) as directory:
        assert (await directory.search("", limit=1)).total == 250


async def test_a_list_the_key_may_not_read_does_not_hold_up_the_rest(database: Database, allo: Allo) -> None:
    forbidden = {"error": {"type": "permission_error", "code": "API_KEY_INSUFFICIENT_SCOPE", "message": "no"}}
    client = allo(
        contacts(3), refuse=lambda asked: httpx.Response(403, json=forbidden) if asked.method == "POST" else None
    )
    async with filling(database, client, _holding("CONTACTS_READ", "CRM_READ"), Hours(1)) as directory:
        page = await directory.search("marie", limit=5)
        assert (page.complete, page.total) == (True, 3)


async def test_a_list_that_cannot_be_read_does_not_hold_up_the_other(database: Database, allo: Allo) -> None:
    people = [{"id": "per-1", "name": "Paul", "last_name": "Chiffre"}]
    asked: list[str] = []
    client = allo(
        contacts(3),
        people,
        asked=asked,
        refuse=lambda asked: httpx.Response(404, json={}) if asked.method == "GET" else None,
    )
    async with filling(database, client, _holding("CONTACTS_READ", "CRM_READ"), Hours(6)) as directory:
        page = await directory.search("chiffre", limit=5)
        assert ([one.name for one in page.people], page.complete) == (["Paul Chiffre"], False)
    assert sum(line.startswith("POST") for line in asked) == 1, "what was read is not read again with each attempt"


async def test_a_key_that_may_read_no_list_asks_for_none(database: Database, allo: Allo) -> None:
    asked: list[str] = []
    async with filling(database, allo(contacts(3), asked=asked), _holding("SMS_SEND"), Hours(1)) as directory:
        assert (await directory.search("marie", limit=5)).people == ()
    assert asked == []


@pytest.mark.parametrize(
    ("settings", "cause"), [({"api_key": "ak_live_of_somebody_else"}, "(401)"), ({}, "Allo itself failed (500)")]
)
async def test_who_cannot_be_looked_up_is_not_called_unknown_but_the_cause_is_told(
    world: Any, words: Any, settings: dict[str, str], cause: str
) -> None:
    if not settings:
        world.fail("500", "*", times=1000)
    async with world.client(toolsets="all", **settings) as client:
        for tool, arguments in (
            ("search_contacts", {"query": "marie dupont"}),
            ("search_contacts", {}),
            ("get_contact", {"contact": "Marie Dupont"}),
            ("list_follow_ups", {"contact": "Marie Dupont"}),
            ("send_sms", {"to": "Marie Dupont", "message": "Hello"}),
            ("search_calls", {}),
        ):
            answer = await client.call_tool(tool, arguments)
            assert answer.is_error
            assert cause in words(answer), tool
            assert "Nobody matches" not in words(answer)


async def test_a_key_revoked_while_the_lists_are_read_is_told(database: Database, allo: Allo) -> None:
    revoked = httpx.Response(401, json={"error": {"type": "auth", "code": "API_KEY_REVOKED", "message": "no"}})
    client = allo(contacts(250), refuse=lambda asked: revoked if asked.url.params["page"] == "1" else None)
    async with filling(database, client, _holding("CONTACTS_READ"), Hours(3)) as directory:
        assert (await directory.search("numero7", limit=1)).people, "who is known is found"
        assert (await directory.resolve("Marie Numero7")).best
        for ask in (directory.search("numero240", limit=1), directory.resolve("Marie Numero240")):
            with pytest.raises(AuthenticationError):
                await ask
        assert not (await directory.resolve("+33699999999")).candidates, "a number is of use without its name"


async def test_scopes_that_cannot_be_learned_are_asked_for_again(database: Database, allo: Allo) -> None:
    failures = 2

    async def scopes() -> frozenset[str]:
        nonlocal failures
        failures -= 1
        if failures >= 0:
            raise AlloConnectionError("Allo is down", request_sent=False)
        return frozenset(["CONTACTS_READ"])

    async with filling(database, allo(contacts(3)), scopes, Hours(3)) as directory:
        assert (await directory.search("", limit=1)).total == 3


@pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
async def test_lists_are_read_again_and_people_who_are_gone_are_forgotten(database: Database, allo: Allo) -> None:
    """Gone means: absent twice, for lists shift while they are read."""
    there = contacts(3)
    hours = Hours(8)
    original = hours.pause

    async def pause(seconds: float) -> None:
        if hours.waited:
            del there[1:]
        await original(seconds)

    hours.pause = pause  # type: ignore[method-assign]  # somebody is deleted while the directory waits
    async with filling(database, allo(there), _holding("CONTACTS_READ"), hours) as directory:
        page = await directory.search("", limit=5)
        assert [one.name for one in page.people] == ["Marie Numero0"]
        assert (await directory.search("numero2", limit=5)).people == ()
    assert all(wait >= 3600 for wait in hours.waited)


async def test_people_and_contacts_are_both_read(allo: Allo, filled: Filled) -> None:
    people = [{"id": f"per-{place}", "name": "Paul", "last_name": f"Chiffre{place}"} for place in range(130)]
    async with filled(allo(contacts(120), people)) as directory:
        assert (await directory.search("", limit=1)).total == 250
        assert (await directory.search("chiffre129", limit=1)).people[0].contact_id == "per-129"


def _holding(*scopes: str) -> Callable[[], Awaitable[frozenset[str]]]:
    async def held() -> frozenset[str]:
        return frozenset(scopes)

    return held
