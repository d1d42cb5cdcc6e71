"""Bursts on v2, a daily quota on v1, and the switch that relaxes both."""

from datetime import UTC, datetime

import httpx
import pytest

from withallo_sandbox import Sandbox

pytestmark = pytest.mark.anyio

MONDAY = datetime(2026, 3, 2, 16, 30, 0, 100_000, tzinfo=UTC)


def connect(sandbox: Sandbox) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=sandbox.app)
    headers = {"authorization": "ak_live_sandbox"}
    return httpx.AsyncClient(transport=transport, base_url="https://api.withallo.com", headers=headers)


async def test_sixth_write_of_a_second_is_refused_and_the_next_second_is_free() -> None:
    sandbox = Sandbox(calls=20, now=MONDAY)
    async with connect(sandbox) as client:
        sandbox.clock.set(MONDAY)
        answers = [await client.post("/v2/api/crm/people/search", json={"size": 1}) for _ in range(6)]
        sandbox.clock.advance(1)
        later = await client.post("/v2/api/crm/people/search", json={"size": 1})

    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["4", "3", "2", "1", "0", "0"]
    assert answers[5].headers["retry-after"] == "1"
    error = answers[5].json()["error"]
    assert (error["code"], error["retryable"], error["retry_after_seconds"]) == ("RATE_LIMIT_EXCEEDED", True, 1)
    assert later.status_code == 200


async def test_reads_and_writes_have_budgets_of_their_own() -> None:
    sandbox = Sandbox(calls=20, now=MONDAY)
    async with connect(sandbox) as client:
        sandbox.clock.set(MONDAY)
        statuses = [(await client.get("/v2/api/tags")).status_code for _ in range(21)]
        write = await client.post("/v2/api/crm/people/search", json={"size": 1})

    assert statuses == [200] * 20 + [429]
    assert write.status_code == 200
    assert int(write.headers["x-ratelimit-reset"]) == int(MONDAY.timestamp()) + 1


async def test_v1_quota_is_told_in_words_and_ends_at_midnight() -> None:
    sandbox = Sandbox(calls=20, now=MONDAY, daily_quota=3)
    async with connect(sandbox) as client:
        answers = [await client.get("/v1/api/numbers") for _ in range(4)]
        assert (await client.get("/v2/api/numbers")).status_code == 200
        sandbox.clock.advance(86400)
        assert (await client.get("/v1/api/numbers")).status_code == 200

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[3].json()["code"] == "API_KEY_QUOTA_EXCEEDED"
    [detail] = answers[3].json()["details"]
    assert detail["field"] == "DAILY"
    assert detail["message"].startswith("limit=3;type=DAILY;reset_in=2")
    assert "retry-after" not in answers[3].headers


async def test_relaxed_limits_refuse_nothing() -> None:
    sandbox = Sandbox(calls=20, now=MONDAY, rate_limits=False, daily_quota=1)
    async with connect(sandbox) as client:
        assert {(await client.get("/v2/api/tags")).status_code for _ in range(40)} == {200}
        assert {(await client.get("/v1/api/numbers")).status_code for _ in range(5)} == {200}
