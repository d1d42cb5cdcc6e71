"""All that a sandbox remembers, in one place the routes can reach."""

from dataclasses import dataclass, field
from datetime import datetime

from withallo_sandbox.account import Account
from withallo_sandbox.clock import Clock
from withallo_sandbox.company import KEYS, LINES, MORE_LINES, SEED, ApiKey
from withallo_sandbox.faults import Faults
from withallo_sandbox.idempotency import Replays
from withallo_sandbox.limits import Limits
from withallo_sandbox.seed.account import grow
from withallo_sandbox.shapes.v2 import Context
from withallo_sandbox.variants import Variants
from withallo_sandbox.webhooks import Sender


@dataclass(frozen=True, slots=True)
class Recipe:
    """What an account is grown from, the same each time."""

    seed: int = SEED
    contacts: int = 250
    calls: int = 900
    lines: int = len(LINES)

    def account(self, now: datetime) -> Account:
        """Grow it, so that its last 60 days end now."""
        lines = (*LINES, *MORE_LINES)
        if not len(LINES) <= self.lines <= len(lines):
            message = f"a sandbox has {len(LINES)} to {len(lines)} lines, not {self.lines}"
            raise ValueError(message)
        return grow(self.seed, lines[: self.lines], self.contacts, self.calls, now)


@dataclass(slots=True)
class State:
    """The account and everything around it."""

    recipe: Recipe
    clock: Clock
    limits: Limits
    variants: Variants
    base_url: str
    sender: Sender
    faults: Faults = field(default_factory=Faults)
    account: Account = field(init=False)
    replays: Replays = field(init=False)
    keys: dict[str, ApiKey] = field(default_factory=lambda: dict(KEYS))

    def __post_init__(self) -> None:
        self.reset()

    @property
    def context(self) -> Context:
        """What items are shown against."""
        return Context(self.account, self.variants, self.base_url, self.clock.now())

    def reset(self) -> None:
        """Begin again with the account as it was grown, dated from the clock's present."""
        self.account = self.recipe.account(self.clock.now().replace(microsecond=0))
        self.replays = Replays()
        self.limits.clear()
        self.faults.clear()
        self.sender.clear()
