"""The embedded account in one object."""

from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime

import anyio
import httpx
from starlette.types import ASGIApp

from withallo_sandbox.account import Account
from withallo_sandbox.app import build_app
from withallo_sandbox.clock import Clock
from withallo_sandbox.company import SEED
from withallo_sandbox.deliveries import TOPICS, WebhookEndpoint, new_secret
from withallo_sandbox.limits import Limits
from withallo_sandbox.records import Message, Promise
from withallo_sandbox.state import Recipe, State
from withallo_sandbox.variants import Variants
from withallo_sandbox.webhooks import Sender


class Sandbox:
    """A fictional Allo account behind an ASGI app, with a clock and faults that tests control.

    Args:
        seed: What the data grows from; the same seed and `now` give the same data.
        scale: How many contacts, 250 when left out, up to 100,000.
        now: The present to begin with; real time when left out. The clock runs on from there.
        calls: How many calls the last 60 days hold.
        lines: How many lines the company has, 3 to 10.
        rate_limits: Whether going over the limits is refused; benches switch it off.
        daily_quota: Requests a key has a day on v1.
        variants: Which spellings the item search understands.
        deliver_outside: Whether webhooks may leave this machine.

    Attributes:
        app: The ASGI application: the API, and the controls under `/_sandbox/`.
        clock: Its time.
        state: All that it remembers, for tests that need to look inside or to add a key.
    """

    def __init__(
        self,
        *,
        seed: int = SEED,
        scale: int | None = None,
        now: datetime | None = None,
        calls: int = 900,
        lines: int = 3,
        rate_limits: bool = True,
        daily_quota: int = 1000,
        variants: Variants | None = None,
        deliver_outside: bool = False,
    ) -> None:
        self.clock = Clock(now)
        self.state = State(
            recipe=Recipe(seed, 250 if scale is None else scale, calls, lines),
            clock=self.clock,
            limits=Limits(enforced=rate_limits, daily_quota=daily_quota),
            variants=variants or Variants(),
            base_url="https://api.withallo.com",
            sender=Sender(self.clock, deliver_outside=deliver_outside),
        )
        self.app: ASGIApp = build_app(self.state)

    @property
    def account(self) -> Account:
        """The data behind the routes."""
        return self.state.account

    @property
    def labels(self) -> Mapping[str, tuple[Promise, ...]]:
        """The promises made in calls, by call id (`cll-…`); a call without any is left out."""
        return self.account.labels()

    @property
    def sent(self) -> list[Message]:
        """Every text that was really delivered."""
        return self.account.sent

    @property
    def base_url(self) -> str:
        """Where its links point to, without a slash at the end."""
        return self.state.base_url

    @base_url.setter
    def base_url(self, url: str) -> None:
        self.state.base_url = url.rstrip("/")

    @property
    def delivery_transport(self) -> httpx.AsyncBaseTransport | None:
        """How webhooks travel; set `httpx.ASGITransport(app)` to reach a receiver in this process."""
        return self.state.sender.transport

    @delivery_transport.setter
    def delivery_transport(self, transport: httpx.AsyncBaseTransport | None) -> None:
        self.state.sender.transport = transport

    def register_endpoint(self, url: str, topics: Iterable[str] | None = None) -> str:
        """Add a v2 webhook endpoint as if through the API, and give its signing secret.

        Args:
            url: Where to deliver; any, also one that only `delivery_transport` can reach.
            topics: What to deliver, everything when left out.
        """
        secret = new_secret()
        endpoint_id = "ep_" + self.account.new_key("ep")
        endpoint = WebhookEndpoint(endpoint_id, url, tuple(topics or TOPICS), self.clock.now(), secret)
        self.state.sender.endpoints[endpoint_id] = endpoint
        return secret

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Deliver webhooks for as long as the block lasts."""
        async with anyio.create_task_group() as group:
            group.start_soon(self.state.sender.run)
            try:
                yield
            finally:
                group.cancel_scope.cancel()

    def reset(self) -> None:
        """Begin again with the account as it was made; the clock stays where it is."""
        self.state.reset()
