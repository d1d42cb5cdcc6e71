import gzip
from collections.abc import AsyncIterator
from typing import Any

import anyio
import httpx
import pytest
import respx

from withallo_client import (
    AlloClient,
    AlloConnectionError,
    AlloTimeoutError,
    Clock,
    InvalidArgumentError,
    InvalidResponseError,
    WithalloError,
    __version__,
)

pytestmark = pytest.mark.anyio


async def test_the_key_travels_with_its_scheme_and_a_user_agent_of_ours(
    allo: AlloClient, api: respx.MockRouter, api_key: str
) -> None:
    route = api.get("/v2/api/tags").respond(json={"data": []})

    await allo.tags.list()

    headers = route.calls.last.request.headers
    assert headers["Authorization"] == f"Api-Key {api_key}"
    assert headers["User-Agent"] == f"withallo-mcp/{__version__}"
    assert headers["Accept"] == "application/json"


async def test_the_key_travels_raw_by_setting(api: respx.MockRouter, transport: httpx.MockTransport) -> None:
    route = api.get("/v2/api/tags").respond(json={"data": []})

    async with AlloClient("ak_live_x", auth_scheme="raw", transport=transport) as allo:
        await allo.tags.list()

    assert route.calls.last.request.headers["Authorization"] == "ak_live_x"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("place", ["https://evil.example/v2/api/tags", "/v2/api/tags?again", "http://api.withallo.com"])
async def test_a_redirect_is_not_followed(allo: AlloClient, api: respx.MockRouter, status: int, place: str) -> None:
    route = api.get("/v2/api/tags").respond(status, headers={"Location": place})

    with pytest.raises(InvalidResponseError, match="redirect"):
        await allo.tags.list()

    assert route.call_count == 1
    assert len(api.calls) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://api.withallo.com",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "ftp://api.withallo.com",
        "api.withallo.com",
        "//api.withallo.com",
        "https://",
        "https://user:hunter2@api.withallo.com",
        "https://api.withallo.com?x=1",
        "https://api.withallo.com#x",
        "https://api.withallo.com\\@evil.example",
        "https://api.withallo.com:99999",
        "https://api .withallo.com",
        "",
        None,
    ],
)
def test_an_address_that_the_key_must_not_go_to_is_refused(url: Any) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        AlloClient("ak_live_x", base_url=url)

    assert caught.value.field == "base_url"
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8787", "http://localhost:1", "http://[::1]:8787", "https://proxy.example/allo/"],
)
def test_https_and_this_machine_are_good_addresses(url: str) -> None:
    AlloClient("ak_live_x", base_url=url)


async def test_a_base_path_comes_before_every_route(clock: Clock) -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(200, json={"data": []})

    url = "https://proxy.example/allo/"
    async with AlloClient("ak_live_x", base_url=url, transport=httpx.MockTransport(answer), clock=clock) as allo:
        await allo.tags.list()

    assert seen == ["https://proxy.example/allo/v2/api/tags"]


