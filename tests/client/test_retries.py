from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
import respx

from withallo_client import (
    AlloClient,
    AlloConnectionError,
    AlloTimeoutError,
    Clock,
    ItemFilter,
    RateLimitError,
    ServerError,
    WithalloError,
)

pytestmark = pytest.mark.anyio

TAGS = httpx.Response(200, json={"data": []})


@pytest.mark.parametrize(
    "failure",
    [
        httpx.Response(500),
        httpx.Response(502, html="<h1>Bad gateway</h1>"),
        httpx.Response(503),
        httpx.Response(429, json={"error": {"code": "RATE_LIMIT_EXCEEDED"}}),
        httpx.ConnectError("refused"),
        httpx.ReadError("cut"),
        httpx.ReadTimeout("slow"),
    ],
)
async def test_a_read_is_tried_again(
    allo: AlloClient, api: respx.MockRouter, waits: list[float], failure: httpx.Response | Exception
) -> None:
    route = api.get("/v2/api/tags").mock(side_effect=[failure, TAGS])

    assert await allo.tags.list() == []
    assert route.call_count == 2
    assert len(waits) == 1
    assert 0 < waits[0] <= 0.5


@pytest.mark.parametrize(
    ("path", "call"),
    [
        ("/v2/api/conversations/items/search", lambda allo: allo.conversations.search(ItemFilter())),
        ("/v2/api/conversations/items/batch", lambda allo: allo.conversations.batch(["cll-1"])),
        ("/v2/api/crm/people/search", lambda allo: allo.people.search()),
    ],
)
async def test_a_post_that_only_looks_up_is_tried_again(
    allo: AlloClient, api: respx.MockRouter, path: str, call: Callable[[AlloClient], Awaitable[Any]]
) -> None:
    route = api.post(path).mock(side_effect=[httpx.Response(500), TAGS])

    await call(allo)

    assert route.call_count == 2


@pytest.mark.parametrize(
    ("route", "call"),
    [
        ("POST /v1/api/sms", lambda allo: allo.sms.send("+14155550100", "+14155550177", "Hello")),
        ("POST /v1/api/sms", lambda allo: allo.sms.send_france("LUMEN", "+33612345678", "Hello")),
        ("POST /v1/api/contacts", lambda allo: allo.contacts.create(["+14155550177"])),
        ("PUT /v1/api/contacts/cnt_1", lambda allo: allo.contacts.update("cnt_1", name="X")),
        ("DELETE /v1/api/webhooks/web-1", lambda allo: allo.webhooks.delete("web-1")),
        ("POST /v2/api/webhooks", lambda allo: allo.webhook_endpoints.create("https://a.example", ["x"])),
        ("PUT /v2/api/webhooks/ep_1", lambda allo: allo.webhook_endpoints.update("ep_1", enabled=True)),
        ("PATCH /v2/api/conversations/items/c/summary", lambda allo: allo.conversations.update_summary("c", "x")),
        ("PUT /v2/api/conversations/1/action", lambda allo: allo.conversations.mark("1", "READ")),
        ("POST /v2/api/conversations/items/c/tags", lambda allo: allo.conversations.add_tags("c", ["x"])),
        ("DELETE /v2/api/conversations/items/c/tags/x", lambda allo: allo.conversations.remove_tag("c", "x")),
    ],
)
async def test_a_write_is_never_tried_again(
    allo: AlloClient, api: respx.MockRouter, route: str, call: Callable[[AlloClient], Awaitable[Any]]
) -> None:
    failures: list[tuple[httpx.Response | Exception, type[WithalloError]]] = [
        (httpx.Response(429, headers={"Retry-After": "1"}), RateLimitError),
        (httpx.Response(500), ServerError),
        (httpx.ConnectError("refused"), AlloConnectionError),
        (httpx.ReadTimeout("slow"), AlloTimeoutError),
    ]
    mocked = api.request(*route.split()).mock(side_effect=[failure for failure, _ in failures])

    for tries, (_, expected) in enumerate(failures, start=1):
        with pytest.raises(expected):
            await call(allo)
        assert mocked.call_count == tries


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 409, 422, 501])
async def test_an_answer_that_will_not_change_is_not_asked_for_again(
    allo: AlloClient, api: respx.MockRouter, status: int
) -> None:
    route = api.get("/v2/api/tags").respond(status)

    with pytest.raises(WithalloError):
        await allo.tags.list()

    assert route.call_count == 1


async def test_a_failure_that_allo_calls_final_is_not_repeated(allo: AlloClient, api: respx.MockRouter) -> None:
    route = api.get("/v2/api/tags").respond(500, json={"error": {"code": "X", "message": "x", "retryable": False}})

    with pytest.raises(ServerError):
        await allo.tags.list()

    assert route.call_count == 1


async def test_tries_are_few_and_waits_grow(allo: AlloClient, api: respx.MockRouter, waits: list[float]) -> None:
    route = api.get("/v2/api/tags").respond(500)

    with pytest.raises(ServerError):
        await allo.tags.list()

    assert route.call_count == 4
    assert all(low <= wait <= 2 * low for wait, low in zip(waits, (0.25, 0.5, 1.0), strict=True))


async def test_waits_carry_jitter(allo: AlloClient, api: respx.MockRouter, waits: list[float]) -> None:
    api.get("/v2/api/tags").mock(side_effect=[httpx.Response(500), TAGS] * 10)

    for _ in range(10):
        await allo.tags.list()

    assert len(set(waits)) == 10


async def test_retry_after_is_honoured(allo: AlloClient, api: respx.MockRouter, waits: list[float]) -> None:
    api.get("/v2/api/tags").mock(side_effect=[httpx.Response(429, headers={"Retry-After": "3"}), TAGS])

    await allo.tags.list()

    assert 3.0 <= waits[0] <= 3.25


async def test_a_wait_beyond_the_time_budget_is_left_to_the_caller(
    allo: AlloClient, api: respx.MockRouter, waits: list[float]
) -> None:
    details = [{"message": "limit=1000;type=DAILY;reset_in=3600", "field": "DAILY"}]
    route = api.get("/v1/api/numbers").respond(429, json={"code": "API_KEY_QUOTA_EXCEEDED", "details": details})

    with pytest.raises(RateLimitError) as caught:
        await allo.numbers.list_v1()

    assert (route.call_count, waits) == (1, [])
    assert caught.value.retry_after_seconds == 3600


async def test_waits_add_up_within_the_time_budget(
    api: respx.MockRouter, transport: httpx.MockTransport, clock: Clock, waits: list[float]
) -> None:
    route = api.get("/v2/api/tags").respond(429, headers={"Retry-After": "4"})

    async with AlloClient("ak_live_x", clock=clock, transport=transport, time_budget=10) as allo:
        with pytest.raises(RateLimitError):
            await allo.tags.list()

    assert route.call_count == 3
    assert sum(waits) < 10


@pytest.mark.parametrize("code", ["API_KEY_QUOTA_EXCEEDED", "SMS_LIMIT_REACHED"])
async def test_a_read_is_not_tried_again_once_a_quota_is_used_up(
    allo: AlloClient, api: respx.MockRouter, code: str
) -> None:
    route = api.get("/v2/api/tags").respond(429, json={"code": code}, headers={"Retry-After": "1"})

    with pytest.raises(RateLimitError):
        await allo.tags.list()

    assert route.call_count == 1
