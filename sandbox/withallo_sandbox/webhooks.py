"""The sender of webhooks: signs, retries on Allo's schedule, and keeps what became of each delivery."""

import heapq
import ipaddress
import json
import secrets
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final

import anyio
import httpx
from standardwebhooks import Webhook

from withallo_sandbox.clock import Clock
from withallo_sandbox.deliveries import Attempt, Delivery, WebhookEndpoint
from withallo_sandbox.shapes import Json

RETRIES: Final = tuple(timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 18000, 36000, 36000))
"""The pauses after the first attempt and each further one (API contract 7.5)."""

TIMEOUT: Final = timedelta(seconds=20)
_KEPT = 5_000
_AT_ONCE = 50


class Sender:
    """Delivers events while it runs; what is enqueued before waits.

    Args:
        clock: Decides when a retry is due and when an attempt has taken too long.
        deliver_outside: Whether hosts other than this machine may be reached.

    Attributes:
        transport: How deliveries travel; a connection of its own when left out. Set, it may reach any host.
    """

    def __init__(self, clock: Clock, *, deliver_outside: bool = False) -> None:
        self.transport: httpx.AsyncBaseTransport | None = None
        self.endpoints: dict[str, WebhookEndpoint] = {}
        self.deliveries: deque[Delivery] = deque(maxlen=_KEPT)
        self._clock = clock
        self._deliver_outside = deliver_outside
        self._own_transport: httpx.AsyncHTTPTransport | None = None
        self._queue: list[tuple[datetime, int, Callable[[], None] | Delivery]] = []
        self._order = count()
        self._in_flight: dict[anyio.CancelScope, datetime] = {}
        self._woken: anyio.Event | None = None
        clock.on_move(self._wake)

    def publish(self, topic: str, event: Json, *, v1: bool = False, line: str | None = None) -> None:
        """Queue an event for every enabled endpoint of its dialect and line that asked for the topic."""
        webhook_id = "msg_" + secrets.token_urlsafe(18)
        for endpoint in self.endpoints.values():
            dialect = (endpoint.secret is None) == v1 and (line is None or endpoint.allo_number in {None, line})
            if endpoint.enabled and dialect and topic in endpoint.topics:
                body = json.dumps(event, ensure_ascii=False)
                self._add(Delivery(webhook_id, endpoint, topic, body, self._clock.now()))

    def replay(self, delivery: Delivery) -> None:
        """Deliver once more, under the same webhook id, as Allo's people can by hand."""
        self._add(Delivery(delivery.webhook_id, delivery.endpoint, delivery.topic, delivery.body, self._clock.now()))

    def later(self, due: datetime, action: Callable[[], None]) -> None:
        """Run an action once the clock gets there."""
        heapq.heappush(self._queue, (due, next(self._order), action))
        self._wake()

    def remove(self, endpoint: WebhookEndpoint) -> None:
        """Delete an endpoint and its history; nothing more is sent there."""
        del self.endpoints[endpoint.id]
        kept = [delivery for delivery in self.deliveries if delivery.endpoint.id != endpoint.id]
        self.deliveries = deque(kept, maxlen=_KEPT)
        self._queue = [e for e in self._queue if not (isinstance(e[2], Delivery) and e[2].endpoint.id == endpoint.id)]
        heapq.heapify(self._queue)

    def clear(self) -> None:
        """Forget endpoints, deliveries and plans."""
        self.endpoints.clear()
        self.deliveries.clear()
        self._queue.clear()

    async def run(self) -> None:
        """Deliver until cancelled."""
        try:
            async with anyio.create_task_group() as group:
                limiter = anyio.CapacityLimiter(_AT_ONCE)
                while True:
                    woken = self._woken = anyio.Event()
                    for due in self._take_due():
                        group.start_soon(self._attempt, due, limiter)
                    with anyio.move_on_after(self._pause()):
                        await woken.wait()
        finally:
            self._woken = None
            if self._own_transport is not None:
                with anyio.CancelScope(shield=True):
                    await self._own_transport.aclose()
                self._own_transport = None

    def _add(self, delivery: Delivery) -> None:
        self.deliveries.append(delivery)
        self._plan(delivery, self._clock.now())

    def _plan(self, delivery: Delivery, due: datetime) -> None:
        delivery.due = due
        heapq.heappush(self._queue, (due, next(self._order), delivery))
        self._wake()

    def _wake(self) -> None:
        if self._woken is not None:
            self._woken.set()

    def _take_due(self) -> list[Delivery]:
        now, taken = self._clock.now(), []
        for scope, deadline in list(self._in_flight.items()):
            if deadline <= now:
                scope.cancel()
        while self._queue and self._queue[0][0] <= now:
            _, _, due = heapq.heappop(self._queue)
            if isinstance(due, Delivery):
                due.due = None
                taken.append(due)
            else:
                due()
        return taken

    def _pause(self) -> float | None:
        times = [*self._in_flight.values(), *(entry[0] for entry in self._queue[:1])]
        if not times:
            return None
        return max(0.0, (min(times) - self._clock.now()).total_seconds())

    async def _attempt(self, delivery: Delivery, limiter: anyio.CapacityLimiter) -> None:
        attempt = None
        try:
            async with limiter:
                attempt = await self._post_in_time(delivery)
        finally:
            if attempt is None:
                self._plan(delivery, self._clock.now())
        self._record(delivery, attempt)

    async def _post_in_time(self, delivery: Delivery) -> Attempt:
        attempt = Attempt(self._clock.now(), None, "no answer within 20 seconds")
        with anyio.CancelScope() as scope:
            self._in_flight[scope] = self._clock.now() + TIMEOUT
            self._wake()
            try:
                attempt = await self._post(delivery)
            finally:
                del self._in_flight[scope]
        return attempt

    def _record(self, delivery: Delivery, attempt: Attempt) -> None:
        delivery.attempts.append(attempt)
        delivery.due = None
        retries = RETRIES if delivery.endpoint.secret else ()
        tried = len(delivery.attempts) - 1
        if attempt.succeeded:
            delivery.state = "delivered"
        elif tried < len(retries) and delivery.endpoint.id in self.endpoints:
            self._plan(delivery, self._clock.now() + retries[tried])
        else:
            delivery.state = "failed"

    async def _post(self, delivery: Delivery) -> Attempt:
        now = self._clock.now()
        transport = self.transport or self._transport_to(delivery.endpoint.url)
        if transport is None:
            return Attempt(now, None, "the sandbox delivers to this machine only")
        content = delivery.body.encode()
        headers = {"content-type": "application/json", "user-agent": "Allo-Sandbox-Webhooks", **_signature(delivery)}
        try:
            request = httpx.Request("POST", delivery.endpoint.url, headers=headers, content=content)
            response = await transport.handle_async_request(request)
            await response.aclose()
        except Exception as problem:  # noqa: BLE001  # whatever a receiver in this process raises is a failed delivery
            return Attempt(now, None, type(problem).__name__)
        return Attempt(now, response.status_code)

    def _transport_to(self, url: str) -> httpx.AsyncBaseTransport | None:
        if not self._deliver_outside and not is_this_machine(url):
            return None
        if self._own_transport is None:
            self._own_transport = httpx.AsyncHTTPTransport()
        return self._own_transport


def is_this_machine(url: str) -> bool:
    """Whether a URL stays on the loopback interface."""
    try:
        host = httpx.URL(url).host
    except httpx.InvalidURL:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _signature(delivery: Delivery) -> dict[str, str]:
    if delivery.endpoint.secret is None:
        return {}
    # Receivers check the timestamp against real time, whatever the sandbox's clock was moved to.
    timestamp = datetime.fromtimestamp(int(time.time()), UTC)
    return {
        "webhook-id": delivery.webhook_id,
        "webhook-timestamp": str(int(timestamp.timestamp())),
        "webhook-signature": Webhook(delivery.endpoint.secret).sign(delivery.webhook_id, timestamp, delivery.body),
    }