@pytest.mark.parametrize("key", ["", " ", "ak live", "ak\nlive", "ak_live\r\nX-Evil: 1", "clé", "Bearer ak", "x" * 501])
def test_a_key_that_no_header_can_carry_is_refused_without_being_repeated(key: str) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        AlloClient(key)

    assert caught.value.field == "api_key"
    assert key.strip() == "" or key not in str(caught.value)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("timeout", 0),
        ("timeout", float("nan")),
        ("timeout", float("inf")),
        ("timeout", "30"),
        ("time_budget", -1),
        ("auth_scheme", "Bearer"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(setting: str, value: Any) -> None:
    settings: dict[str, Any] = {setting: value}
    with pytest.raises(InvalidArgumentError) as caught:
        AlloClient("ak_live_x", **settings)

    assert caught.value.field == setting


@pytest.mark.parametrize(
    ("failure", "kind", "sent"),
    [
        (httpx.ConnectError("no route"), AlloConnectionError, False),
        (httpx.ProxyError("refused"), AlloConnectionError, False),
        (httpx.ConnectTimeout("slow"), AlloTimeoutError, False),
        (httpx.PoolTimeout("busy"), AlloTimeoutError, False),
        (httpx.WriteError("cut"), AlloConnectionError, None),
        (httpx.WriteTimeout("slow"), AlloTimeoutError, None),
        (httpx.LocalProtocolError("odd"), AlloConnectionError, None),
        (httpx.ReadError("cut"), AlloConnectionError, True),
        (httpx.ReadTimeout("slow"), AlloTimeoutError, True),
        (httpx.RemoteProtocolError("garbage"), AlloConnectionError, True),
    ],
)
async def test_a_failure_says_whether_allo_may_have_had_the_request(
    allo: AlloClient,
    api: respx.MockRouter,
    failure: Exception,
    kind: type[WithalloError],
    sent: bool | None,
) -> None:
    api.post("/v1/api/sms").mock(side_effect=failure)

    with pytest.raises(kind) as caught:
        await allo.sms.send("+14155550100", "+14155550177", "Hello")

    assert isinstance(caught.value, AlloConnectionError | AlloTimeoutError)
    assert caught.value.request_sent is sent


async def test_a_body_that_drips_forever_ends_with_the_timeout() -> None:
    async def drip() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await anyio.sleep(0.01)

    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=drip()))
    async with AlloClient("ak_live_x", timeout=0.2, transport=transport) as allo:
        with anyio.fail_after(5), pytest.raises(AlloTimeoutError) as caught:
            await allo.sms.send("+14155550100", "+14155550177", "Hello")

    assert caught.value.request_sent is None


async def test_a_body_of_100_mb_is_not_taken_in(clock: Clock) -> None:
    given = 0

    async def flood() -> AsyncIterator[bytes]:
        nonlocal given
        for _ in range(100):
            given += 1
            yield b" " * 1024 * 1024

    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=flood()))
    async with AlloClient("ak_live_x", transport=transport, clock=clock) as allo:
        with pytest.raises(InvalidResponseError, match="larger than"):
            await allo.tags.list()

    assert given == 33


async def test_a_body_that_announces_its_size_is_not_even_begun(allo: AlloClient, api: respx.MockRouter) -> None:
    api.get("/v2/api/tags").respond(headers={"Content-Length": str(10**9)}, content=b"")

    with pytest.raises(InvalidResponseError, match="larger than"):
        await allo.tags.list()


async def test_a_bomb_counts_as_large_as_it_unpacks(allo: AlloClient, api: respx.MockRouter) -> None:
    bomb = gzip.compress(b" " * 40 * 1024 * 1024)
    api.get("/v2/api/tags").respond(headers={"Content-Encoding": "gzip"}, content=bomb)

    with pytest.raises(InvalidResponseError, match="larger than"):
        await allo.tags.list()


async def test_a_body_that_is_not_what_its_encoding_says_is_an_error_of_ours(clock: Clock) -> None:
    async def not_gzip() -> AsyncIterator[bytes]:
        yield b"not gzip"

    headers = {"Content-Encoding": "gzip"}
    transport = httpx.MockTransport(lambda request: httpx.Response(203, headers=headers, content=not_gzip()))
    async with AlloClient("ak_live_x", transport=transport, clock=clock) as allo:
        with pytest.raises(InvalidResponseError, match="decompressed") as caught:
            await allo.tags.list()

    assert caught.value.http_status == 203


async def test_a_cookie_is_not_kept(allo: AlloClient, api: respx.MockRouter) -> None:
    route = api.get("/v2/api/tags").respond(json={"data": []}, headers={"Set-Cookie": "session=1; Path=/"})

    await allo.tags.list()
    await allo.tags.list()

    assert "Cookie" not in route.calls.last.request.headers


