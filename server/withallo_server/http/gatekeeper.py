"""Lets authenticated callers through to the protocol, and nobody else.

`Authorization: Bearer` is a static token or an OAuth access token, `Authorization: Api-Key` the caller's own Allo key.
A refusal says how to get in (RFC 6750, RFC 9728) and nothing about why a credential is wrong.
"""

import logging
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import anyio
from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.transport_security import TransportSecurityMiddleware, TransportSecuritySettings
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from withallo_client import WithalloError
from withallo_server.http.callers import Caller, as_token
from withallo_server.http.grants import READ
from withallo_server.http.keys import AlloKeys
from withallo_server.http.oauth import IssuerError, OAuthTokens
from withallo_server.http.runtime import HttpRuntime
from withallo_server.http.tenants import TooManyTenantsError
from withallo_server.http.tokens import PREFIX, StaticTokens

logger = logging.getLogger(__name__)

BODY_SECONDS = 30.0
JUDGE_AGAIN_SECONDS = 60.0
CLOCKS_DIFFER_SECONDS = 30
MOST_STREAMS = 512
"""Of one caller: half of what one server keeps open, so that nobody takes every place."""
MOST_BYTES = 4 * 1024 * 1024
WAYS_IN = (
    "ALLO_TOKENS or ALLO_TOKENS_FILE (`withallo-mcp token NAME` makes one), ALLO_OAUTH_ISSUER, "
    "or ALLO_BRING_YOUR_OWN_KEY=1"
)
_OF_PROXIES = frozenset(
    {"forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "cf-connecting-ip"}
)


@dataclass(frozen=True, slots=True)
class Doors:
    """The ways in; none of them means that nobody has to authenticate, which only loopback may do.

    Attributes:
        tokens: Static bearer tokens.
        oauth: Access tokens of an issuer.
        keys: Callers' own Allo keys.
        metadata_url: Where the protected-resource metadata is.
    """

    tokens: StaticTokens | None = None
    oauth: OAuthTokens | None = None
    keys: AlloKeys | None = None
    metadata_url: str | None = None

    @property
    def any(self) -> bool:
        """Whether a caller has to authenticate; a door whose last token was revoked is still one."""
        return any(door is not None for door in (self.tokens, self.oauth, self.keys))

    def are_open_to_strangers(self, scope: Scope) -> bool:
        """Whether nobody has to authenticate although a proxy passed the request on, from wherever.

        No client speaks HTTP/1.0; nginx, as it comes, does, and says nothing else about itself.
        """
        passed_on = scope["http_version"] == "1.0" or not _OF_PROXIES.isdisjoint(Headers(scope=scope))
        return passed_on and not self.any

    async def caller(self, authorization: str) -> Caller | None:
        """Whoever a header proves, or nobody.

        Raises:
            IssuerError: The OAuth issuer cannot be asked.
            WithalloError: Allo cannot be asked.
        """
        scheme, _, credential = authorization.strip().partition(" ")
        credential = credential.strip()
        caller: Caller | None = None
        if scheme.lower() == "bearer" and credential:
            caller = self.tokens.caller(credential) if self.tokens is not None else None
            if caller is None and self.oauth is not None and not credential.startswith(PREFIX):
                caller = await self.oauth.caller(credential)
        elif scheme.lower() == "api-key" and credential and self.keys is not None:
            caller = await self.keys.caller(credential)
        return None if caller is None or _has_expired(caller) else caller


class Gatekeeper:
    """ASGI middleware in front of the protocol."""

    def __init__(
        self, app: ASGIApp, doors: Doors, runtime: HttpRuntime, security: TransportSecuritySettings | None = None
    ) -> None:
        self._app = AuthContextMiddleware(app)
        self._doors = doors
        self._runtime = runtime
        self._security = TransportSecurityMiddleware(security)
        self._streams: Counter[tuple[str, str]] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or refuse it."""
        if self._doors.are_open_to_strangers(scope):
            logger.warning("A request that a proxy passed on was refused. Set who may call: %s", WAYS_IN)
            await _closed()(scope, receive, send)
            return
        if not self._doors.any:
            await self._pass_on(scope, receive, send)
            return
        refusal = await self._security.validate_request(Request(scope))
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        given = Headers(scope=scope).getlist("authorization")
        try:
            caller = await self._doors.caller(given[0]) if len(given) == 1 else None
        except (IssuerError, WithalloError) as error:
            logger.warning("A caller could not be judged: %s", error)
            await _unavailable()(scope, receive, send)
            return
        if caller is None:
            await self._unauthorized(bool(given))(scope, receive, send)
        elif caller.grants.nothing:
            await self._forbidden()(scope, receive, send)
        else:
            await self._serve(caller, given[0], scope, receive, send)

    async def _serve(self, caller: Caller, authorization: str, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with self._runtime.visit(caller):
                scope["user"] = AuthenticatedUser(as_token(caller))
                if not _is_listening(scope):
                    await self._pass_on(scope, receive, send)
                    return
                with self._place(caller):
                    await self._serve_while_good(caller, authorization, scope, receive, send)
        except _TooManyStreamsError:
            await Response(status_code=429, headers={"retry-after": "60"})(scope, receive, send)
        except TooManyTenantsError:
            await _unavailable()(scope, receive, send)

    @contextmanager
    def _place(self, caller: Caller) -> Iterator[None]:
        """Count a stream of a caller.

        Raises:
            _TooManyStreamsError: It has enough of them.
        """
        who = (caller.kind, caller.name)
        if self._streams[who] >= MOST_STREAMS:
            raise _TooManyStreamsError
        self._streams[who] += 1
        try:
            yield
        finally:
            self._streams[who] -= 1
            self._streams += Counter()

    async def _serve_while_good(
        self, caller: Caller, authorization: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Serve a stream that has no end of its own until the credential has one."""
        last: Message = {"type": ""}

        async def noting(message: Message) -> None:
            nonlocal last
            last = message
            await send(message)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._end_with, caller, authorization, tasks.cancel_scope)
            await self._pass_on(scope, receive, noting)
            tasks.cancel_scope.cancel()
        if not last["type"]:
            await self._unauthorized(True)(scope, receive, send)
        elif last["type"] == "http.response.start" or last.get("more_body"):
            await send({"type": "http.response.body", "body": b""})

    async def _end_with(self, caller: Caller, authorization: str, stream: anyio.CancelScope) -> None:
        """End a stream when its credential expires, is revoked or opens something else."""
        is_good = True
        while is_good:
            await anyio.sleep(JUDGE_AGAIN_SECONDS)
            try:
                again = await self._doors.caller(authorization)
                is_good = again is not None and again.grants == caller.grants
            except (IssuerError, WithalloError):
                is_good = not _has_expired(caller)
        stream.cancel()

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        status = 0
        if scope["method"] == "POST":
            try:
                receive = await _taken_in(receive)
            except TimeoutError:
                status = 408
            except _TooLargeError:
                status = 413
        if status:
            await Response(status_code=status, headers={"connection": "close"})(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _unauthorized(self, had_credential: bool) -> JSONResponse:
        parts = [f'scope="{READ}"']
        if had_credential:
            parts.insert(0, 'error="invalid_token"')
        headers = {"www-authenticate": self._challenge(parts)}
        return JSONResponse({"error": "invalid_token"}, status_code=401, headers=headers)

    def _forbidden(self) -> JSONResponse:
        headers = {"www-authenticate": self._challenge(['error="insufficient_scope"', f'scope="{READ}"'])}
        return JSONResponse({"error": "insufficient_scope"}, status_code=403, headers=headers)

    def _challenge(self, parts: list[str]) -> str:
        if self._doors.metadata_url is not None:
            parts = [f'resource_metadata="{self._doors.metadata_url}"', *parts]
        return "Bearer " + ", ".join(parts)


def _is_listening(scope: Scope) -> bool:
    """Whether a request asks for a stream of what comes, in either era."""
    return scope["method"] == "GET" or Headers(scope=scope).get("mcp-method") == "subscriptions/listen"


def _has_expired(caller: Caller) -> bool:
    return caller.expires_at is not None and caller.expires_at + CLOCKS_DIFFER_SECONDS < time.time()


def _closed() -> JSONResponse:
    return JSONResponse({"error": "only_for_this_machine"}, status_code=403)


def _unavailable() -> JSONResponse:
    return JSONResponse({"error": "temporarily_unavailable"}, status_code=503, headers={"retry-after": "5"})


class _TooManyStreamsError(Exception):
    """More than `MOST_STREAMS` of one caller."""


class _TooLargeError(Exception):
    """More than `MOST_BYTES` came."""


async def _taken_in(receive: Receive) -> Receive:
    """Read the whole body, then hand it on in one piece: whoever drips it occupies nothing behind this.

    Raises:
        TimeoutError: It did not come in time.
        _TooLargeError: It is too large.
    """
    parts: list[bytes] = []
    size = 0
    with anyio.fail_after(BODY_SECONDS):
        while True:
            message = await receive()
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > MOST_BYTES:
                raise _TooLargeError
            if not message.get("more_body", False):
                break
    whole: Message | None = {"type": message["type"], "body": b"".join(parts)}

    async def receive_again() -> Message:
        nonlocal whole
        if whole is None:
            return await receive()
        given, whole = whole, None
        return given

    return receive_again
