import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import respx

from withallo_client import (
    AlloClient,
    AlloConnectionError,
    AlloTimeoutError,
    InvalidArgumentError,
    InvalidResponseError,
    RateLimitError,
    ServerError,
    WithalloError,
)

pytestmark = pytest.mark.anyio

SENT = {
    "from_number": "+14155550100",
    "sender_id": None,
    "to_number": "+14155550177",
    "type": "OUTBOUND",
    "content": "Hello",
    "start_date": "2026-03-02T09:20:00",
}


async def test_send_posts_line_recipient_and_message(allo: AlloClient, api: respx.MockRouter, api_key: str) -> None:
    route = api.post("/v1/api/sms").respond(json={"data": SENT})

    sent = await allo.sms.send("+14155550100", "+14155550177", "Hello\n🙂")

    request = route.calls.last.request
    assert request.url.raw_path == b"/v1/api/sms"
    assert json.loads(request.content) == {"from": "+14155550100", "to": "+14155550177", "message": "Hello\n🙂"}
    assert request.headers["Authorization"] == f"Api-Key {api_key}"
    assert (sent.from_number, sent.to_number, sent.direction) == ("+14155550100", "+14155550177", "OUTBOUND")
    assert sent.start_date == datetime(2026, 3, 2, 9, 20, tzinfo=UTC)


async def test_send_france_posts_the_sender_id(allo: AlloClient, api: respx.MockRouter) -> None:
    route = api.post("/v1/api/sms").respond(json={"data": {**SENT, "from_number": None, "sender_id": "LUMEN"}})

    sent = await allo.sms.send_france("LUMEN", "+33612345678", "Bonjour")

    request = route.calls.last.request
    assert request.url.raw_path == b"/v1/api/sms"
    assert json.loads(request.content) == {"sender_id": "LUMEN", "to": "+33612345678", "message": "Bonjour"}
    assert (sent.from_number, sent.sender_id) == (None, "LUMEN")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (httpx.Response(429, headers={"Retry-After": "0"}), RateLimitError),
        (httpx.Response(500), ServerError),
        (httpx.Response(503, headers={"Retry-After": "0"}), ServerError),
        (httpx.Response(200, html="<h1>Welcome</h1>"), InvalidResponseError),
        (httpx.ConnectError("refused"), AlloConnectionError),
        (httpx.ReadTimeout("slow"), AlloTimeoutError),
        (httpx.RemoteProtocolError("cut"), AlloConnectionError),
    ],
)
async def test_a_send_leaves_once_whatever_comes_back(
    allo: AlloClient, api: respx.MockRouter, answer: httpx.Response | Exception, expected: type[WithalloError]
) -> None:
    route = api.post("/v1/api/sms").mock(side_effect=[answer])

    with pytest.raises(expected):
        await allo.sms.send("+14155550100", "+14155550177", "Hello")

    assert route.call_count == 1


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"from_": "LUMEN"}, "from_"),
        ({"to": "14155550177"}, "to"),
        ({"to": "+0155550177"}, "to"),
        ({"to": "+" + "1" * 16}, "to"),
        ({"to": None}, "to"),
        ({"message": ""}, "message"),
        ({"message": "  "}, "message"),
        ({"message": "x" * 1001}, "message"),
        ({"message": "\ud800"}, "message"),
        ({"message": b"bytes"}, "message"),
    ],
)
async def test_send_refuses_what_allo_would_refuse(
    allo: AlloClient, api: respx.MockRouter, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        await allo.sms.send(**{"from_": "+14155550100", "to": "+14155550177", "message": "Hello", **given})

    assert caught.value.field == field
    assert not api.calls


async def test_the_longest_message_passes(allo: AlloClient, api: respx.MockRouter) -> None:
    api.post("/v1/api/sms").respond(json={"data": SENT})

    assert (await allo.sms.send("+14155550100", "+14155550177", "x" * 1000)).content == "Hello"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"to": "+14155550177"}, "to"),
        ({"sender_id": "+33612345678"}, "sender_id"),
        ({"sender_id": "TWELVELETTER"}, "sender_id"),
        ({"sender_id": "with space"}, "sender_id"),
        ({"sender_id": "é"}, "sender_id"),
    ],
)
async def test_send_france_refuses_what_allo_would_refuse(
    allo: AlloClient, api: respx.MockRouter, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        await allo.sms.send_france(**{"sender_id": "LUMEN", "to": "+33612345678", "message": "Bonjour", **given})

    assert caught.value.field == field
    assert not api.calls
