import contextlib
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from withallo_client import (
    AlloClient,
    Clock,
    InvalidArgumentError,
    InvalidResponseError,
    NotFoundError,
    WithalloError,
)

pytestmark = pytest.mark.anyio

HOME = "https://api.withallo.com/v1/assets/recordings/1"
AUDIO = b"0123456789"


class Web:
    """Every host of the internet; remembers who asked what with which key."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response]) -> None:
        self.requests: list[httpx.Request] = []
        self._answer = answer

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self._answer(request)

    def client(self, clock: Clock, **settings: Any) -> AlloClient:
        return AlloClient("ak_live_x", transport=httpx.MockTransport(self), clock=clock, **settings)


def audio(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, headers={"Content-Type": "audio/mpeg; rate=8"}, content=AUDIO)


async def test_a_recording_of_allo_is_fetched_with_the_key(clock: Clock) -> None:
    web = Web(audio)
    async with web.client(clock) as allo:
        recording = await allo.calls.recording(HOME)

    assert web.requests[0].headers["Authorization"] == "Api-Key ak_live_x"
    assert (recording.content, recording.content_type, recording.start, recording.total) == (AUDIO, "audio/mpeg", 0, 10)


@pytest.mark.parametrize(
    "url",
    [
        "https://storage.example.com/1.mp3?signature=s",
        "https://api.withallo.com.evil.example/1",
        "https://api.withallo.com:8443/1",
        "https://withallo.com/1",
    ],
)
async def test_another_host_does_not_get_the_key(clock: Clock, url: str) -> None:
    web = Web(audio)
    async with web.client(clock) as allo:
        assert (await allo.calls.recording(url)).content == AUDIO

    assert "Authorization" not in web.requests[0].headers


async def test_a_redirect_to_another_host_leaves_the_key_behind(clock: Clock) -> None:
    def elsewhere(request: httpx.Request) -> httpx.Response:
        if request.url.host == "api.withallo.com":
            return httpx.Response(302, headers={"Location": "https://storage.example.com/1?signature=s"})
        return audio(request)

    web = Web(elsewhere)
    async with web.client(clock) as allo:
        assert (await allo.calls.recording(HOME)).content == AUDIO

    assert ["Authorization" in request.headers for request in web.requests] == [True, False]


@pytest.mark.parametrize(
    "place",
    [
        "http://storage.example.com/1",
        "https://169.254.169.254/latest",
        "https://localhost/1",
        "file:///etc/passwd",
        "//[",
    ],
)
async def test_a_redirect_to_a_forbidden_place_is_not_followed(clock: Clock, place: str) -> None:
    web = Web(lambda request: httpx.Response(302, headers={"Location": place}))
    async with web.client(clock) as allo:
        with pytest.raises(InvalidResponseError, match="redirect"):
            await allo.calls.recording(HOME)

    assert len(web.requests) == 1


async def test_a_circle_of_redirects_ends(clock: Clock) -> None:
    web = Web(lambda request: httpx.Response(302, headers={"Location": HOME}))
    async with web.client(clock) as allo:
        with pytest.raises(InvalidResponseError, match="redirects"):
            await allo.calls.recording(HOME)

    assert len(web.requests) == 4


@pytest.mark.parametrize(
    "url",
    [
        "http://storage.example.com/1",
        "http://api.withallo.com/v1/assets/recordings/1",
        "https://user:secret@storage.example.com/1",
        "https://user:secret@api.withallo.com/1",
        "https://127.0.0.1/1",
        "https://10.0.0.1/1",
        "https://[::1]/1",
        "https://[fd00::1]/1",
        "https://router.local/1",
        "https://127.1/1",
        "https://0x7f.0x1/1",
        "https://169.254.43518/1",
        "https://printer.HOME.arpa./1",
        "https://intranet/1",
        "/v1/assets/recordings/1",
        "data:audio/mpeg;base64,AAAA",
        "",
        None,
    ],
)
async def test_a_place_that_no_recording_comes_from_is_refused(clock: Clock, url: Any) -> None:
    web = Web(audio)
    async with web.client(clock) as allo:
        with pytest.raises(InvalidArgumentError):
            await allo.calls.recording(url)

    assert web.requests == []


async def test_a_host_that_no_name_server_could_know_is_an_error_of_ours(clock: Clock) -> None:
    async with Web(audio).client(clock) as allo:
        for url in ("https://xn--\u2603..example.com/1", "https://a..\u2603.com/1", f"https://{'a' * 300}.com/1"):
            with contextlib.suppress(WithalloError):
                await allo.calls.recording(url)


async def test_the_api_on_this_machine_may_hold_recordings(clock: Clock) -> None:
    web = Web(audio)
    async with web.client(clock, base_url="http://127.0.0.1:8787") as allo:
        await allo.calls.recording("http://127.0.0.1:8787/v1/assets/recordings/1")

    assert "Authorization" in web.requests[0].headers


@pytest.mark.parametrize(
    ("byte_range", "header", "content"),
    [((2, 5), "bytes=2-5", b"2345"), ((7, None), "bytes=7-", b"789"), ((0, 0), "bytes=0-0", b"0")],
)
async def test_a_range_is_asked_for_and_placed(
    clock: Clock, byte_range: tuple[int, int | None], header: str, content: bytes
) -> None:
    first = byte_range[0]
    place = f"bytes {first}-{first + len(content) - 1}/10"
    answer = httpx.Response(206, headers={"Content-Type": "audio/mpeg", "Content-Range": place}, content=content)
    web = Web(lambda request: answer)
    async with web.client(clock) as allo:
        recording = await allo.calls.recording(HOME, byte_range)

    assert web.requests[0].headers["Range"] == header
    assert (recording.content, recording.start, recording.total) == (content, first, 10)


async def test_a_range_is_cut_here_when_the_host_sends_the_whole(clock: Clock) -> None:
    async with Web(audio).client(clock) as allo:
        recording = await allo.calls.recording(HOME, (2, 5))

    assert (recording.content, recording.start, recording.total) == (b"2345", 2, 10)


@pytest.mark.parametrize(
    "byte_range",
    [
        (-1, 5),
        (5, 2),
        (True, 5),
        (0, "5"),
        pytest.param((10**5000, None), id="far"),
        pytest.param((0, 10**5000), id="long"),
    ],
)
async def test_a_range_that_makes_no_sense_is_refused(clock: Clock, byte_range: Any) -> None:
    async with Web(audio).client(clock) as allo:
        with pytest.raises(InvalidArgumentError):
            await allo.calls.recording(HOME, byte_range)


async def test_more_than_the_cap_is_not_taken_in(clock: Clock) -> None:
    async with Web(audio).client(clock) as allo:
        assert (await allo.calls.recording(HOME, max_bytes=10)).total == 10
        with pytest.raises(InvalidResponseError, match="larger than 9 bytes"):
            await allo.calls.recording(HOME, max_bytes=9)
        with pytest.raises(InvalidArgumentError):
            await allo.calls.recording(HOME, max_bytes=0)


@pytest.mark.parametrize("headers", [{"Content-Type": "text/html"}, {"Content-Type": "application/json"}])
async def test_a_page_in_place_of_audio_is_an_error(clock: Clock, headers: dict[str, str]) -> None:
    async with Web(lambda request: httpx.Response(200, headers=headers, content=b"x")).client(clock) as allo:
        with pytest.raises(InvalidResponseError, match="not audio"):
            await allo.calls.recording(HOME)


@pytest.mark.parametrize("told", ["", "bytes */10", "bytes x-y/z", "items 0-1/2"])
async def test_a_part_that_does_not_say_which_is_an_error(clock: Clock, told: str) -> None:
    headers = {"Content-Type": "audio/mpeg", "Content-Range": told}
    async with Web(lambda request: httpx.Response(206, headers=headers, content=b"x")).client(clock) as allo:
        with pytest.raises(InvalidResponseError):
            await allo.calls.recording(HOME, (0, 1))


async def test_a_recording_that_is_gone_is_not_found(clock: Clock) -> None:
    async with Web(lambda request: httpx.Response(404)).client(clock) as allo:
        with pytest.raises(NotFoundError) as caught:
            await allo.calls.recording("https://storage.example.com/1?signature=hidden")

    assert "hidden" not in str(caught.value)
