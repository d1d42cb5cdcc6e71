"""What every API request passes before its handler: key, limits, scope, content type, idempotency."""

import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from withallo_sandbox.auth import authenticate, require
from withallo_sandbox.company import ApiKey
from withallo_sandbox.errors import RefusedError
from withallo_sandbox.idempotency import METHODS
from withallo_sandbox.requests import MAX_BODY, Ask

if TYPE_CHECKING:
    from withallo_sandbox.state import State

_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}")
_ALPHANUMERIC = "abcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation of the API; together they are what `/v2/api/me` lists."""

    method: str
    path: str
    scope: str | None
    description: str
    handler: Callable[[Ask], Response]


def request_id(request: Request) -> str:
    """The caller's X-Request-Id, or a new one (API contract 3.5)."""
    given = request.headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else "req_" + "".join(secrets.choice(_ALPHANUMERIC) for _ in range(12))


def guarded(state: "State", endpoints: Mapping[str, Endpoint]) -> Callable[[Request], Awaitable[Response]]:
    """One route: the endpoints of a path by method, behind every check."""

    async def answer(request: Request) -> Response:
        endpoint = endpoints["GET" if request.method == "HEAD" else request.method]
        headers: dict[str, str] = {}
        try:
            key = authenticate(request.headers.get("authorization"), state.keys)
            headers = state.limits.spend(key, request.method, endpoint.path, state.clock.now())
            require(key, endpoint.scope)
            raw = await read_body(request)
            if raw:
                check_media_type(request.headers, endpoint.path)
            ask = Ask(state, key, request.path_params, request.query_params, request.headers, raw)
            response = _replayed(ask, endpoint, request.scope["path"]) or endpoint.handler(ask)
            _keep(ask, endpoint, request.scope["path"], response)
        except RefusedError as refusal:
            response = refusal.response(endpoint.path, request_id(request))
        for name, value in headers.items():
            response.headers[name] = value
        return response

    return answer


async def read_body(request: Request) -> bytes:
    """The raw body, up to a megabyte.

    Raises:
        RefusedError: When it is larger or breaks off.
    """
    raw = bytearray()
    try:
        async for chunk in request.stream():
            raw += chunk
            if len(raw) > MAX_BODY:
                raise RefusedError(400, "INVALID_REQUEST_BODY", "The body is too large.")
    except ClientDisconnect:
        raise RefusedError(400, "INVALID_REQUEST_BODY", "The body ended too early.") from None
    return bytes(raw)


def check_media_type(headers: Mapping[str, str], path: str) -> None:
    """Let JSON pass.

    Raises:
        RefusedError: 415, or 400 on v1, which has no word for it.
    """
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        if path.startswith("/v1/"):
            raise RefusedError(400, "INVALID_REQUEST_BODY")
        raise RefusedError(415, "UNSUPPORTED_MEDIA_TYPE", "Send application/json.")


def _idempotency(ask: Ask, endpoint: Endpoint) -> tuple[ApiKey, str] | None:
    name = ask.headers.get("idempotency-key")
    if name and endpoint.method in METHODS and endpoint.path.startswith("/v2/"):
        return ask.key, name
    return None


def _replayed(ask: Ask, endpoint: Endpoint, path: str) -> Response | None:
    asked = _idempotency(ask, endpoint)
    if asked is None:
        return None
    return ask.state.replays.find(*asked, f"{endpoint.method} {path}", ask.state.clock.now())


def _keep(ask: Ask, endpoint: Endpoint, path: str, response: Response) -> None:
    asked = _idempotency(ask, endpoint)
    if asked is not None and "idempotency-replayed" not in response.headers:
        ask.state.replays.keep(*asked, f"{endpoint.method} {path}", response, ask.state.clock.now())
