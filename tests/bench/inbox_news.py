"""From the acknowledgement of a delivery to the notification in a client: in one process, and across two."""

import random
import statistics
import sys
import time
from pathlib import Path

import anyio
import httpx
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from pydantic import SecretStr
from tests.bench import report
from tests.bench.inbox_load import SECRET, delivery, receiver
from tests.bench.inbox_receiver import TOKEN

from withallo_server.factory import build_server
from withallo_server.inbox.events import NewEvent
from withallo_server.inbox.receiver import Endpoint, Receiver, receiver_app
from withallo_server.mcp_server import AlloServer
from withallo_server.settings import Settings

RECENT = "allo://events/recent"
EVENTS = 100
NOBODY = "http://127.0.0.1:9"
"""An API that does not answer: only the inbox is measured."""


async def waits(server: AlloServer | StdioServerParameters, http: httpx.AsyncClient) -> list[float]:
    """Post events at random moments; milliseconds between each answer and its notification."""
    chance = random.Random(2026)
    taken: list[float] = []
    async with http, Client(server) as client, client.listen(resource_subscriptions=[RECENT]) as stream:
        for number in range(EVENTS):
            body, headers = delivery(number)
            answer = await http.post(f"/webhooks/allo/{TOKEN}", content=body, headers=headers)
            acknowledged = time.perf_counter()
            assert answer.status_code == 200, answer.status_code
            with anyio.fail_after(10):
                await anext(aiter(stream))
            taken.append((time.perf_counter() - acknowledged) * 1000)
            await anyio.sleep(chance.uniform(0, 0.1))
    return taken


async def in_process(folder: Path) -> list[float]:
    """The receiver and the server of the client are one process."""
    server = build_server(
        Settings(api_key=SecretStr("ak_live_sandbox"), base_url="http://127.0.0.1:9", data_dir=folder)
    )

    async def secrets() -> list[SecretStr]:
        return [SecretStr(SECRET)]

    async def lines() -> list[str]:
        return []

    async def add(event: NewEvent) -> bool:
        return await (await server.runtime.store()).add(event)

    app = receiver_app(Receiver([Endpoint(SecretStr(TOKEN), "default", secrets, lines)], add))
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://receiver")
    return await waits(server, http)


async def across_processes(folder: Path) -> list[float]:
    """The receiver is one process, the stdio server of the client another."""
    environment = {
        "ALLO_API_KEY": "ak_live_sandbox",
        "ALLO_BASE_URL": "http://127.0.0.1:9",
        "ALLO_DATA_DIR": str(folder),
    }
    server = StdioServerParameters(command=sys.executable, args=["-m", "withallo_server"], env=environment)
    with receiver(str(folder / "withallo.sqlite3")) as port:
        return await waits(server, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}"))


async def main(folder: Path) -> None:
    """Measure both."""
    for name, measure, limit in (("in one process", in_process, 250), ("across two", across_processes, 750)):
        taken = await measure(folder / name.replace(" ", "-"))
        p99 = statistics.quantiles(taken, n=100)[98]
        report.row(
            f"acknowledgement to notification, {name}, p99 of {EVENTS}",
            f"{p99:.0f} ms (median {statistics.median(taken):.0f} ms)",
            f"< {limit} ms",
            p99 < limit,
        )
