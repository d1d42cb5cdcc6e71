"""What a list_numbers call over stdio adds to the same request made with httpx alone, beside a bare echo over stdio."""

import statistics
import sys
import time

import anyio
import httpx
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from tests.bench import report

BATCHES = 20
BATCH = 8
KEY = {"Authorization": "Api-Key ak_live_sandbox"}


async def main(server: StdioServerParameters, base_url: str) -> None:
    """Take both in turns, in batches small enough that the limit of 20 reads a second delays neither."""
    direct: list[float] = []
    through: list[float] = []
    echo: list[float] = []
    bare_server = StdioServerParameters(command=sys.executable, args=["-m", "tests.bench.bare"])
    async with (
        Client(server) as client,
        Client(bare_server) as bare,
        httpx.AsyncClient(base_url=base_url, headers=KEY) as api,
    ):
        for _ in range(BATCHES):
            for _ in range(BATCH):
                began = time.perf_counter()
                (await api.get("/v2/api/numbers")).raise_for_status()
                direct.append(time.perf_counter() - began)
                began = time.perf_counter()
                answer = await client.call_tool("list_numbers", {})
                through.append(time.perf_counter() - began)
                assert not answer.is_error, answer
                began = time.perf_counter()
                await bare.call_tool("echo", {"text": "ten digits"})
                echo.append(time.perf_counter() - began)
            await anyio.sleep(1.1)
    added = (statistics.median(through) - statistics.median(direct)) * 1000
    report.row(
        "list_numbers over stdio minus the request alone",
        f"{added:.2f} ms ({statistics.median(through) * 1000:.2f} - {statistics.median(direct) * 1000:.2f})",
        "<= 1.5 ms",
        added <= 1.5,
    )
    floor = statistics.median(echo) * 1000
    report.row(
        "the same beyond a bare echo over stdio, which asks nobody",
        f"{added - floor:.2f} ms (bare echo {floor:.2f})",
    )
