"""Every error code of section 5 of the API contract, in both dialects, and answers that hold none."""

import json
from collections.abc import Awaitable, Callable

import httpx
import pytest

from withallo_client import (
    ApiError,
    AuthenticationError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    RateLimitError,
    ServerError,
    ValidationError,
    WithalloError,
)

pytestmark = pytest.mark.anyio

Refused = Callable[[httpx.Response], Awaitable[ApiError]]

V1: dict[str, tuple[int, type[ApiError]]] = {
    "CONTACT_NOT_FOUND": (400, NotFoundError),
    "FROM_NUMBER_NOT_FOUND": (400, ValidationError),
    "INVALID_TO_NUMBER": (400, ValidationError),
    "TO_NUMBER_COUNTRY_MISMATCH": (400, ValidationError),
    "INVALID_LENGTH": (400, ValidationError),
    "PROVIDER_NOT_SUPPORTED": (400, ValidationError),
    "INVALID_SENDER_ID": (400, ValidationError),
    "SENDER_ID_NOT_ACTIVE": (400, ValidationError),
    "API_KEY_INVALID": (401, AuthenticationError),
    "API_KEY_INSUFFICIENT_SCOPE": (403, ForbiddenError),
    "API_KEY_QUOTA_EXCEEDED": (429, RateLimitError),
}

V2: dict[tuple[int, type[ApiError]], str] = {
    (400, ValidationError): """
        INVALID_REQUEST_BODY MISSING_PARAMETER MISSING_HEADER INVALID_PAGE_SIZE INVALID_SEARCH_QUERY
        MISSING_ALLO_NUMBER MISSING_ALLO_NUMBER_OR_SENDER_ID INVALID_DATE_RANGE DATE_RANGE_TOO_WIDE INVALID_ITEM_ID
        BATCH_TOO_LARGE TAGS_REQUIRED INVALID_ACTION INVALID_GRANULARITY INVALID_GROUP_BY UNSUPPORTED_EXTEND_VALUE
        INVALID_PHONE_FORMAT INVALID_PHONE_NUMBER INVALID_TO_NUMBER TO_NUMBER_COUNTRY_MISMATCH NUMBER_NOT_SMS_ENABLED
        SENDER_ID_INBOX_CANNOT_SEND_SMS SENDER_ID_NOT_ACTIVE MESSAGE_NOT_COMPLIANT LANDLINE_NUMBER_NOT_SUPPORTED
        SUMMARY_TEMPLATE_KEY_REQUIRED INVALID_EVENT_TYPE UNKNOWN_FIELD DIALING_QUEUE_LIMIT_REACHED
        DIALING_QUEUE_DELETE_FILTER_REQUIRED DIALING_QUEUE_DELETE_FILTER_CONFLICT DIALING_QUEUE_ASSIGNEE_REQUIRED
        EMPTY_NOTE_CONTENT NOTE_CONTENT_TOO_LONG CONTACT_NOTES_UNAVAILABLE INVALID_THREAD_ENTITY_TYPE
        CALL_FLOW_SCHEMA_VERSION_MISMATCH CALL_FLOW_INVALID CALL_FLOW_ROOT_MENU_TOO_SMALL
        CALL_FLOW_CONTACT_PROPERTY_KEY_REQUIRED AGENT_NO_FORWARDING_NUMBER INVALID_KNOWLEDGE_URL INVALID_MEMBER_ROLE
        INVALID_NUMBER_PREFERENCE""",
    (422, ValidationError): "INVALID_REQUEST_BODY MISSING_FIELD",
    (401, AuthenticationError): "API_KEY_INVALID API_KEY_REVOKED UNAUTHORIZED",
    (402, ApiError): "PARTNER_SUBSCRIPTION_NOT_BILLABLE PARTNER_BILLING_FAILED",
    (403, ForbiddenError): """
        API_KEY_INSUFFICIENT_SCOPE API_KEY_TRIAL_NOT_ALLOWED FORBIDDEN A2P_NOT_ENABLED NOT_NOTE_AUTHOR
        NOT_COMMENT_AUTHOR DIALING_QUEUE_ASSIGN_FORBIDDEN""",
    (404, NotFoundError): """
        CONVERSATION_ITEM_NOT_FOUND CALL_NOT_FOUND TEXT_MESSAGE_NOT_FOUND MEMBER_NOT_FOUND TEAM_NOT_FOUND
        USER_NOT_FOUND BUSINESS_NOT_FOUND PHONE_NUMBER_NOT_FOUND FROM_NUMBER_NOT_FOUND TAG_NOT_FOUND
        SENDER_ID_NOT_FOUND SUMMARY_TEMPLATE_NOT_FOUND ENDPOINT_NOT_FOUND ASSIGNEE_NOT_FOUND DIALING_QUEUE_NOT_FOUND
        QUEUE_NUMBER_POSITION_NOT_FOUND NOTE_NOT_FOUND PERSON_NOT_FOUND THREAD_NOT_FOUND THREAD_COMMENT_NOT_FOUND
        CALL_FLOW_DRAFT_NOT_FOUND AGENT_KNOWLEDGE_NOT_FOUND PARTNER_ACCOUNT_NOT_FOUND PARTNER_ESIM_NOT_FOUND""",
    (405, ApiError): "METHOD_NOT_ALLOWED",
    (415, ApiError): "UNSUPPORTED_MEDIA_TYPE",
    (409, ConflictError): """
        TAG_ALREADY_EXISTS OTHER_TRANSACTION_IN_PROGRESS NUMBER_ALREADY_ASSIGNED IDEMPOTENCY_KEY_REUSE
        PARTNER_ACCOUNT_ALREADY_EXISTS NO_NUMBER_AVAILABLE DIALING_QUEUE_APPEND_CONFLICT DIALING_QUEUE_SESSION_ACTIVE
        THREAD_ALREADY_EXISTS CALL_FLOW_STALE_LOCK CALL_FLOW_CONCURRENT_EDIT AGENT_LINE_NOT_ASSIGNED
        AGENT_KNOWLEDGE_ALREADY_EXISTS AGENT_KNOWLEDGE_LIMIT_REACHED ESIM_NOT_READY""",
    (429, RateLimitError): """
        RATE_LIMIT_EXCEEDED TRIAL_SMS_LIMIT_REACHED SMS_LIMIT_REACHED DAILY_SMS_LIMIT_REACHED""",
    (500, ServerError): "INTERNAL_SERVER_ERROR AGENT_KNOWLEDGE_SCRAPE_FAILED",
}


