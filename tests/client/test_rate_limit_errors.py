"""What a 429 says: which limit was hit, and when to come back (API contract 3)."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from withallo_client import ApiError, RateLimitError

pytestmark = pytest.mark.anyio

Refused = Callable[[httpx.Response], Awaitable[ApiError]]


@pytest.mark.parametrize(
    ("code", "limit"),
    [
        ("RATE_LIMIT_EXCEEDED", "burst"),
        ("RATE_LIMITED", "burst"),
        (None, "burst"),
        ("API_KEY_QUOTA_EXCEEDED", "daily_quota"),
        ("TRIAL_SMS_LIMIT_REACHED", "sms"),
        ("SMS_LIMIT_REACHED", "sms"),
        ("DAILY_SMS_LIMIT_REACHED", "sms"),
    ],
)
async def test_a_rate_limit_says_which(refused: Refused, code: str | None, limit: str) -> None:
    error = await refused(httpx.Response(429, json={"error": {"code": code}}))

    assert isinstance(error, RateLimitError)
    assert error.limit == limit


async def test_the_daily_quota_is_read_from_its_text(refused: Refused) -> None:
    details = [{"message": "limit=1000;type=DAILY;reset_in=3600", "field": "DAILY"}]

    error = await refused(httpx.Response(429, json={"code": "API_KEY_QUOTA_EXCEEDED", "details": details}))

    assert isinstance(error, RateLimitError)
    assert (error.limit, error.quota, error.retry_after_seconds) == ("daily_quota", 1000, 3600)


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"Retry-After": "7"}, {"retry_after_seconds": 9}, 7),
        ({}, {"retry_after_seconds": 9}, 9),
        ({}, {"retry_after_seconds": 1.5}, 1.5),
        ({"Retry-After": "Sun, 17 Mar 2030 17:47:10 GMT"}, {}, 30),
        ({"Retry-After": "Sun, 17 Mar 2020 17:46:50 GMT"}, {}, 0),
        ({"X-RateLimit-Reset": "1900000012"}, {}, 12),
        ({"X-RateLimit-Reset": "3"}, {}, 3),
        ({"Retry-After": "soon"}, {"retry_after_seconds": "later"}, None),
        ({"Retry-After": "-5"}, {}, 0),
        ({"Retry-After": "nan"}, {}, None),
        ({"Retry-After": "inf"}, {}, None),
        ({"Retry-After": "Sun, 99 Mar 2030 17:47:10 GMT"}, {}, None),
        ({"Retry-After": "Sun, 17 Mar 99999 17:47:10 GMT"}, {}, None),
        ({}, {}, None),
    ],
)
async def test_when_to_come_back_is_read_wherever_allo_says_it(
    refused: Refused, headers: dict[str, str], body: dict[str, Any], seconds: float | None
) -> None:
    error = await refused(httpx.Response(429, headers=headers, json={"error": body}))

    assert error.retry_after_seconds == seconds
