"""The door to Allo that all resources of a client share: paced, with the key, repeated where that is safe."""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Literal

import anyio
from pydantic import SecretStr

from withallo_client import _arguments as arguments
from withallo_client._address import origin, read_base_url
from withallo_client._answers import Answer
from withallo_client._api_errors import api_error
from withallo_client._limits import Clock, Limits
from withallo_client._requests import Observe, Request
from withallo_client._retries import wait_before_retry
from withallo_client.errors import AlloTimeoutError, WithalloError

if TYPE_CHECKING:
    import httpx

    from withallo_client._transport import Transport

AuthScheme = Literal["Api-Key", "raw"]

MAX_BODY_BYTES = 32 * 1024 * 1024


class HttpClient:
    """Sends requests and hands out answers below 400; every other one is raised."""

    def __init__(
        self,
        api_key: SecretStr,
        *,
        base_url: str,
        auth_scheme: AuthScheme,
        timeout: float,
        time_budget: float,
        transport: "httpx.AsyncBaseTransport | None",
        clock: Clock,
        observe: Observe | None = None,
    ) -> None:
        self._api_key = arguments.api_key(api_key)
        self._base_url = read_base_url(base_url)
        self._scheme = arguments.choice("auth_scheme", auth_scheme, ("Api-Key", "raw"))
        self._timeout = arguments.seconds("timeout", timeout)
        self._time_budget = arguments.seconds("time_budget", time_budget)
        self._injected = transport
        self._clock = clock
        self._observe = observe or _unobserved
        self._limits = Limits(clock)
        self._opened: Transport | None = None

    async def get(self, path: str, query: Mapping[str, str | int] | None = None) -> Answer:
        """Read; repeated within the time budget when Allo fails."""
        return self._accepted(await self._read(Request("GET", path, query, headers=self._key_header())))

    async def query(self, path: str, members: Mapping[str, Any]) -> Answer:
        """Read with a body (search, batch); repeated like `get`."""
        return self._accepted(await self._read(Request("POST", path, members=members, headers=self._key_header())))

    async def write(
        self, method: str, path: str, members: Mapping[str, Any] | None = None, *, idempotency_key: str | None = None
    ) -> Answer:
        """Change something; sent at most once."""
        headers = self._key_header()
        if idempotency_key is not None:
            headers["Idempotency-Key"] = arguments.header_value("idempotency_key", idempotency_key)
        request = Request(method, path, members=members, headers=headers)
        await self._turn(request, self._time_budget)
        return self._accepted(await self._exchange(request, self._timeout, MAX_BODY_BYTES))

    async def download(self, url: str, headers: Mapping[str, str], max_bytes: int) -> Answer:
        """Read bytes from any URL, redirects included in the answer; only Allo's own origin gets the key."""
        key = self._key_header() if self.is_home(url) else {}
        return await self._read(Request("GET", url, headers={**headers, **key}), max_bytes)

    def is_home(self, url: str) -> bool:
        """Whether a URL has the scheme, host and port of the API."""
        return origin(url) == origin(self._base_url)

    def wall_time(self) -> float:
        """The present as Unix time."""
        return self._clock.wall()

    async def aclose(self) -> None:
        """Close the connections."""
        if self._opened is not None:
            await self._opened.aclose()

    async def _exchange(self, request: Request, seconds: float, max_bytes: int) -> Answer:
        with self._observe(request.route) as answered:
            answer = await self._transport().exchange(request, seconds, max_bytes)
            answered(answer.status)
            return answer

    def _transport(self) -> "Transport":
        if self._opened is None:
            from withallo_client._transport import Transport

            self._opened = Transport(self._base_url, self._timeout, self._injected, self._without_key)
        return self._opened

    def _key_header(self) -> dict[str, str]:
        key = self._api_key.get_secret_value()
        return {"Authorization": key if self._scheme == "raw" else f"Api-Key {key}"}

    def _without_key(self, text: bytes) -> bytes:
        return text.replace(self._api_key.get_secret_value().encode(), b"[key]")

    async def _read(self, request: Request, max_bytes: int = MAX_BODY_BYTES) -> Answer:
        deadline = self._clock.monotonic() + self._time_budget
        tried = 0
        while True:
            tried += 1
            await self._turn(request, deadline - self._clock.monotonic())
            seconds = max(1.0, min(self._timeout, deadline - self._clock.monotonic()))
            try:
                return self._unfailed(await self._exchange(request, seconds, max_bytes))
            except WithalloError as error:
                wait = wait_before_retry(error, tried)
                if wait is None or self._clock.monotonic() + wait >= deadline:
                    raise
            await self._clock.sleep(wait)

    async def _turn(self, request: Request, seconds: float) -> None:
        """Wait until the limits let the request go.

        Raises:
            AlloTimeoutError: They do not in time.
        """
        with anyio.move_on_after(seconds) as waiting:
            await self._limits.acquire(request.method)
        if waiting.cancelled_caught:
            text = f"{request.route} was not sent: too many requests wait for Allo's limits"
            raise AlloTimeoutError(text, request_sent=False)

    def _unfailed(self, answer: Answer) -> Answer:
        if answer.status >= 400:
            body = self._without_key(answer.body)
            raise api_error(answer.status, answer.headers, body, answer.route, self._clock.wall())
        return answer

    def _accepted(self, answer: Answer) -> Answer:
        if self._unfailed(answer).is_redirect:
            raise answer.invalid("it is a redirect, which is not followed so that the key stays with Allo")
        return answer


def _unobserved(_route: str) -> nullcontext[Callable[[int], None]]:
    return nullcontext(lambda _status: None)
