"""An event that was acknowledged is in the inbox exactly once, whatever happens to the process or the disk."""

import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import anyio.streams.text
import httpx
import pytest
from pydantic import SecretStr

from withallo_server.database import Database
from withallo_server.inbox.inbox import AccountInbox
from withallo_server.inbox.store import Store

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="the receivers are forked, and killed by signal"),
]

Sign = Callable[..., dict[str, str]]
WRITERS = 8


class Receivers:
    """A receiver that comes back each time it is killed."""

    def __init__(self, process: anyio.abc.Process, lines: AsyncIterator[str], port: int) -> None:
        self._lines = lines
        self.process = process
        self.url = f"http://127.0.0.1:{port}/webhooks/allo/a-secret-path-token"

    async def next_pid(self) -> int:
        with anyio.fail_after(30):
            return int(await anext(self._lines))


@asynccontextmanager
async def receivers(target: str | Path, secret: SecretStr, largest: int = 0) -> AsyncIterator[Receivers]:
    program = str(Path(__file__).with_name("receiver_process.py"))
    command = [sys.executable, program, str(target), secret.get_secret_value(), str(largest)]
    async with await anyio.open_process(command, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        buffered = anyio.streams.text.TextReceiveStream(process.stdout)

        async def lines() -> AsyncIterator[str]:
            rest = ""
            async for chunk in buffered:
                *whole, rest = (rest + chunk).split("\n")
                for line in whole:
                    yield line

        reader = lines()
        with anyio.fail_after(30):
            port = int(await anext(reader))
        try:
            yield Receivers(process, reader, port)
        finally:
            assert process.stdin is not None
            await process.stdin.aclose()
            with anyio.CancelScope(shield=True), anyio.fail_after(30):
                await process.wait()


class Writer:
    """Posts numbered, signed events and tries again until each is acknowledged."""

    def __init__(self, url: str, sign: Sign) -> None:
        self.url = url
        self.sign = sign
        self.acknowledged: list[str] = []
        self.statuses: Counter[int] = Counter()
        self.stopping = False
        self._number = 0
        self._news = anyio.Event()

    async def until(self, acknowledged: int) -> None:
        while len(self.acknowledged) < acknowledged:
            self._news = anyio.Event()
            await self._news.wait()

    async def run(self) -> None:
        async with httpx.AsyncClient(timeout=10) as http:
            while not self.stopping:
                self._number += 1
                await self.deliver(http, f"msg_{self._number}")

    async def deliver(self, http: httpx.AsyncClient, event_id: str) -> None:
        body = json.dumps({"topic": "sms.received", "version": "2.0", "data": {"id": event_id}}).encode()
        while True:
            status = await self.attempt(http, event_id, body)
            if status == 200:
                self.acknowledged.append(event_id)
                self._news.set()
                return
            await anyio.sleep(0.01)

    async def attempt(self, http: httpx.AsyncClient, event_id: str, body: bytes) -> int:
        try:
            status = (await http.post(self.url, content=body, headers=self.sign(body, event_id))).status_code
        except httpx.HTTPError:
            status = 0
        self.statuses[status] += 1
        return status


async def stored_ids(target: str | Path) -> list[str]:
    database = await Database.open(target)
    async with Store.open(database) as store:
        rows = await AccountInbox(store, "default").deliveries(0, 1_000_000)
    await database.close()
    return [row.event_id for row in rows]


@pytest.mark.parametrize(("engine", "kills"), [("sqlite", 20), ("postgresql", 5)])
async def test_every_acknowledged_event_is_there_once_after_many_kills(
    target: str | Path, secret: SecretStr, sign: Sign, kills: int
) -> None:
    points = random.Random(2026)
    async with receivers(target, secret) as running, anyio.create_task_group() as tasks:
        writer = Writer(running.url, sign)
        pid = await running.next_pid()
        for _ in range(WRITERS):
            tasks.start_soon(writer.run)
        for _ in range(kills):
            with anyio.fail_after(60):
                await writer.until(len(writer.acknowledged) + points.randint(1, 20))
            await anyio.sleep(points.uniform(0, 0.02))
            os.kill(pid, signal.SIGKILL)
            pid = await running.next_pid()
        writer.stopping = True
    assert writer.statuses[0] >= kills, "kills interrupted no deliveries"
    assert set(writer.statuses) <= {0, 200}
    stored = await stored_ids(target)
    assert len(stored) >= kills
    assert sorted(stored) == sorted(writer.acknowledged)


async def test_receivers_end_with_the_test_that_started_them(target: str | Path, secret: SecretStr) -> None:
    """The one who is interrupted closes nothing: its end of the pipe just goes."""
    async with receivers(target, secret) as running:
        child = await running.next_pid()
        assert running.process.stdin is not None
        await running.process.stdin.aclose()
        with anyio.fail_after(30):
            assert await running.process.wait() == 0
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)


async def test_a_full_disk_refuses_with_5xx_and_loses_nothing(tmp_path: Path, secret: SecretStr, sign: Sign) -> None:
    target = tmp_path / "inbox.sqlite3"
    await stored_ids(target)
    async with receivers(target, secret, largest=400_000) as running, httpx.AsyncClient(timeout=10) as http:
        writer = Writer(running.url, sign)
        text = json.dumps({"topic": "big", "data": {"x": "y" * 20_000}}).encode()
        with anyio.fail_after(60):
            for number in range(60):
                if await writer.attempt(http, f"msg_{number}", text) == 200:
                    writer.acknowledged.append(f"msg_{number}")
    assert set(writer.statuses) == {200, 503}
    assert await stored_ids(target) == writer.acknowledged
    async with receivers(target, secret) as running, httpx.AsyncClient(timeout=10) as http:
        writer.url = running.url
        assert {await writer.attempt(http, f"msg_{number}", text) for number in range(60)} == {200}
    assert sorted(await stored_ids(target)) == sorted(f"msg_{number}" for number in range(60))
