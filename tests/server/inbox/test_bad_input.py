"""Ten thousand requests that are not quite Allo's: each is refused, none is stored, nothing piles up."""

import gc
import json
import logging
import random
import tracemalloc
import zlib
from collections import Counter
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette

from withallo_server.inbox.inbox import AccountInbox
from withallo_server.inbox.receiver import MOST_BYTES, Endpoint, Receiver, receiver_app
from withallo_server.inbox.store import Store
from withallo_server.listening import bind, serve

Sign = Callable[..., dict[str, str]]
Headers = list[tuple[bytes, bytes]]
Request = tuple[str, str, Headers, list[bytes]]

TOKEN = "a-secret-path-token"
PATH = f"/webhooks/allo/{TOKEN}"
REQUESTS = 10_000
GOOD = json.dumps(
    {"topic": "sms.received", "version": "2.0", "data": {"id": "msg_9", "from_number": "+33612345678", "content": "é"}}
).encode()
NOT_JSON = [
    b"",
    b"\xff\xfe{}",
    "{}".encode("utf-16"),
    b"\xef\xbb\xbf{}",
    b"{" * 5000,
    b"[" * 200_000,
    b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    b"1" * 5000,
    b"NaN",
    b'{"topic": Infinity}',
    b'{"topic": "a\x00b"}',
    b"topic=sms.received",
    b"<html>502</html>",
    b"'single'",
    b'{"topic": "x",}',
    zlib.compress(GOOD),
    GOOD[:-1],
]
GARBAGE = [
    b"",
    b" ",
    b"\x00",
    b"\xff" * 40,
    b"v1,",
    b"v1," * 500,
    b"-1",
    b"1e999",
    b"NaN",
    b"9" * 400,
    b"v1,====",
    b"\n",
]


async def send(app: Starlette, request: Request) -> int:
    method, path, headers, parts = request
    status = 0
    waiting = [*parts]

    async def receive() -> MutableMapping[str, Any]:
        if not waiting:
            return {"type": "http.disconnect"}
        part = waiting.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(waiting)}

    async def answer(message: MutableMapping[str, Any]) -> None:
        nonlocal status
        status = message.get("status", status)

    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": headers}
    await app(scope, receive, answer)
    await anyio.lowlevel.checkpoint()
    return status


class Mutator:
    """Makes requests that differ from a good delivery in at least one way that must not pass."""

    def __init__(self, sign: Sign, seed: int) -> None:
        self.random = random.Random(seed)
        self.sign = sign
        self.ways = [self.body, self.header, self.clock, self.not_json, self.size, self.path, self.other_line, self.cut]

    def request(self) -> Request:
        return self.random.choice(self.ways)()

    def _signed(self, body: bytes, **when: Any) -> Headers:
        # latin-1 stands in where the reference signer wants text; a body that is no UTF-8 has no good signature.
        try:
            signed = self.sign(body, **when)
        except UnicodeDecodeError:
            signed = self.sign(GOOD, **when)
        return [(name.encode(), value.encode()) for name, value in signed.items()]

    def body(self) -> Request:
        headers = self._signed(GOOD)
        changed = bytearray(GOOD)
        for _ in range(self.random.randint(1, 5)):
            changed[self.random.randrange(len(changed))] ^= 1 << self.random.randrange(8)
        if bytes(changed) == GOOD:
            changed += b" "
        return "POST", PATH, headers, [bytes(changed)]

    def header(self) -> Request:
        headers = self._signed(GOOD)
        place = self.random.randrange(3)
        name, value = headers[place]
        way = self.random.randrange(4)
        if way == 0:
            del headers[place]
        elif way == 1:
            headers[place] = (name, self.random.choice(GARBAGE))
        elif way == 2:
            headers[place] = (name, self.random.randbytes(self.random.randint(1, 200)))
        else:
            headers[place] = (name, value[: self.random.randrange(4)])
        self.random.shuffle(headers)
        return "POST", PATH, headers, [GOOD]

    def clock(self) -> Request:
        seconds = self.random.choice([-1, 1]) * self.random.choice([301, 3600, 10**6, 10**9])
        return "POST", PATH, self._signed(GOOD, at=datetime.now(UTC) + timedelta(seconds=seconds)), [GOOD]

    def not_json(self) -> Request:
        body = self.random.choice(NOT_JSON)
        return "POST", PATH, self._signed(body), [body]

    def size(self) -> Request:
        length = self.random.choice([b"104857600", str(MOST_BYTES + 1).encode(), b"9" * 60])
        if self.random.random() < 0.9:
            return "POST", PATH, [*self._signed(GOOD), (b"content-length", length)], [GOOD]
        return "POST", PATH, self._signed(GOOD), [b" " * 262_144] * 5

    def path(self) -> Request:
        token = self.random.choice([TOKEN[:-1], TOKEN + "x", "", "\ud800", "%00", "../" + TOKEN, TOKEN.upper()])
        return "POST", f"/webhooks/allo/{token}", self._signed(GOOD), [GOOD]

    def other_line(self) -> Request:
        number: Any = self.random.choice(["+33600000000", 33644000000, None, [], {}, "", "anonymous", "\ud800"])
        topic = self.random.choice(["CALL_RECEIVED", "SMS_RECEIVED", "SMS_SENT", "X", "sms.received", 7, None])
        return "POST", PATH, [], [json.dumps({"topic": topic, "data": {"from_number": number, "to": number}}).encode()]

    def cut(self) -> Request:
        return "POST", PATH, self._signed(GOOD), [GOOD[: self.random.randrange(len(GOOD))], b""]


