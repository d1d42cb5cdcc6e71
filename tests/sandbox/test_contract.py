"""The sandbox against the OpenAPI contract, operation by operation."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from withallo_sandbox import LONG_CALL_ID, LYON, MARIE, NEW_YORK, SARAH, USERS, Sandbox
from withallo_sandbox.deliveries import WebhookEndpoint
from withallo_sandbox.gate import Endpoint
from withallo_sandbox.records import Call
from withallo_sandbox.routes import ENDPOINTS

CONTRACT = Path(__file__).parents[2] / "docs" / "openapi.yaml"
CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    response_schema_conformance,
    content_type_conformance,
]
MONDAY = datetime(2026, 3, 2, 16, 30, tzinfo=UTC)
KEY = {"Authorization": "ak_live_sandbox"}

SPINE = {
    *("GET /v1/api/calls", "GET /v1/api/numbers", "POST /v1/api/sms"),
    *("GET /v1/api/contact/{contact_id}", "GET /v1/api/contact/{contact_id}/conversation"),
    *("GET /v1/api/contacts", "POST /v1/api/contacts", "PUT /v1/api/contacts/{contact_id}"),
    *("GET /v1/api/webhooks", "POST /v1/api/webhooks", "DELETE /v1/api/webhooks/{webhook_id}"),
    *("GET /v2/api/me", "GET /v2/api/numbers", "GET /v2/api/webhooks", "POST /v2/api/webhooks"),
    *("GET /v2/api/webhooks/event_types", "GET /v2/api/webhooks/{webhook_id}"),
    *("PUT /v2/api/webhooks/{webhook_id}", "DELETE /v2/api/webhooks/{webhook_id}"),
}

PATHS: dict[str, str] = {
    "contact_id": MARIE.contact_id,
    "contact_number": MARIE.numbers[0].replace("+", "%2B"),
    "tag": "vip",
    "/v2/api/users/{id}": USERS[0].id,
    "/v2/api/crm/people/{id}": SARAH.person_id,
    "id": LONG_CALL_ID,
}
BODIES: dict[str, Any] = {
    "POST /v1/api/contacts": {"numbers": ["+33600000999"], "name": "Ada", "emails": ["ada@example.com"]},
    "PUT /v1/api/contacts/{contact_id}": {"job_title": "Cheffe"},
    "POST /v1/api/sms": {"from": NEW_YORK.number, "to": SARAH.numbers[0], "message": "Hello"},
    "POST /v1/api/webhooks": {
        "allo_number": LYON.number,
        "url": "https://example.com/v1",
        "topics": ["SMS_RECEIVED"],
    },
    "POST /v2/api/webhooks": {"url": "https://example.com/v2", "topics": ["sms.received"]},
    "PUT /v2/api/webhooks/{webhook_id}": {"enabled": False},
    "POST /v2/api/conversations/items/search": {"search": "devis", "extend": "transcript"},
    "POST /v2/api/conversations/items/batch": {"ids": [LONG_CALL_ID], "extend": "transcript"},
    "PATCH /v2/api/conversations/items/{id}/summary": {"content": "# Recap"},
    "POST /v2/api/conversations/items/{id}/tags": {"tags": ["vip"]},
    "PUT /v2/api/conversations/{contact_number}/action": {"action": "READ"},
    "POST /v2/api/crm/people": {"numbers": ["+33600000998"], "name": "Ada"},
    "POST /v2/api/crm/people/search": {"search": "marie"},
    "PUT /v2/api/crm/people/{id}": {"address": "1 rue du Port"},
}


@cache
def contract() -> dict[str, Any]:
    """The contract, with what was observed besides the documented enums let in."""
    document: dict[str, Any] = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))
    schemas = document["components"]["schemas"]
    for schema in schemas.values():
        for member in schema.get("properties", {}).values():
            if "enum" in member:
                member["enum"] += member.get("x-also-observed", [])
    schemas["TranscriptEntry"]["properties"]["source"]["enum"].append("AGENT")
    for title, schema in schemas.items():
        if title.startswith("V1") or title in {"Person", "CallSummary"}:
            let_zoneless_times_in(schema)
    return document


def let_zoneless_times_in(schema: dict[str, Any]) -> None:
    """v1, the CRM and templates write times without a zone (API contract 6), which `date-time` does not allow."""
    for member in schema.get("properties", {}).values():
        if member.get("format") == "date-time":
            del member["format"]
            member["pattern"] = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$"


@cache
def schema() -> Any:
    """The contract as schemathesis reads it."""
    return schemathesis.openapi.from_dict(contract())


def operation_of(endpoint: Endpoint) -> Any:
    """The operation of the contract behind an endpoint."""
    return schema()[endpoint.path][endpoint.method]


def name(endpoint: Endpoint) -> str:
    return f"{endpoint.method} {endpoint.path}"


def test_every_operation_of_the_spine_is_answered() -> None:
    assert {name(endpoint) for endpoint in ENDPOINTS} >= SPINE


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=name)
def test_endpoint_has_the_scope_of_the_contract(endpoint: Endpoint) -> None:
    assert contract()["paths"][endpoint.path][endpoint.method.lower()]["x-scope"] == endpoint.scope


BOUNDED: Any = settings(
    max_examples=15, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=name)
def test_generated_requests_get_documented_answers(endpoint: Endpoint) -> None:
    operation, app = operation_of(endpoint), Sandbox(rate_limits=False, calls=60).app

    def ask(case: Any) -> None:
        if case.headers and "Idempotency-Key" in case.headers:
            case.headers["Idempotency-Key"] = uuid4().hex
        case.call_and_validate(app=app, headers=KEY, checks=CHECKS)

    BOUNDED(given(case=operation.as_strategy())(ask))()


def known_records(sandbox: Sandbox, path: str) -> dict[str, str]:
    """Ids of records that exist, for the parameters of a path."""
    sandbox.register_endpoint("https://example.com/hook")
    known = {**PATHS, "webhook_id": next(iter(sandbox.state.sender.endpoints))}
    if path.startswith("/v1/"):
        endpoint = WebhookEndpoint("web-known", "https://example.com/v1", (), MONDAY, allo_number=LYON.number)
        sandbox.state.sender.endpoints[endpoint.id] = endpoint
        known["webhook_id"] = endpoint.id
    call = sandbox.account.timeline.get(LONG_CALL_ID)
    assert isinstance(call, Call)
    call.tags.append("vip")
    return {parameter: known.get(path, value) for parameter, value in known.items() if f"{{{parameter}}}" in path}


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=name)
def test_good_request_gets_the_documented_success(endpoint: Endpoint) -> None:
    sandbox = Sandbox(rate_limits=False, calls=60)
    operation = operation_of(endpoint)
    case = operation.Case(
        path_parameters=known_records(sandbox, endpoint.path),
        query={"allo_number": NEW_YORK.number} if "allo_number" in str(operation.query) else {},
        body=BODIES.get(name(endpoint), schemathesis.core.NOT_SET),
        media_type="application/json" if name(endpoint) in BODIES else None,
    )

    response = case.call(app=sandbox.app, headers=KEY)

    assert 200 <= response.status_code < 300, response.text
    case.validate_response(response, checks=CHECKS)


@pytest.mark.parametrize("endpoint", [e for e in ENDPOINTS if name(e) in BODIES], ids=name)
def test_bodies_that_break_the_contract_never_break_the_sandbox(endpoint: Endpoint) -> None:
    operation, app = operation_of(endpoint), Sandbox(rate_limits=False, calls=60).app

    def ask(case: Any) -> None:
        response = case.call(app=app, headers=KEY)
        assert response.status_code < 500
        assert response.status_code < 400 or {"code", "error"} & response.json().keys()

    BOUNDED(given(case=operation.as_strategy(schemathesis.GenerationMode.NEGATIVE))(ask))()
