"""Faults on demand: what an API can do to its caller."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final, Literal

import anyio
import httpx
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from withallo_sandbox.errors import FieldError, RefusedError

Kind = Literal[
    "latency", "429", "500", "500-after", "html", "malformed", "cut-before", "cut-after", "hang", "hang-after"
]
_REQUEST_ID: Final = "req_fault0000000"


class ConnectionCutError(httpx.RemoteProtocolError):
    """The connection ended without an answer. In one process the client sees it as the transport error it is."""


@dataclass(slots=True)
class Fault:
    """One fault that waits for requests.

    Attributes:
        path: Path it waits for; `*` stands for anything.
        kind: What happens. With `-after`, the request is carried out and its answer lost.
        times: How often it still happens.
        method: Verb it waits for, any when left out.
        seconds: How long `latency` takes, in real time.
        status: Status of `html` and `malformed`.
    """

    path: str
    kind: Kind
    times: int = 1
    method: str | None = None
    seconds: float = 1.0
    status: int | None = None


class Faults:
    """The faults in waiting, first come first served."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Let it wait for its requests."""
        self._waiting.append(fault)

    def clear(self) -> None:
        """Let everything go well again."""
        self._waiting.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """The fault this request meets, if any; it is used up by one."""
        for fault in self._waiting:
            if fault.method in {None, method} and fnmatchcase(path, fault.path):
                fault.times -= 1
                if fault.times <= 0:
                    self._waiting.remove(fault)
                return fault
        return None

    def around(self, app: ASGIApp) -> ASGIApp:
        """The application with its faults; controls are spared."""

        async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
            api = scope["type"] == "http" and not scope["path"].startswith("/_sandbox/")
            fault = self.take(scope["method"], scope["path"]) if api else None
            if fault is None:
                await app(scope, receive, send)
            else:
                await _play(fault, app, scope, receive, send)

        return faulty


async def _play(fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    if fault.kind == "latency":
        await anyio.sleep(fault.seconds)
        await app(scope, receive, send)
        return
    if fault.kind.endswith("-after"):
        await app(scope, receive, _lose)
    await _ENDINGS[fault.kind.removesuffix("-after").removesuffix("-before")](fault, scope, receive, send)


async def _lose(message: Message) -> None:
    """Take an answer that nobody will see."""


async def _cut(_fault: Fault, _scope: Scope, _receive: Receive, _send: Send) -> None:
    message = "the sandbox cut the connection"
    raise ConnectionCutError(message)


async def _hang(_fault: Fault, _scope: Scope, receive: Receive, _send: Send) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _answer(fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
    await _response(fault, scope["path"])(scope, receive, send)


def _response(fault: Fault, path: str) -> Response:
    if fault.kind == "html":
        return HTMLResponse("<html><body><h1>502 Bad Gateway</h1></body></html>", fault.status or 502)
    if fault.kind == "malformed":
        return Response(b'{"data": {"results": [{"id": "cll-', fault.status or 200, media_type="application/json")
    if fault.kind.startswith("500"):
        return RefusedError(500, "INTERNAL_SERVER_ERROR").response(path, _REQUEST_ID)
    if path.startswith("/v2/"):
        return RefusedError(429, "RATE_LIMIT_EXCEEDED", "Slow down.", retry_after=1).response(path, _REQUEST_ID)
    quota = FieldError("DAILY", "limit=1000;type=DAILY;reset_in=3600")
    return RefusedError(429, "API_KEY_QUOTA_EXCEEDED", errors=[quota]).response(path, _REQUEST_ID)


_ENDINGS: Final[dict[str, Callable[[Fault, Scope, Receive, Send], Awaitable[None]]]] = {
    "cut": _cut,
    "hang": _hang,
    "429": _answer,
    "500": _answer,
    "html": _answer,
    "malformed": _answer,
}
