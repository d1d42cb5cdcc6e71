"""Allo's limits a second, kept on our side so that a burst waits here instead of being refused (API contract 3.1)."""

import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import anyio

READS_PER_SECOND = 20
WRITES_PER_SECOND = 5

# Requests let go a second apart can arrive closer together than they left.
_SECOND = 1.05


@dataclass(frozen=True, slots=True)
class Clock:
    """Where the client takes time from, so that tests need not wait."""

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep


class Limiter:
    """Lets at most `per_second` requests go in any second; the first ones never wait."""

    def __init__(self, per_second: int, clock: Clock) -> None:
        self._clock = clock
        self._slots: deque[float] = deque(maxlen=per_second)
        self._queue = anyio.Lock(fast_acquire=True)

    async def acquire(self) -> None:
        """Wait for a turn, first come first served; who is cancelled while waiting takes none."""
        async with self._queue:
            now = self._clock.monotonic()
            full = len(self._slots) == self._slots.maxlen
            turn = max(now, self._slots[0] + _SECOND) if full else now
            if turn > now:
                await self._clock.sleep(turn - now)
            self._slots.append(turn)


class Limits:
    """The read and the write limit of one key. The documented wording counts by verb: GET reads, all else writes."""

    def __init__(self, clock: Clock) -> None:
        self._reads = Limiter(READS_PER_SECOND, clock)
        self._writes = Limiter(WRITES_PER_SECOND, clock)

    async def acquire(self, method: str) -> None:
        """Wait until a request with this verb may go."""
        await (self._reads if method == "GET" else self._writes).acquire()
