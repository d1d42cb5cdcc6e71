"""Which hosts, origins, proxies and bodies are let in at all."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
import httpx
import pytest
from pydantic import SecretStr

Hashed = Callable[..., tuple[str, SecretStr]]


HOSTS_AND_ORIGINS: list[tuple[dict[str, str], int]] = [
    ({}, 200),
    ({"host": "localhost:1"}, 200),
    ({"host": "mcp.example.com"}, 200),
    ({"host": "extra.example.com:8443"}, 200),
    ({"host": "evil.example"}, 421),
    ({"host": "mcp.example.com.evil.example"}, 421),
    ({"host": "127.0.0.1.evil.example"}, 421),
    ({"origin": "http://localhost:6274"}, 200),
    ({"origin": "https://app.example.com"}, 200),
    ({"origin": "https://mcp.example.com"}, 200),
    ({"origin": "https://evil.example"}, 403),
    ({"origin": "https://app.example.com.evil.example"}, 403),
    ({"origin": "null"}, 403),
]


@pytest.mark.anyio
@pytest.mark.parametrize("with_auth", [False, True])
async def test_only_known_hosts_and_origins_are_answered(served: Any, hashed: Hashed, with_auth: bool) -> None:
    authorization, line = hashed()
    hello = {
        "method": "initialize",
        "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
    }
    async with served(
        public_url="https://mcp.example.com",
        allowed_hosts=("extra.example.com:*",),
        allowed_origins=("https://app.example.com",),
        tokens=(line,) if with_auth else (),
    ) as it:
        for headers, status in HOSTS_AND_ORIGINS:
            answer = await it.post({"authorization": authorization, **headers}, **hello)
            assert answer.status_code == status, headers


@pytest.mark.anyio
async def test_what_a_proxy_passes_on_needs_somebody_who_is_known(served: Any, hashed: Hashed) -> None:
    """A server of one machine stays that, whatever a tunnel or proxy in front makes of its address."""
    authorization, line = hashed()
    marks = (
        {"x-forwarded-for": "203.0.113.7"},
        {"Forwarded": "for=203.0.113.7"},
        {"x-real-ip": "203.0.113.7"},
        {"via": "1.1 proxy"},
        {"x-forwarded-host": "mcp.example.com"},
    )
    async with served() as it, httpx.AsyncClient() as http:
        assert (await it.post()).status_code == 400
        for mark in marks:
            assert (await it.post(mark)).status_code == 403, mark
            assert (await http.get(f"{it.base}/metrics", headers=mark)).status_code == 403, mark
            assert (await http.get(f"{it.base}/healthz", headers=mark)).status_code == 200, mark
        async with await anyio.connect_tcp("127.0.0.1", int(it.base.rpartition(":")[2])) as stream:
            await stream.send(b"POST /mcp HTTP/1.0\r\nhost: 127.0.0.1\r\ncontent-length: 2\r\n\r\n{}")
            assert (await stream.receive()).startswith(b"HTTP/1.1 403")
    async with served(tokens=(line,)) as it:
        for mark in marks:
            assert (await it.post({"authorization": authorization, **mark})).status_code == 400, mark


@pytest.mark.anyio
async def test_a_page_of_an_allowed_origin_may_ask_first(served: Any) -> None:
    async with served(allowed_origins=("https://app.example.com",)) as it, httpx.AsyncClient() as http:
        asked = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
        good = await http.options(it.url, headers={"origin": "https://app.example.com", **asked})
        evil = await http.options(it.url, headers={"origin": "https://evil.example", **asked})

    assert good.headers["access-control-allow-origin"] == "https://app.example.com"
    assert "access-control-allow-origin" not in evil.headers


@pytest.mark.anyio
@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_that_is_too_large_is_refused(served: Any, chunked: bool) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b" " * 100_000

    async with served() as it, httpx.AsyncClient() as http:
        headers = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
        content: Any = pieces() if chunked else b" " * 5_000_000
        try:
            answer = await http.post(it.url, headers=headers, content=content)
        except (httpx.ReadError, httpx.WriteError):
            assert chunked, "what announces its size gets an answer; what does not may be cut off while it talks"
        else:
            assert answer.status_code == 413
        assert (await it.post()).status_code == 400, "the server goes on"


@pytest.mark.anyio
async def test_a_body_that_drips_is_given_up(served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("withallo_server.http.gatekeeper.BODY_SECONDS", 0.2)
    async with served() as it:
        port = int(it.base.rpartition(":")[2])
        async with await anyio.connect_tcp("127.0.0.1", port) as stream:
            head = (
                "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
                "accept: application/json, text/event-stream\r\ncontent-length: 100\r\n\r\n{"
            )
            await stream.send(head.encode())
            with anyio.fail_after(5):
                answer = b"".join([part async for part in stream])
        assert answer.startswith(b"HTTP/1.1 408")
        assert (await it.post()).status_code in (200, 400)
