"""Turns an answer of 400 and above into the error that says so; both dialects of error bodies are read."""

import math
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from withallo_client._json import read_json
from withallo_client.errors import (
    ApiError,
    AuthenticationError,
    ConflictError,
    ErrorDetail,
    ForbiddenError,
    NotFoundError,
    RateLimitError,
    ServerError,
    ValidationError,
)

_BY_STATUS: dict[int, type[ApiError]] = {
    400: ValidationError,
    401: AuthenticationError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    422: ValidationError,
    429: RateLimitError,
}
_RETRYABLE = frozenset({429, 500, 502, 503, 504})
_LONGEST = 500


def api_error(status: int, headers: Mapping[str, str], body: bytes, route: str, now: float) -> ApiError:
    """Read an error of v1 (`{code, details}`), of v2 (`{error: {…}}`), or anything else (API contract 5).

    Args:
        status: 400 and above.
        headers: Of the answer; names in any case.
        body: As it came; HTML, nothing and garbage included.
        route: What was asked, for the message.
        now: Unix time, for waits that are told as a moment.
    """
    problem = _problem(body)
    code = _text(problem.get("code"))
    details = _details(problem.get("errors") or problem.get("details"))
    retryable = problem.get("retryable")
    return _error_class(status, code)(
        _message(status, code, problem, details, route),
        http_status=status,
        code=code,
        details=details,
        request_id=_text(problem.get("request_id")) or _text(headers.get("x-request-id")),
        retryable=retryable if isinstance(retryable, bool) else status in _RETRYABLE,
        param=_text(problem.get("param")),
        retry_after_seconds=_wait(headers, problem, details, now) if status in {429, 503} else None,
    )


def _error_class(status: int, code: str | None) -> type[ApiError]:
    if status == 400 and code == "CONTACT_NOT_FOUND":
        return NotFoundError
    return _BY_STATUS.get(status, ServerError if status >= 500 else ApiError)


def _problem(body: bytes) -> dict[str, Any]:
    try:
        value = read_json(body)
    except ValueError:
        return {}
    if not isinstance(value, dict):
        return {}
    error = value.get("error")
    if isinstance(error, dict):
        return error
    return {"code": error} if isinstance(error, str) else value


def _details(rows: Any) -> tuple[ErrorDetail, ...]:
    if not isinstance(rows, list):
        return ()
    return tuple(
        ErrorDetail(_text(row.get("field")), _text(row.get("message")) or "", _text(row.get("code")))
        for row in rows[:100]
        if isinstance(row, dict)
    )


def _message(
    status: int, code: str | None, problem: Mapping[str, Any], details: tuple[ErrorDetail, ...], route: str
) -> str:
    said = _text(problem.get("message")) or "; ".join(
        f"{detail.field}: {detail.message}" if detail.field else detail.message for detail in details[:5]
    )
    parts = (f"Allo answered {status} to {route}", code, said, _text(problem.get("suggestion")))
    return ": ".join(part for part in parts if part)


def _wait(
    headers: Mapping[str, str], problem: Mapping[str, Any], details: tuple[ErrorDetail, ...], now: float
) -> float | None:
    told = (
        _seconds(headers.get("retry-after"), now),
        _seconds(problem.get("retry_after_seconds"), now),
        _seconds(RateLimitError.quota_parts(details).get("reset_in"), now),
        _seconds(headers.get("x-ratelimit-reset"), now),
    )
    return next((seconds for seconds in told if seconds is not None), None)


def _seconds(value: Any, now: float) -> float | None:
    """A number of seconds, a Unix time or an HTTP date, read as seconds from now."""
    try:
        seconds = float(value)
    except (TypeError, ValueError, OverflowError):
        return _seconds_until_date(value, now)
    if not math.isfinite(seconds):
        return None
    return max(0.0, seconds - now if seconds > 1e9 else seconds)


def _seconds_until_date(value: Any, now: float) -> float | None:
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (TypeError, ValueError, OverflowError, AttributeError, IndexError):
        return None


def _text(value: Any) -> str | None:
    return value[:_LONGEST] if isinstance(value, str) and value else None
