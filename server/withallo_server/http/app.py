"""The web application: the protocol, webhooks, health and numbers, each behind its own door."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import anyio
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from withallo_client import WithalloError
from withallo_server.database import StorageError
from withallo_server.http.gatekeeper import Doors, Gatekeeper
from withallo_server.http.grants import known_scopes
from withallo_server.http.metrics import Meter
from withallo_server.http.oauth import IssuerError
from withallo_server.http.runtime import HttpRuntime
from withallo_server.mcp_server import AlloServer
from withallo_server.settings import Settings
from withallo_server.webhook_path import ROUTE

METADATA_PATH = "/.well-known/oauth-protected-resource/mcp"
READY_SECONDS = 3.0
MOST_SESSIONS = 10_000
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


@dataclass
class Web:
    """What answers HTTP.

    Attributes:
        app: The ASGI application.
        server: The MCP server behind it.
        draining: Set when the process is about to end; load balancers are told to look elsewhere.
    """

    app: ASGIApp
    server: AlloServer
    draining: bool = False

    def drain(self) -> None:
        """End open streams as the protocol wants them ended, and tell load balancers."""
        self.draining = True
        listen: Any = self.server._lowlevel_server.get_request_handler(  # noqa: SLF001  # there is no public way
            "subscriptions/listen"
        )
        if listen is not None:
            listen.handler.close()


def build_web(server: AlloServer, runtime: HttpRuntime, doors: Doors, *, on_loopback: bool) -> Web:
    """Put the application together.

    Args:
        server: The MCP server; its runtime is `runtime`.
        runtime: What all requests share.
        doors: The ways in.
        on_loopback: Whether only this machine reaches it; the embedded account's own API is offered there.
    """
    settings = runtime.settings
    security = transport_security(settings)
    server.streamable_http_app(
        stateless_http=settings.stateless, transport_security=security, max_sessions=MOST_SESSIONS
    )
    meter = Meter(runtime)
    server.middleware.append(meter.observe)
    web = Web(_nothing, server)
    routes: list[Route | Mount] = [
        Route("/mcp", _UntilTheEnd(web, Gatekeeper(server.session_manager.handle_request, doors, runtime, security))),
        Route(ROUTE, runtime.door, methods=["POST"]),
        Route("/healthz", _healthy),
        Route("/readyz", _ready(web, runtime)),
        Route("/metrics", _metrics(meter, doors)),
    ]
    if doors.oauth is not None:
        routes.append(Route(METADATA_PATH, _metadata(settings), methods=["GET"]))
        routes.append(Route(METADATA_PATH.removesuffix("/mcp"), _metadata(settings), methods=["GET"]))
    if on_loopback and runtime.embedded is not None:
        routes.append(Mount("/", app=runtime.embedded.sandbox.app))

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with server.session_manager.run():
            yield

    web.app = meter.counting(_with_cors(Starlette(routes=routes, lifespan=lifespan), settings))
    return web


def transport_security(settings: Settings) -> TransportSecuritySettings:
    """Which Host and Origin headers are answered: loopback, the public address, and what the operator adds."""
    hosts = [*_LOOPBACK, *(f"{host}:*" for host in _LOOPBACK), *settings.allowed_hosts]
    origins = [*(f"http://{host}{port}" for host in _LOOPBACK for port in ("", ":*")), *settings.allowed_origins]
    if settings.public_url is not None:
        parts = urlsplit(settings.public_url)
        hosts += [parts.netloc, f"{parts.hostname}:*"]
        origins.append(f"{parts.scheme}://{parts.netloc}")
    return TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=origins)


def resource_url(settings: Settings) -> str:
    """The address of this resource, which tokens name as their audience."""
    return f"{settings.public_url or 'http://127.0.0.1'}/mcp"


def _with_cors(app: ASGIApp, settings: Settings) -> ASGIApp:
    if not settings.allowed_origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=settings.allowed_origins,
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=[
            "authorization",
            "content-type",
            "accept",
            "last-event-id",
            "mcp-session-id",
            "mcp-protocol-version",
            "mcp-method",
            "mcp-name",
        ],
        expose_headers=["mcp-session-id", "www-authenticate"],
    )


class _UntilTheEnd:
    """Tells whoever is still being served when the grace of an ending process is over to ask elsewhere."""

    def __init__(self, web: Web, app: ASGIApp) -> None:
        self._web = web
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_begun = False

        async def noting(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except anyio.get_cancelled_exc_class():
            if not self._web.draining:
                raise
            if not has_begun:
                await Response(status_code=503, headers={"retry-after": "1"})(scope, receive, send)


async def _healthy(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})


def _ready(web: Web, runtime: HttpRuntime) -> Any:
    async def ready(_request: Request) -> Response:
        if web.draining:
            return JSONResponse({"status": "ending"}, status_code=503)
        try:
            with anyio.fail_after(READY_SECONDS):
                database = await runtime.database()
                await database.read(lambda connection: connection.exec_driver_sql("SELECT 1").close())
        except (StorageError, TimeoutError):
            return JSONResponse({"status": "no database"}, status_code=503)
        return JSONResponse({"status": "ready"})

    return ready


def _metrics(meter: Meter, doors: Doors) -> Any:
    async def metrics(request: Request) -> Response:
        if doors.are_open_to_strangers(request.scope):
            return Response(status_code=403)
        if doors.any and not await _may_see_numbers(request, doors):
            return Response(status_code=401, headers={"www-authenticate": "Bearer"})
        return meter.page()

    return metrics


async def _may_see_numbers(request: Request, doors: Doors) -> bool:
    """Whoever has a static token or an access token; an Allo key alone is somebody else's customer."""
    try:
        caller = await doors.caller(request.headers.get("authorization", ""))
    except (IssuerError, WithalloError):
        return False
    return caller is not None and caller.key is None


def _metadata(settings: Settings) -> Any:
    document = {
        "resource": resource_url(settings),
        "authorization_servers": [settings.oauth_issuer],
        "scopes_supported": list(known_scopes()),
        "bearer_methods_supported": ["header"],
        "resource_name": "Allo phone",
    }

    async def metadata(_request: Request) -> Response:
        return JSONResponse(document, headers={"access-control-allow-origin": "*", "cache-control": "max-age=3600"})

    return metadata


async def _nothing(*_: Any) -> None:
    raise RuntimeError("the application is not put together yet")
