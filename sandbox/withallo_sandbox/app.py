"""The ASGI application: routes by raw path, refusals in the dialect of the version asked."""

from collections import defaultdict
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from withallo_sandbox.controls import control_routes
from withallo_sandbox.errors import RefusedError
from withallo_sandbox.gate import Endpoint, guarded, request_id
from withallo_sandbox.routes import ASSETS, ENDPOINTS
from withallo_sandbox.state import State


def build_app(state: State) -> ASGIApp:
    """The API over this state."""
    paths: defaultdict[str, dict[str, Endpoint]] = defaultdict(dict)
    for endpoint in (*ENDPOINTS, *ASSETS):
        paths[endpoint.path][endpoint.method] = endpoint
    # A literal segment sorts before a brace, so `search` is found before `{id}`.
    routes = [
        Route(path, guarded(state, by_method), methods=list(by_method)) for path, by_method in sorted(paths.items())
    ]
    app = Starlette(routes=[*routes, *control_routes(state)], exception_handlers={HTTPException: _refuse})
    app.router.redirect_slashes = False
    return state.faults.around(_by_raw_path(app))


async def _refuse(request: Request, problem: Exception) -> Response:
    codes = {404: "ENDPOINT_NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}
    status = problem.status_code if isinstance(problem, HTTPException) else 400
    refusal = RefusedError(status, codes.get(status, "INVALID_REQUEST_BODY"))
    refusal.headers = dict(getattr(problem, "headers", None) or {})
    return refusal.response(request.scope["path"], request_id(request))


def _by_raw_path(app: ASGIApp) -> ASGIApp:
    async def routed(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            # An encoded slash belongs to its segment; Starlette would route on the decoded path.
            raw = scope.get("raw_path")
            scope = {**scope, "path": raw.decode("latin-1") if raw else quote(scope["path"])}
        await app(scope, receive, send)

    return routed
