"""Audio of calls, fetched so that the key never leaves for another host."""

import re
from dataclasses import dataclass
from urllib.parse import urljoin

from withallo_client._address import is_public_host, read_url
from withallo_client._answers import Answer
from withallo_client._http import HttpClient
from withallo_client.errors import InvalidArgumentError

MAX_RECORDING_BYTES = 64 * 1024 * 1024

ByteRange = tuple[int, int | None]

_REDIRECTS = 3
_FARTHEST = 2**53
_AUDIO = ("audio/", "video/", "application/octet-stream", "binary/octet-stream", "application/ogg")


@dataclass(frozen=True, slots=True)
class Recording:
    """Audio, or a part of it.

    Attributes:
        content: The bytes.
        content_type: For example `audio/mpeg`.
        start: Place of the first byte in the whole.
        total: Size of the whole, as far as it was told.
    """

    content: bytes
    content_type: str
    start: int = 0
    total: int | None = None


async def fetch_recording(http: HttpClient, url: str, byte_range: ByteRange | None, max_bytes: int) -> Recording:
    """Fetch a recording; see `Calls.recording`."""
    headers = {"Accept": "audio/*", "Accept-Encoding": "identity"}
    if byte_range is not None:
        headers["Range"] = _range_header(byte_range)
    if type(max_bytes) is not int or max_bytes < 1:
        raise InvalidArgumentError("max_bytes", "must be 1 or more")
    _check(http, url)
    for _ in range(_REDIRECTS + 1):
        answer = await http.download(url, headers, max_bytes)
        if not answer.is_redirect:
            return _read(answer, byte_range)
        url = _next_place(http, url, answer)
    raise answer.invalid("there are too many redirects")


def _next_place(http: HttpClient, url: str, answer: Answer) -> str:
    try:
        place = urljoin(url, answer.headers.get("location", ""))
        _check(http, place)
    except ValueError:
        raise answer.invalid("it is a redirect to a place that no recording comes from") from None
    return place


def _check(http: HttpClient, url: str) -> None:
    parts = read_url("url", url)
    if parts.username is not None:
        raise InvalidArgumentError("url", "must not hold a password")
    if http.is_home(url):
        return
    if parts.scheme != "https":
        raise InvalidArgumentError("url", "must be https")
    if not is_public_host(parts.hostname or ""):
        raise InvalidArgumentError("url", "points into a private network")


def _range_header(byte_range: ByteRange) -> str:
    first, last = byte_range
    end = _FARTHEST if last is None else last
    if type(first) is not int or type(end) is not int or not 0 <= first <= end <= _FARTHEST:
        raise InvalidArgumentError("byte_range", "must be (first, last), counted from 0, last not before first")
    return f"bytes={first}-{'' if last is None else last}"


def _read(answer: Answer, byte_range: ByteRange | None) -> Recording:
    kind = answer.content_type or "application/octet-stream"
    if not kind.startswith(_AUDIO):
        raise answer.invalid(f"it is not audio but {kind}")
    if byte_range is None:
        return Recording(answer.body, kind, 0, len(answer.body))
    if answer.status != 206:
        first, last = byte_range
        return Recording(answer.body[first : None if last is None else last + 1], kind, first, len(answer.body))
    told = re.fullmatch(r"bytes (\d{1,15})-\d{1,15}/(\d{1,15}|\*)", answer.headers.get("content-range", ""))
    if told is None:
        raise answer.invalid("it does not say which part it is")
    return Recording(answer.body, kind, int(told[1]), None if told[2] == "*" else int(told[2]))
