"""A clock for clients of the embedded account, so that Allo's limits a second need not slow a test down."""

import time

import anyio

from withallo_client import Clock


class Hurry:
    """Waiting takes no time on its clock, and is on it afterwards all the same."""

    def __init__(self) -> None:
        self.skipped = 0.0
        self.clock = Clock(monotonic=lambda: time.monotonic() + self.skipped, sleep=self._skip)

    async def _skip(self, seconds: float) -> None:
        self.skipped += seconds
        await anyio.lowlevel.checkpoint()