@pytest.mark.parametrize(
    ("headers", "content"),
    [
        ({"Content-Type": "text/html"}, b"<html><h1>Maintenance</h1></html>"),
        ({"Content-Type": "application/json"}, b'{"data": ['),
        ({"Content-Type": "application/json"}, b""),
        ({"Content-Type": "application/json"}, b"[]"),
        ({"Content-Type": "application/json"}, b"null"),
        ({"Content-Type": "application/json"}, b"{}"),
        ({"Content-Type": "application/json"}, b'{"data": {}}'),
        ({"Content-Type": "application/json"}, b'{"data": "tags"}'),
        ({"Content-Type": "application/json"}, b'{"data": [1]}'),
        ({"Content-Type": "application/json"}, b'{"data": [{"name": {"first": "x"}}]}'),
        ({"Content-Type": "application/json"}, b'{"data": [{"id": "tag-1"}]}'),
        ({"Content-Type": "application/json"}, b'{"data": [{"name": "x", "id": 1e999}]}'),
        ({"Content-Type": "application/json"}, b'{"data": [' + b"[" * 100_000),
        ({"Content-Type": "application/json"}, b"\xff\xfe"),
        ({}, b"\x00"),
    ],
)
async def test_an_answer_off_the_contract_is_an_error_of_ours(
    allo: AlloClient, api: respx.MockRouter, headers: dict[str, str], content: bytes
) -> None:
    api.get("/v2/api/tags").respond(headers=headers, content=content)

    with pytest.raises(InvalidResponseError) as caught:
        await allo.tags.list()

    assert caught.value.http_status == 200
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("data", ["text", [], {"results": "all"}, {"results": [{"name": "no id"}]}, 5, None])
async def test_a_page_off_the_contract_is_an_error_of_ours(allo: AlloClient, api: respx.MockRouter, data: Any) -> None:
    api.get("/v1/api/contacts").respond(json={"data": data})

    with pytest.raises(InvalidResponseError):
        await allo.contacts.search()


@pytest.mark.parametrize("date", ["2026-13-45", "soon", "0001-01-01T00:00:00+14:00", [], {}])
async def test_a_row_keeps_all_but_a_time_that_is_none(allo: AlloClient, api: respx.MockRouter, date: Any) -> None:
    api.get("/v1/api/contacts").respond(json={"data": {"results": [{"id": "cnt_1", "created_at": date}]}})

    contact = (await allo.contacts.search()).items[0]

    assert (contact.id, contact.created_at) == ("cnt_1", None)


async def test_a_page_keeps_the_rows_beside_one_that_cannot_be_read(allo: AlloClient, api: respx.MockRouter) -> None:
    rows = [{"id": "cnt_1"}, {"id": {}}, "cnt_3", {"id": "cnt_4"}]
    api.get("/v1/api/contacts").respond(json={"data": {"results": rows}})

    page = await allo.contacts.search(size=4)

    assert ([contact.id for contact in page.items], page.unreadable, page.has_more) == (["cnt_1", "cnt_4"], 2, True)


async def test_a_page_without_one_readable_row_is_no_answer(allo: AlloClient, api: respx.MockRouter) -> None:
    api.get("/v1/api/contacts").respond(json={"data": {"results": [{"id": {}}, {"id": "cnt_2", "name": []}]}})

    with pytest.raises(InvalidResponseError, match="id"):
        await allo.contacts.search()


@pytest.mark.parametrize("page", [-1, 2**31, 10**5000], ids=["below", "beyond", "long"])
async def test_a_page_that_nobody_has_is_refused_here(allo: AlloClient, api: respx.MockRouter, page: int) -> None:
    with pytest.raises(InvalidArgumentError, match="page"):
        await allo.calls.search("+14155550100", page=page)

    assert not api.calls


async def test_half_a_surrogate_pair_in_a_name_loses_only_itself(allo: AlloClient, api: respx.MockRouter) -> None:
    api.get("/v2/api/tags").respond(content=b'{"data": [{"name": "a\\ud83db"}, {"name": "\\ud83d\\ude42"}]}')

    broken, whole = await allo.tags.list()

    assert (broken.name, whole.name) == ("a�b", "🙂")


async def test_odd_counters_do_not_matter(allo: AlloClient, api: respx.MockRouter) -> None:
    api.post("/v2/api/crm/people/search").respond(
        json={"data": [], "pagination": {"total_count": "many", "total_pages": -1, "has_more": "yes", "page": None}}
    )

    found = await allo.people.search()

    assert (found.total_count, found.total_pages, found.has_more, found.page) == (None, None, False, 1)


async def test_an_empty_page_is_the_last_whatever_allo_says(allo: AlloClient, api: respx.MockRouter) -> None:
    api.post("/v2/api/crm/people/search").respond(json={"data": [], "pagination": {"has_more": True}})

    assert (await allo.people.search()).has_more is False


async def test_a_client_that_never_asked_can_be_closed() -> None:
    await AlloClient("ak_live_x").aclose()
