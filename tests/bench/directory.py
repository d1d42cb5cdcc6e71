"""The contact directory with 100,000 people: filled over a kill, searched inside the server, beside a bare server."""

import json
import random
import sqlite3
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, cast

import anyio
import uvicorn
from tests.bench import report
from tests.bench.startup import BARE, LIST_TOOLS, OURS, peak_memory

from withallo_client import AlloClient
from withallo_sandbox import Sandbox
from withallo_sandbox.company import ApiKey
from withallo_server.database import Database
from withallo_server.directory.directory import Directory

PEOPLE = 100_000
PAGES = PEOPLE // 100
KILLED_AT = 300
QUERIES = 500
KEY = "ak_live_directory"
META: dict[str, Any] = cast("dict[str, Any]", LIST_TOOLS["params"])
LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Counted:
    """The embedded account, counting the pages of contacts it gives."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._app = sandbox.app
        self.pages = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass the request on."""
        self.pages += scope["type"] == "http" and scope["path"] == "/v1/api/contacts"
        await self._app(scope, receive, send)


@contextmanager
def large_account() -> Iterator[tuple[Sandbox, Counted, str]]:
    """An account of 100,000 contacts on a port; its key may read contacts only."""
    sandbox = Sandbox(scale=PEOPLE, rate_limits=False)
    sandbox.state.keys[KEY] = ApiKey(KEY, frozenset(["CONTACTS_READ", "CONVERSATIONS_READ"]))
    counted = Counted(sandbox)
    server = uvicorn.Server(uvicorn.Config(counted, port=0, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    yield sandbox, counted, f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(5)


class Served:
    """A stdio server and a conversation with it, line by line."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=environment)
        self.ask("tools/list", {})

    def ask(self, method: str, params: dict[str, Any]) -> Any:
        """One request and its result."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        request = {**LIST_TOOLS, "method": method, "params": {**META, **params}}
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()
        while "result" not in (answer := json.loads(self.process.stdout.readline())):
            assert "error" not in answer, answer
        return answer["result"]

    def end(self) -> None:
        """Close its input, which ends it."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(10)


def fill(counted: Counted, environment: dict[str, str]) -> Served:
    """Start a server, kill it in the middle of the first fill, start another and wait until all pages are read."""
    database = Path(environment["ALLO_DATA_DIR"]) / "withallo.sqlite3"
    began = time.perf_counter()
    first = Served(OURS, environment)
    while pages_read(database)[0] < KILLED_AT:
        time.sleep(0.1)
    first.process.kill()
    first.process.wait(10)
    second = Served(OURS, environment)
    while not pages_read(database)[1]:
        time.sleep(0.2)
    seconds = time.perf_counter() - began
    again = counted.pages - PAGES
    report.row(
        f"directory of {PEOPLE:,} filled over a kill at page {KILLED_AT}",
        f"{seconds:.0f} s, {counted.pages} requests for {PAGES} pages",
        "at most 2 pages read twice",
        again <= 2,
    )
    return second


def pages_read(database: Path) -> tuple[int, bool]:
    """How many pages of contacts are in, and whether that is all."""
    if not database.exists():
        return 0, False
    with closing(sqlite3.connect(database, timeout=30)) as connection:
        try:
            row = connection.execute("SELECT next_page, finished_at FROM directory_fills").fetchone()
        except sqlite3.OperationalError:
            row = None
    return (row[0], row[1] is not None) if row else (0, False)


def questions(sandbox: Sandbox) -> list[str]:
    """What people type, made from contacts at random: names, parts, typos, companies, numbers, addresses."""
    rng = random.Random(5)
    contacts = sandbox.account.contacts
    asked: list[str] = []
    while len(asked) < QUERIES:
        person = contacts[rng.randrange(len(contacts))]
        first, last = person.name or "", person.last_name or person.name or ""
        if not first:
            continue
        place = rng.randrange(len(last))
        typo = f"{first} {last[:place]}{rng.choice(LETTERS)}{last[place + 1 :]}"
        company = person.company.name if person.company else last
        number = person.numbers[0]
        address = person.emails[0] if person.emails else number
        kinds = (f"{first} {last}", f"{first} {last}".lower(), typo, first, last, f"{first[:3]} {last[:3]}", last[:4])
        asked.append(rng.choice((*kinds, company, number, number[-6:], f"{first} {number[-4:]}", address)))
    return asked


async def search(folder: str, asked: list[str]) -> list[float]:
    """Milliseconds of each search, in a process that does nothing else."""

    async def scopes() -> frozenset[str]:
        return frozenset(["CONTACTS_READ"])

    taken = []
    database = await Database.open(Path(folder) / "withallo.sqlite3")
    async with AlloClient(KEY) as client:
        directory = await Directory.open(database, client, region="FR", scopes=scopes)
        for query in asked[:20]:
            await directory.search(query, limit=20)
        for query in asked:
            began = time.perf_counter()
            await directory.search(query, limit=20)
            taken.append((time.perf_counter() - began) * 1000)
    await database.close()
    return sorted(taken)


def main() -> None:
    """Fill, search, and weigh the process."""
    with large_account() as (sandbox, counted, address), tempfile.TemporaryDirectory() as folder:
        environment = {
            "PATH": "",
            "ALLO_API_KEY": KEY,
            "ALLO_BASE_URL": address,
            "ALLO_DATA_DIR": folder,
            "ALLO_REGION": "FR",
        }
        served = fill(counted, environment)
        asked = questions(sandbox)
        for query in asked[:100]:
            found = served.ask("tools/call", {"name": "search_contacts", "arguments": {"query": query}})
            assert not found.get("isError"), found
        memory = peak_memory(served.process.pid)
        served.end()
        bare = Served([*BARE], environment)
        over = memory - peak_memory(bare.process.pid)
        bare.end()
        taken = anyio.run(search, folder, asked)
    median, p99 = statistics.median(taken), taken[int(len(taken) * 0.99)]
    report.row(f"search_contacts among {PEOPLE:,}, median of {QUERIES}", f"{median:.1f} ms", "< 10 ms", median < 10)
    report.row(f"search_contacts among {PEOPLE:,}, 99th percentile", f"{p99:.1f} ms", "< 40 ms", p99 < 40)
    report.row(
        "peak memory with that directory, over a bare server, fill included", f"{over:.0f} MiB", "<= 60 MiB", over <= 60
    )


if __name__ == "__main__":
    main()
    report.show()
