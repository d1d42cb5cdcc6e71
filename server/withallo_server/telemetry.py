"""OpenTelemetry spans for tools, requests to Allo, deliveries and writes; what people wrote is in none of them.

Spans of protocol messages and tools are the SDK's. They are exported when `OTEL_EXPORTER_OTLP_ENDPOINT` is set and
the extra `withallo-mcp[telemetry]` is installed; every other setting is OpenTelemetry's own.
"""

import logging
import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from withallo_client import __version__

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

logger = logging.getLogger(__name__)

_SWITCHES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
LAST_SECONDS = 1.0
_IDENTIFIER = re.compile(r"/(?!v\d+(?:/|$))[^/]*[\d%+][^/]*")


@contextmanager
def span(name: str, kind: SpanKind = SpanKind.INTERNAL, *, tool: str | None = None) -> Iterator[Span]:
    """A span that tells what failed by the name of the error, never by its words.

    Args:
        name: What is done, for example `allo.write`.
        kind: Its place in a trace.
        tool: The tool that is at work.
    """
    attributes = {} if tool is None else {"allo.tool": tool}
    with trace.get_tracer("withallo_mcp", __version__).start_as_current_span(
        name, kind=kind, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield current
        except Exception as error:
            current.set_attribute("error.type", type(error).__name__)
            current.set_status(StatusCode.ERROR)
            raise


@contextmanager
def observe_request(route: str) -> Iterator[Callable[[int], None]]:
    """A span around a request to Allo; ids and numbers in its path are left out."""
    method, _, path = route.partition(" ")
    with span(f"{method} {_IDENTIFIER.sub('/{id}', path)}", SpanKind.CLIENT) as current:
        current.set_attribute("http.request.method", method)

        def answered(status: int) -> None:
            current.set_attribute("http.response.status_code", status)
            if status >= 400:
                current.set_status(StatusCode.ERROR)

        yield answered


@contextmanager
def exporting() -> Iterator[None]:
    """Export spans until the end, if the environment says where to; a collector that is gone delays nobody."""
    provider = _provider() if any(os.environ.get(name) for name in _SWITCHES) else None
    try:
        yield
    finally:
        if provider is not None:
            last = threading.Thread(target=provider.shutdown, daemon=True)
            last.start()
            last.join(LAST_SECONDS)


def _provider() -> "TracerProvider | None":
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        logger.warning("No spans are exported: install withallo-mcp[telemetry].")
        return None
    resource = Resource.create({"service.name": "withallo-mcp", "service.version": __version__})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(cast("SpanExporter", Wordless(OTLPSpanExporter()))))
    trace.set_tracer_provider(provider)
    return provider


class Wordless:
    """A span exporter that takes the words of errors out before it passes spans on: they may quote a message.

    Args:
        exporter: The exporter that sends them.
    """

    def __init__(self, exporter: Any) -> None:
        self._exporter = exporter

    def export(self, spans: "Sequence[ReadableSpan]") -> Any:
        """Send spans, without their events and the descriptions of their failures."""
        for each in spans:
            each._events = ()  # noqa: SLF001  # a finished span has no public way to lose something
            each._status = Status(each.status.status_code)  # noqa: SLF001  # likewise
        return self._exporter.export(spans)

    def shutdown(self) -> None:
        """Stop."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Send what is waiting."""
        return bool(self._exporter.force_flush(timeout_millis))
