"""Numbers for Prometheus. Labels are names of ours: no number, name, text, key or address of anybody."""

import time
from typing import Any

from mcp.server import ServerRequestContext
from mcp.server.context import CallNext, HandlerResult
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from pydantic import BaseModel
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from withallo_client import __version__
from withallo_server.availability import statuses
from withallo_server.http.runtime import HttpRuntime

_BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)
_METHODS = frozenset(
    {
        "initialize",
        "ping",
        "server/discover",
        "tools/list",
        "tools/call",
        "resources/list",
        "resources/read",
        "resources/templates/list",
        "resources/subscribe",
        "resources/unsubscribe",
        "subscriptions/listen",
        "prompts/list",
        "prompts/get",
        "completion/complete",
        "notifications/initialized",
        "notifications/cancelled",
    }
)
_ROUTES = ("/mcp", "/webhooks/", "/healthz", "/readyz", "/metrics", "/.well-known/")


class Meter:
    """The numbers of one server."""

    def __init__(self, runtime: HttpRuntime) -> None:
        self.registry = CollectorRegistry()
        self._tools = frozenset(each.name for each in statuses(runtime.settings, None))
        self._answers = Counter(
            "allo_http_responses", "Answers to HTTP requests.", ["route", "status"], registry=self.registry
        )
        self._messages = Histogram(
            "allo_mcp_message_seconds",
            "Time from a protocol message to its result.",
            ["method", "outcome"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._calls = Histogram(
            "allo_tool_call_seconds",
            "Time of tool calls.",
            ["tool", "outcome"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        tenants = Gauge("allo_tenants", "Accounts of callers' own keys that are open.", registry=self.registry)
        tenants.set_function(lambda: len(runtime.tenants))
        Gauge("allo_build_info", "1, with the version.", ["version"], registry=self.registry).labels(__version__).set(1)

    async def observe(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Middleware of the protocol: time every message."""
        began = time.perf_counter()
        outcome = "error"
        try:
            result = await call_next(ctx)
            outcome = "failed" if _is_failure(result) else "ok"
        finally:
            seconds = time.perf_counter() - began
            method = ctx.method if ctx.method in _METHODS else "other"
            if method != "subscriptions/listen":
                self._messages.labels(method, outcome).observe(seconds)
            if method == "tools/call":
                name = (ctx.params or {}).get("name")
                self._calls.labels(name if name in self._tools else "other", outcome).observe(seconds)
        return result

    def counting(self, app: ASGIApp) -> ASGIApp:
        """Middleware of the web application: count every answer, and add the headers every answer has."""

        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            route = next((route for route in _ROUTES if scope["path"].startswith(route)), "other")

            async def send_counted(message: Message) -> None:
                if message["type"] == "http.response.start":
                    self._answers.labels(route, str(message["status"])).inc()
                    MutableHeaders(scope=message).setdefault("x-content-type-options", "nosniff")
                await send(message)

            await app(scope, receive, send_counted)

        return counted

    def page(self) -> Response:
        """The numbers, as Prometheus reads them."""
        return Response(generate_latest(self.registry), headers={"content-type": CONTENT_TYPE_LATEST})


def _is_failure(result: HandlerResult) -> bool:
    if isinstance(result, BaseModel):
        return bool(getattr(result, "is_error", False))
    return isinstance(result, dict) and bool(result.get("isError"))
