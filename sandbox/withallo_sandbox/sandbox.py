"""The embedded account in one object."""

from collections.abc import Mapping
from datetime import datetime

from starlette.types import ASGIApp

from withallo_sandbox.account import Account, Promise
from withallo_sandbox.app import build_app
from withallo_sandbox.clock import Clock
from withallo_sandbox.company import SEED
from withallo_sandbox.limits import Limits
from withallo_sandbox.state import Recipe, State
from withallo_sandbox.variants import Variants


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

    Attributes:
        app: The ASGI application: the API, and the controls under `/_sandbox/`.
        clock: Its time.
        base_url: Where its links point to, without a slash at the end.
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
    ) -> None:
        self.clock = Clock(now)
        self.state = State(
            recipe=Recipe(seed, scale or 250, calls, lines),
            clock=self.clock,
            limits=Limits(enforced=rate_limits, daily_quota=daily_quota),
            variants=variants or Variants(),
            base_url="https://api.withallo.com",
        )
        self.app: ASGIApp = build_app(self.state)

    @property
    def account(self) -> Account:
        """The data behind the routes."""
        return self.state.account

    @property
    def labels(self) -> Mapping[str, tuple[Promise, ...]]:
        """The promises made in calls, by call id (`cll-…`); a call without any is left out."""
        return self.account.labels

    def reset(self) -> None:
        """Begin again with the account as it was made."""
        self.state.reset()
