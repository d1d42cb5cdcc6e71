import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from mcp import Client
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic import SecretStr

from withallo_server.logs import JsonFormatter, configure_logging
from withallo_server.settings import Settings
from withallo_server.telemetry import Wordless, observe_request, span

CANARY = "canary words of a customer"


@pytest.fixture(scope="module")
def exporter() -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(Wordless(exporter)))  # type: ignore[arg-type]  # it wraps one
    trace.set_tracer_provider(provider)
    return exporter


@pytest.fixture
def spans(exporter: InMemorySpanExporter) -> Iterator[InMemorySpanExporter]:
    exporter.clear()
    yield exporter
    exporter.clear()


def test_a_failure_is_told_by_its_name_and_not_by_its_words(spans: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="canary"), span("allo.write", tool="send_sms"):
        raise ValueError(CANARY)

    (finished,) = spans.get_finished_spans()
    assert dict(finished.attributes or {}) == {"allo.tool": "send_sms", "error.type": "ValueError"}
    assert CANARY not in finished.to_json()


@pytest.mark.parametrize(
    ("route", "name"),
    [
        ("GET /v1/api/contact/cnt_12ab/conversation", "GET /v1/api/contact/{id}/conversation"),
        ("PATCH /v2/api/conversations/%2B33612345678/read", "PATCH /v2/api/conversations/{id}/read"),
        ("POST /v2/api/conversations/items/search", "POST /v2/api/conversations/items/search"),
        ("GET /v2/api/me", "GET /v2/api/me"),
    ],
)
def test_requests_to_allo_are_named_without_ids_and_numbers(spans: InMemorySpanExporter, route: str, name: str) -> None:
    with observe_request(route) as answered:
        answered(503)

    (finished,) = spans.get_finished_spans()
    assert finished.name == name
    assert (finished.attributes or {})["http.response.status_code"] == 503


@pytest.mark.anyio
async def test_a_text_leaves_spans_of_tool_write_and_request_without_its_words(
    spans: InMemorySpanExporter, world: Any
) -> None:
    async with Client(world.server(consent="allow")) as client:
        result = await client.call_tool("send_sms", {"to": "+12125550123", "message": CANARY})

    assert not result.is_error, result
    names = {finished.name for finished in spans.get_finished_spans()}
    assert {"tools/call send_sms", "allo.write"} <= names
    assert not any(CANARY in finished.to_json() for finished in spans.get_finished_spans())
    assert not any("2125550123" in finished.to_json() for finished in spans.get_finished_spans())


def test_words_that_the_sdk_puts_into_a_failed_span_are_taken_out(spans: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="canary"), trace.get_tracer("sdk").start_as_current_span("resources/read"):
        raise ValueError(CANARY)

    (finished,) = spans.get_finished_spans()
    assert finished.events == ()
    assert CANARY not in finished.to_json()


def test_json_logs_are_one_masked_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    configure_logging(Settings(api_key=SecretStr("ak_live_canary1234"), log_format="json", log_level="INFO"))
    try:
        logging.getLogger("withallo").info("key ak_live_canary1234\nsecond line")
    finally:
        root.handlers[:] = before
        root.setLevel(level)

    lines = capsys.readouterr().err.splitlines()
    entry = json.loads(lines[-1])
    assert entry["level"] == "INFO"
    assert entry["message"].endswith("second line")
    assert "canary" not in lines[-1]


def test_a_traceback_in_json_is_masked_too() -> None:
    error = ValueError("whsec_canarycanary")
    record = logging.LogRecord("x", logging.ERROR, "f", 1, "failed", (), (ValueError, error, None))

    text = JsonFormatter(()).format(record)
    assert "canarycanary" not in text
    assert "ValueError" in json.loads(text)["message"]
