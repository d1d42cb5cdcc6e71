"""The key must not show anywhere: a canary key goes through everything that can go wrong."""

import logging
import traceback
from collections.abc import Callable
from typing import Literal

import httpx
import pytest
import respx

from withallo_client import AlloClient, Clock, WithalloError

pytestmark = pytest.mark.anyio


def everything_about(error: BaseException) -> str:
    """Text and attributes of an error, of its causes and of its contexts, and its traceback."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None:
        chain.append(link)
        link = link.__cause__ or link.__context__
    shown = [f"{one!s} {one!r} {vars(one)!r}" for one in chain]
    return " ".join([*shown, *traceback.format_exception(error)])


def echo_in_error(request: httpx.Request) -> httpx.Response:
    return httpx.Response(400, json={"error": {"code": "X", "message": f"bad {request.headers['Authorization']}"}})


def echo_as_html(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, html=request.headers["Authorization"])


def echo_as_type(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, headers={"Content-Type": request.headers["Authorization"]}, content=b"")


def echo_as_redirect(request: httpx.Request) -> httpx.Response:
    return httpx.Response(302, headers={"Location": f"https://evil.example/{request.headers['Authorization']}"})


def fail_with_request(request: httpx.Request) -> httpx.Response:
    raise httpx.LocalProtocolError(f"Illegal header value {request.headers['Authorization']!r}", request=request)


def time_out(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("slow", request=request)


@pytest.mark.parametrize(
    "answer", [echo_in_error, echo_as_html, echo_as_type, echo_as_redirect, fail_with_request, time_out]
)
@pytest.mark.parametrize("scheme", ["Api-Key", "raw"])
async def test_no_error_shows_the_key(
    clock: Clock,
    api_key: str,
    caplog: pytest.LogCaptureFixture,
    answer: Callable[[httpx.Request], httpx.Response],
    scheme: Literal["Api-Key", "raw"],
) -> None:
    caplog.set_level(logging.DEBUG)
    transport = httpx.MockTransport(answer)
    async with AlloClient(api_key, transport=transport, clock=clock, auth_scheme=scheme) as allo:
        with pytest.raises(WithalloError) as caught:
            await allo.tags.list()

    assert api_key not in everything_about(caught.value)
    assert api_key not in caplog.text


async def test_no_log_shows_the_key(
    allo: AlloClient, api: respx.MockRouter, api_key: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    api.get("/v2/api/tags").respond(json={"data": []})

    await allo.tags.list()

    assert caplog.records
    assert api_key not in caplog.text


async def test_a_client_does_not_show_its_key(allo: AlloClient, api_key: str) -> None:
    shown = [repr(allo), str(allo), repr(vars(allo))]
    for resource in vars(allo).values():
        shown += [repr(resource), repr(vars(resource))]

    assert api_key not in " ".join(shown)
