"""Signed deliveries, a receiver to send them to, and many connections that do."""

import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from standardwebhooks.webhooks import Webhook
from tests.bench.inbox_receiver import TOKEN

SECRET = "whsec_YSBzaWduaW5nIHNlY3JldCBvZiAzMiBieXRlcy4uLi4="
CONTACTS = 5000


@dataclass(frozen=True)
class Rate:
    """What a run gave: events a second, and the 99th percentile of the answers in seconds."""

    per_second: float
    p99: float


def delivery(number: int) -> tuple[bytes, dict[str, str]]:
    """The body and the headers of a delivery that nobody sent before."""
    event_id, now = f"msg_{time.monotonic_ns()}", datetime.now(UTC)
    data = {
        "id": event_id,
        "direction": "INBOUND",
        "type": "SMS",
        "content": "Bonjour, pouvez-vous me rappeler demain matin pour le devis ?",
        "sent_at": now.isoformat(),
        "from_number": f"+336{number * 7919 % CONTACTS:08d}",
        "to_number": "+33644000000",
    }
    body = json.dumps({"topic": "sms.received", "version": "2.0", "timestamp": now.isoformat(), "data": data})
    return body.encode(), {
        "content-type": "application/json",
        "webhook-id": event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign(event_id, now, body),
    }


async def load(port: int, events: int, connections: int) -> Rate:
    """Post events over many connections at once, each after the answer to the one before."""
    waiting = iter([_on_the_wire(number) for number in range(events)])
    latencies: list[float] = []

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for each in waiting:
            began = time.perf_counter()
            writer.write(each)
            head = await reader.readuntil(b"\r\n\r\n")
            latencies.append(time.perf_counter() - began)
            assert head.startswith(b"HTTP/1.1 200"), head
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(connection() for _ in range(connections)))
    return Rate(events / (time.perf_counter() - began), statistics.quantiles(latencies, n=100)[98])


@contextmanager
def receiver(*target: str) -> Iterator[int]:
    """A receiver in a process of its own, on a database or storing nothing; yields its port."""
    command = [sys.executable, "-m", "tests.bench.inbox_receiver", SECRET, *target]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(10)


def _on_the_wire(number: int) -> bytes:
    body, headers = delivery(number)
    lines = [f"POST /webhooks/allo/{TOKEN} HTTP/1.1", "host: receiver", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body
