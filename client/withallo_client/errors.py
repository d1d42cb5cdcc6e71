"""Everything this package raises.

    WithalloError
    ├── InvalidArgumentError         refused here, before any request (also a ValueError)
    ├── ApiError                     Allo answered with an error; other statuses such as 402, 405, 415
    │   ├── AuthenticationError      401
    │   ├── ForbiddenError           403
    │   ├── ValidationError          400, 422
    │   ├── NotFoundError            404, and CONTACT_NOT_FOUND on 400
    │   ├── ConflictError            409
    │   ├── RateLimitError           429
    │   └── ServerError              5xx
    ├── InvalidResponseError         the answer is not what the API contract says; the request did reach Allo
    ├── AlloConnectionError          no answer: the connection could not be made, or broke
    ├── AlloTimeoutError             no answer in time
    ├── InvalidWebhookPayloadError   the body of a delivery is not an event
    └── WebhookSignatureError        a delivery is not proven to come from Allo

No message, attribute or cause holds an API key or a signing secret.
"""

import re
from dataclasses import dataclass
from typing import Literal

RateLimitKind = Literal["burst", "daily_quota", "sms"]

_SCOPE = re.compile(r"\b(?:BILLING|PARTNER|[A-Z]+(?:_[A-Z]+)*_(?:READ|WRITE|SEND|DELETE))\b")
_QUOTA_PART = re.compile(r"(limit|reset_in)=(\d{1,9})")


class WithalloError(Exception):
    """Base of every error of this package."""


class InvalidArgumentError(WithalloError, ValueError):
    """An argument cannot be what the API takes; nothing was sent.

    Attributes:
        field: Name of the argument.
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field} {problem}")
        self.field = field


@dataclass(frozen=True, slots=True)
class ErrorDetail:
    """One row of an error body: `details` on v1, `errors` on v2 (API contract 5)."""

    field: str | None
    message: str
    code: str | None = None


class ApiError(WithalloError):
    """Allo refused or failed the request (API contract 5).

    Attributes:
        http_status: Status of the answer.
        code: Allo's error code, for example `CONTACT_NOT_FOUND`; None when the body holds none.
        details: Rows of the error body.
        request_id: What Allo's support asks for; v2 only.
        retryable: Whether the same request may succeed later.
        param: The argument at fault, as far as v2 names one.
    """

    def __init__(
        self,
        message: str,
        *,
        http_status: int,
        code: str | None = None,
        details: tuple[ErrorDetail, ...] = (),
        request_id: str | None = None,
        retryable: bool = False,
        param: str | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message)
        self.http_status = http_status
        self.code = code
        self.details = details
        self.request_id = request_id
        self.retryable = retryable
        self.param = param
        self.retry_after_seconds = retry_after_seconds


class AuthenticationError(ApiError):
    """401: the key is missing, wrong or revoked."""


class ForbiddenError(ApiError):
    """403: the key is good but may not do this."""

    def required_scopes(self) -> tuple[str, ...]:
        """Scopes the key lacks, for example `("SMS_SEND",)`; empty when the answer names none."""
        said = " ".join((*(detail.message for detail in self.details), str(self)))
        return tuple(dict.fromkeys(_SCOPE.findall(said)))


class ValidationError(ApiError):
    """400 or 422: Allo does not take these values."""

    def errors(self) -> dict[str, str]:
        """What is wrong, by field; rows without a field stand under an empty name."""
        found: dict[str, str] = {}
        for detail in self.details:
            found.setdefault(detail.field or "", detail.message or detail.code or "")
        if self.param and self.param not in found:
            found[self.param] = str(self)
        return found


class NotFoundError(ApiError):
    """404, or the v1 code CONTACT_NOT_FOUND, which comes as a 400."""


class ConflictError(ApiError):
    """409: the present state forbids it, or an idempotency key was used for something else."""


class RateLimitError(ApiError):
    """429: too much; `retry_after_seconds` says when to come back, as far as Allo told."""

    @property
    def limit(self) -> RateLimitKind:
        """Which limit was hit: requests per second, the v1 quota per day, or the number of texts (API contract 3)."""
        if self.code == "API_KEY_QUOTA_EXCEEDED":
            return "daily_quota"
        return "sms" if self.code and "SMS_LIMIT" in self.code else "burst"

    @property
    def quota(self) -> int | None:
        """Requests a day, as told with `API_KEY_QUOTA_EXCEEDED`."""
        return self.quota_parts(self.details).get("limit")

    @staticmethod
    def quota_parts(details: tuple[ErrorDetail, ...]) -> dict[str, int]:
        """Read `limit=1000;type=DAILY;reset_in=3600` (API contract 3.2)."""
        return {name: int(value) for detail in details for name, value in _QUOTA_PART.findall(detail.message)}


class ServerError(ApiError):
    """5xx: Allo failed; whether a write took effect is unknown."""


class InvalidResponseError(WithalloError):
    """Allo answered with something the contract does not know; whether a write took effect is unknown.

    Attributes:
        http_status: Status of the answer.
        request_sent: Always true: Allo had the request.
    """

    def __init__(self, message: str, *, http_status: int) -> None:
        super().__init__(message)
        self.http_status = http_status
        self.request_sent: bool | None = True


class AlloConnectionError(WithalloError):
    """No answer: the connection could not be made, or broke.

    Attributes:
        request_sent: False when Allo cannot have seen the request, True when it had it, None when unknown.
    """

    def __init__(self, message: str, *, request_sent: bool | None) -> None:
        super().__init__(message)
        self.request_sent = request_sent


class AlloTimeoutError(WithalloError):
    """No answer in time.

    Attributes:
        request_sent: False when Allo cannot have seen the request, True when it had it, None when unknown.
    """

    def __init__(self, message: str, *, request_sent: bool | None) -> None:
        super().__init__(message)
        self.request_sent = request_sent


class InvalidWebhookPayloadError(WithalloError):
    """The body of a delivery is not a JSON object with a topic and data."""


class WebhookSignatureError(WithalloError):
    """A delivery is not proven to come from Allo, or a signing secret cannot be used."""