@pytest.mark.anyio
async def test_ten_thousand_mutated_requests_are_refused_and_leave_nothing(
    store: Store, secret: SecretStr, sign: Sign, caplog: pytest.LogCaptureFixture
) -> None:
    async def lines() -> list[str]:
        return ["+33644000000"]

    async def secrets() -> list[SecretStr]:
        return [secret]

    app = receiver_app(Receiver([Endpoint(SecretStr(TOKEN), "default", secrets, lines)], store.add))
    mutator = Mutator(sign, seed=2026)
    statuses: Counter[int] = Counter()
    held: list[int] = []
    tracemalloc.start()
    try:
        for number in range(1, REQUESTS + 1):
            statuses[await send(app, mutator.request())] += 1
            if number % (REQUESTS // 4) == 0:
                gc.collect()
                held.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert set(statuses) == {400, 404, 413}
    assert statuses.total() == REQUESTS
    assert (await AccountInbox(store, "default").deliveries(0, 1)) == []
    assert held[-1] - held[0] < 100_000, f"something of each request stays: {held}"
    assert not [record for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR]
    assert await send(app, ("POST", PATH, mutator._signed(GOOD), [GOOD])) == 200


def on_the_wire(sign: Sign, chance: random.Random) -> bytes:
    """A delivery that nobody signed with our secret, with some of its bytes changed, cut or doubled."""
    signed = {**sign(GOOD), "webhook-signature": "v1," + "A" * 43 + "="}
    lines = [f"POST {PATH} HTTP/1.1", "host: receiver", f"content-length: {len(GOOD)}", "connection: close"]
    raw = bytearray("\r\n".join([*lines, *(f"{name}: {value}" for name, value in signed.items()), "", ""]).encode())
    raw += GOOD
    for _ in range(chance.randint(1, 8)):
        place = chance.randrange(len(raw))
        match chance.randrange(4):
            case 0:
                raw[place] = chance.randrange(256)
            case 1:
                del raw[place : place + chance.randint(1, 40)]
            case 2:
                raw[place:place] = raw[place : place + chance.randint(1, 200)]
            case _:
                raw[place:place] = chance.choice(
                    [b"\r\n", b"\x00", b"\xff" * 9, b": ", b"Transfer-Encoding: chunked\r\n"]
                )
    return bytes(raw)


async def converse(port: int, raw: bytes) -> bytes:
    """What comes back for some bytes, until the receiver is through with them."""
    async with await anyio.connect_tcp("127.0.0.1", port) as stream:
        answer = b""
        with suppress(anyio.EndOfStream, anyio.BrokenResourceError):
            await stream.send(raw)
            await stream.send_eof()
            while True:
                answer += await stream.receive()
        return answer


@pytest.mark.anyio
async def test_bytes_that_are_hardly_http_harm_no_receiver_on_a_port(
    store: Store, secret: SecretStr, sign: Sign, caplog: pytest.LogCaptureFixture
) -> None:
    async def lines() -> list[str]:
        return ["+33644000000"]

    async def secrets() -> list[SecretStr]:
        return [secret]

    app = receiver_app(Receiver([Endpoint(SecretStr(TOKEN), "default", secrets, lines)], store.add))
    bound = bind("127.0.0.1:0")
    chance = random.Random(2026)
    statuses: Counter[bytes] = Counter()
    async with anyio.create_task_group() as tasks:
        await tasks.start(serve, app, bound)
        for _ in range(1000):
            with anyio.fail_after(30):
                answer = await converse(bound.getsockname()[1], on_the_wire(sign, chance))
            statuses[answer[9:12]] += 1
        tasks.cancel_scope.cancel()
    assert set(statuses) <= {b"400", b"404", b"405", b"413", b""}, statuses
    assert statuses[b"400"] > 100
    assert await AccountInbox(store, "default").deliveries(0, 1) == []
    assert not [record for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR]