NOT_WORTH_THE_NAME = [
    b"",
    b"<html><h1>502 Bad Gateway</h1></html>",
    b'{"error": {"code": ',
    b"[]",
    b'["API_KEY_INVALID"]',
    b"null",
    b"42",
    b'"text"',
    b"\xff\xfe\x00",
    b"[" * 100_000,
    b'{"error": null}',
    b'{"error": []}',
    b'{"error": {}}',
    b'{"error": {"code": 5, "message": [], "retryable": "yes", "errors": "all", "request_id": {}, "param": 1}}',
    b'{"code": null, "details": {"message": "x"}}',
    b'{"code": "", "details": ["x", null, 5, {"message": 5, "field": []}]}',
    b'{"error": {"code": "\\ud800"}}',
]


@pytest.mark.parametrize("code", V1)
async def test_a_v1_error_becomes_its_class(refused: Refused, code: str) -> None:
    status, expected = V1[code]

    error = await refused(httpx.Response(status, json={"code": code, "details": None}))

    assert type(error) is expected
    assert (error.http_status, error.code, error.details, error.request_id) == (status, code, (), None)
    assert error.retryable is (status == 429)
    assert code in str(error)


@pytest.mark.parametrize(
    ("status", "expected", "code"),
    [(status, expected, code) for (status, expected), codes in V2.items() for code in codes.split()],
)
async def test_a_v2_error_becomes_its_class(refused: Refused, status: int, expected: type[ApiError], code: str) -> None:
    body = {
        "type": "some_error",
        "code": code,
        "message": "It did not work.",
        "retryable": False,
        "request_id": "req_a1b2c3d4e5f6",
        "doc_url": "https://help.withallo.com",
        "suggestion": "Try otherwise.",
    }

    error = await refused(httpx.Response(status, json={"error": body}))

    assert type(error) is expected
    assert (error.http_status, error.code, error.request_id) == (status, code, "req_a1b2c3d4e5f6")
    assert error.retryable is False
    assert all(part in str(error) for part in (str(status), code, "It did not work.", "Try otherwise."))


@pytest.mark.parametrize("status", [409, 429, 500])
async def test_allo_says_what_may_be_tried_again(refused: Refused, status: int) -> None:
    for retryable in (True, False):
        error = await refused(httpx.Response(status, json={"error": {"retryable": retryable}}))

        assert error.retryable is retryable


async def test_the_odd_v1_body_of_an_unknown_webhook_is_read(refused: Refused) -> None:
    error = await refused(httpx.Response(404, json={"error": "WEBHOOK_NOT_FOUND"}))

    assert type(error) is NotFoundError
    assert error.code == "WEBHOOK_NOT_FOUND"


