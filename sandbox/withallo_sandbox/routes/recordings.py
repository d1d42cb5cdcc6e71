"""Recordings: audio behind the key, whole or in ranges (API contract 6.7)."""

import re
from collections.abc import Iterator
from math import pi, sin
from typing import Final

from starlette.responses import Response, StreamingResponse

from withallo_sandbox.errors import RefusedError, not_found
from withallo_sandbox.gate import Endpoint
from withallo_sandbox.records import Call
from withallo_sandbox.requests import Ask

_RATE: Final = 8000
_SECOND: Final = bytes(int(128 + 12 * sin(2 * pi * 220 * sample / _RATE)) for sample in range(_RATE))
_RANGE: Final = re.compile(r"bytes=(\d{0,15})-(\d{0,15})", re.ASCII)


def get_recording(ask: Ask) -> Response:
    """A hum as long as the call, as a WAV file of 8 kHz; honours `Range`."""
    item = ask.state.account.timeline.get(ask.segment("file").removesuffix(".wav"))
    if not isinstance(item, Call) or not item.recorded:
        raise not_found("CALL_NOT_FOUND")
    header = _header(item.seconds * _RATE)
    total = len(header) + item.seconds * _RATE
    start, stop = _range(ask.headers.get("range"), total)
    headers = {"Accept-Ranges": "bytes", "Content-Length": str(stop - start)}
    if stop - start < total:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{total}"
    status = 206 if "Content-Range" in headers else 200
    return StreamingResponse(_bytes(header, start, stop), status, headers, media_type="audio/wav")


def _range(header: str | None, total: int) -> tuple[int, int]:
    asked = _RANGE.fullmatch(header or "")
    if asked is None or not any(asked.groups()):
        return 0, total
    first, last = asked.groups()
    start = int(first) if first else max(0, total - int(last))
    stop = min(total, int(last) + 1) if first and last else total
    if start >= stop:
        refusal = RefusedError(416, "INVALID_RANGE")
        refusal.headers = {"Content-Range": f"bytes */{total}"}
        raise refusal
    return start, stop


def _bytes(header: bytes, start: int, stop: int) -> Iterator[bytes]:
    position = start
    while position < stop:
        if position < len(header):
            chunk = header[position:stop]
        else:
            offset = (position - len(header)) % _RATE
            chunk = _SECOND[offset : offset + stop - position]
        position += len(chunk)
        yield chunk


def _header(size: int) -> bytes:
    def number(value: int, width: int) -> bytes:
        return value.to_bytes(width, "little")

    form = number(1, 2) + number(1, 2) + number(_RATE, 4) + number(_RATE, 4) + number(1, 2) + number(8, 2)
    return b"RIFF" + number(36 + size, 4) + b"WAVEfmt " + number(16, 4) + form + b"data" + number(size, 4)


ENDPOINTS = (Endpoint("GET", "/v1/assets/recordings/{file}", "CONVERSATIONS_READ", "Fetch a recording", get_recording),)
