"""Refusals, written in the dialect of the version that was asked (API contract 5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import JSONResponse, Response

_TYPES = {
    400: "validation_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    405: "validation_error",
    409: "conflict_error",
    415: "validation_error",
    422: "validation_error",
    429: "rate_limit_error",
}


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one member of a request."""

    field: str
    message: str
    code: str = "INVALID_VALUE"


class RefusedError(Exception):
    """An answer that is not 2xx.

    Args:
        status: HTTP status.
        code: Machine code of API contract 5.
        message: Words for a human; only v2 shows them.
        errors: What is wrong, member by member.
        suggestion: What to do about it; only v2 shows it.
        retry_after: Seconds to wait, on 429.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str = "",
        *,
        errors: Sequence[FieldError] = (),
        suggestion: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message or code.replace("_", " ").capitalize() + "."
        self.errors = tuple(errors)
        self.suggestion = suggestion
        self.retry_after = retry_after
        self.headers: dict[str, str] = {}

    def response(self, path: str, request_id: str) -> Response:
        """The refusal as the version in the path writes it."""
        headers = dict(self.headers)
        if self.retry_after is not None and path.startswith("/v2/"):
            headers["Retry-After"] = str(self.retry_after)
        body = self._v2(request_id) if path.startswith("/v2/") else self._v1()
        return JSONResponse(body, self.status, headers)

    def _v1(self) -> Mapping[str, Any]:
        if self.code == "WEBHOOK_NOT_FOUND":
            return {"error": self.code}
        details = [{"message": error.message, "field": error.field} for error in self.errors]
        return {"code": self.code, "details": details or None}

    def _v2(self, request_id: str) -> Mapping[str, Any]:
        error: dict[str, Any] = {
            "type": _TYPES.get(self.status, "server_error"),
            "code": self.code,
            "message": self.message,
            "retryable": self.status in {429, 500},
            "request_id": request_id,
            "doc_url": f"https://help.withallo.com/en/v2/api-reference/guides/error-codes#{self.code.lower()}",
        }
        if self.errors:
            error["param"] = self.errors[0].field
            error["errors"] = [{"field": e.field, "code": e.code, "message": e.message} for e in self.errors]
        if self.suggestion:
            error["suggestion"] = self.suggestion
        if self.retry_after is not None:
            error["retry_after_seconds"] = self.retry_after
        return {"error": error}


def invalid(field: str, message: str, code: str = "INVALID_REQUEST_BODY", status: int = 400) -> RefusedError:
    """A refusal for one member of the request."""
    return RefusedError(status, code, message, errors=[FieldError(field, message, code)])


def not_found(code: str) -> RefusedError:
    """A 404 with its code."""
    return RefusedError(404, code, f"{code.removesuffix('_NOT_FOUND').replace('_', ' ').capitalize()} not found.")