async def test_an_unknown_contact_is_not_found_with_404_too(refused: Refused) -> None:
    error = await refused(httpx.Response(404, json={"code": "CONTACT_NOT_FOUND", "details": None}))

    assert type(error) is NotFoundError


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, ValidationError),
        (401, AuthenticationError),
        (402, ApiError),
        (403, ForbiddenError),
        (404, NotFoundError),
        (405, ApiError),
        (409, ConflictError),
        (415, ApiError),
        (418, ApiError),
        (422, ValidationError),
        (429, RateLimitError),
        (500, ServerError),
        (502, ServerError),
        (503, ServerError),
        (504, ServerError),
        (599, ServerError),
    ],
)
async def test_an_error_without_a_body_worth_the_name_goes_by_its_status(
    refused: Refused, status: int, expected: type[ApiError]
) -> None:
    for body in NOT_WORTH_THE_NAME:
        error = await refused(httpx.Response(status, content=body))

        assert type(error) is expected
        assert error.http_status == status
        assert str(error).startswith(f"Allo answered {status} to POST /v1/api/sms")


async def test_a_forbidden_v1_call_names_the_missing_scope(refused: Refused) -> None:
    body = {"code": "API_KEY_INSUFFICIENT_SCOPE", "details": [{"message": "required=SMS_SEND", "field": "scope"}]}

    error = await refused(httpx.Response(403, json=body))

    assert isinstance(error, ForbiddenError)
    assert error.required_scopes() == ("SMS_SEND",)


@pytest.mark.parametrize(
    ("message", "scopes"),
    [
        ("This key lacks CONTACTS_READ_WRITE.", ("CONTACTS_READ_WRITE",)),
        ("required=CRM_READ, required=CRM_WRITE", ("CRM_READ", "CRM_WRITE")),
        ("PARTNER is needed", ("PARTNER",)),
        ("Not allowed", ()),
    ],
)
async def test_a_forbidden_v2_call_names_the_missing_scopes(
    refused: Refused, message: str, scopes: tuple[str, ...]
) -> None:
    body = {"error": {"code": "API_KEY_INSUFFICIENT_SCOPE", "message": message}}

    error = await refused(httpx.Response(403, json=body))

    assert isinstance(error, ForbiddenError)
    assert error.required_scopes() == scopes


async def test_what_is_wrong_is_told_by_field_on_v1(refused: Refused) -> None:
    details = [{"message": "too long", "field": "message"}, {"message": "again", "field": "message"}, {"message": "?"}]

    error = await refused(httpx.Response(400, json={"code": "INVALID_LENGTH", "details": details}))

    assert isinstance(error, ValidationError)
    assert error.errors() == {"message": "too long", "": "?"}
    assert "message: too long" in str(error)


async def test_what_is_wrong_is_told_by_field_on_v2(refused: Refused) -> None:
    rows = [{"field": "size", "code": "TOO_BIG", "message": "at most 100"}, {"field": "page", "code": "TOO_SMALL"}]
    body = {"code": "INVALID_PAGE_SIZE", "message": "Wrong page.", "param": "size", "errors": rows}

    error = await refused(httpx.Response(422, json={"error": body}))

    assert isinstance(error, ValidationError)
    assert error.errors() == {"size": "at most 100", "page": "TOO_SMALL"}
    assert error.param == "size"


async def test_the_parameter_at_fault_counts_as_a_field(refused: Refused) -> None:
    body = {"code": "INVALID_PAGE_SIZE", "message": "Wrong page.", "param": "size"}

    error = await refused(httpx.Response(400, json={"error": body}))

    assert isinstance(error, ValidationError)
    assert "Wrong page." in error.errors()["size"]


async def test_a_request_id_in_the_header_is_kept(refused: Refused) -> None:
    error = await refused(httpx.Response(500, headers={"X-Request-Id": "req_header"}))

    assert error.request_id == "req_header"


async def test_a_flood_of_words_in_an_error_is_cut(refused: Refused) -> None:
    rows = [{"field": "f" * 10_000, "message": "z" * 10_000}] * 200
    flood = {"code": "X" * 10**6, "message": "y" * 10**6, "errors": rows}

    error = await refused(httpx.Response(400, content=json.dumps({"error": flood})))

    assert len(str(error)) < 5_000
    assert len(error.details) == 100


def test_the_tree_is_as_drawn() -> None:
    assert issubclass(ApiError, WithalloError)
    for kind in (AuthenticationError, ForbiddenError, ValidationError, NotFoundError, ConflictError, RateLimitError):
        assert kind.__bases__ == (ApiError,)
    assert ServerError.__bases__ == (ApiError,)
