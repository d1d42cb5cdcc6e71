"""The one module that speaks HTTP, loaded with the first request: importing httpx takes longer than all the rest."""

import ssl
from collections.abc import Callable
from contextlib import suppress
from http.cookiejar import CookieJar, DefaultCookiePolicy

import anyio
import httpx

from withallo_client._address import is_loopback
from withallo_client._answers import Answer
from withallo_client._requests import Request
from withallo_client._version import __version__
from withallo_client.errors import AlloConnectionError, AlloTimeoutError, InvalidResponseError, WithalloError

USER_AGENT = f"withallo-mcp/{__version__}"

_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)
_SENT = (httpx.ReadError, httpx.ReadTimeout, httpx.RemoteProtocolError)


def _trust(base_url: str) -> ssl.SSLContext | bool:
    """Whom to trust: the usual authorities; nobody where no TLS is spoken, which spares loading them."""
    return True if httpx.URL(base_url).scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Transport:
    """Sends one request and takes in the whole answer, within a time and a size."""

    def __init__(
        self,
        base_url: str,
        timeout: float,
        transport: httpx.AsyncBaseTransport | None,
        without_key: Callable[[bytes], bytes],
    ) -> None:
        self._without_key = without_key
        self._client = httpx.AsyncClient(
            base_url=base_url,
            headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
            timeout=httpx.Timeout(timeout, connect=min(10.0, timeout)),
            limits=httpx.Limits(max_connections=20, max_keepalive_connections=10, keepalive_expiry=30.0),
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            transport=transport,
            verify=_trust(base_url),
            # A proxy between this machine and itself would see the key in clear.
            trust_env=not is_loopback(httpx.URL(base_url).host),
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def exchange(self, request: Request, seconds: float, max_bytes: int) -> Answer:
        """Send a request and take in the answer, whatever its status.

        Raises:
            AlloConnectionError: There was no answer.
            AlloTimeoutError: There was none in time.
            InvalidResponseError: The answer is too large or broken.
        """
        failure: WithalloError
        try:
            with anyio.fail_after(seconds):
                return await self._send(request, max_bytes)
        except TimeoutError:
            text = f"Allo did not answer {request.route} within {seconds:g} s"
            failure = AlloTimeoutError(text, request_sent=None)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            failure = self._failure(error, request.route)
        # Raised out here: the HTTP library's error holds the request, and that holds the key.
        raise failure

    async def _send(self, request: Request, max_bytes: int) -> Answer:
        async with self._client.stream(
            request.method, request.target, params=request.query, json=request.members, headers=request.headers
        ) as response:
            body = await _take_in(response, request.route, max_bytes)
            return Answer(response.status_code, response.headers, body, request.route)

    def _failure(self, error: Exception, route: str) -> WithalloError:
        sent = False if isinstance(error, _NOT_SENT) else True if isinstance(error, _SENT) else None
        if isinstance(error, httpx.TimeoutException):
            return AlloTimeoutError(f"Allo did not answer {route} in time ({type(error).__name__})", request_sent=sent)
        said = self._without_key(str(error).encode(errors="replace"))[:200].decode(errors="replace")
        return AlloConnectionError(f"no answer from Allo to {route}: {said or type(error).__name__}", request_sent=sent)


async def _take_in(response: httpx.Response, route: str, most: int) -> bytes:
    too_large = InvalidResponseError(
        f"Allo's answer to {route} is larger than {most:,} bytes", http_status=response.status_code
    )
    announced = response.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > most:
        raise too_large
    chunks: list[bytes] = []
    size = 0
    with suppress(httpx.DecodingError):
        async for chunk in response.aiter_bytes():
            size += len(chunk)
            if size > most:
                raise too_large
            chunks.append(chunk)
        return b"".join(chunks)
    raise InvalidResponseError(f"Allo's answer to {route} cannot be decompressed", http_status=response.status_code)
