"""How often a key may ask: a burst limit on v2, a daily quota on v1 (API contract 3)."""

from collections import Counter
from datetime import datetime, timedelta

from withallo_sandbox.company import ApiKey
from withallo_sandbox.errors import FieldError, RefusedError

READS_PER_SECOND = 20
WRITES_PER_SECOND = 5


class Limits:
    """Counts requests by key and window of time.

    Args:
        enforced: Whether going over is refused; benches switch it off.
        daily_quota: Requests a key has a day on v1.
    """

    def __init__(self, *, enforced: bool = True, daily_quota: int = 1000) -> None:
        self.enforced = enforced
        self.daily_quota = daily_quota
        self._bursts: Counter[tuple[str, str]] = Counter()
        self._second = 0
        self._days: Counter[str] = Counter()
        self._day = ""

    def clear(self) -> None:
        """Forget what was asked so far."""
        self._bursts.clear()
        self._days.clear()

    def spend(self, key: ApiKey, method: str, path: str, now: datetime) -> dict[str, str]:
        """Count one request, and give the headers its answer carries.

        Raises:
            RefusedError: 429, with `retry_after` on v2 and the quota in words on v1.
        """
        if path.startswith("/v2/"):
            return self._burst(key, "read" if method in {"GET", "HEAD"} else "write", int(now.timestamp()))
        self._daily(key, now)
        return {}

    def _burst(self, key: ApiKey, kind: str, second: int) -> dict[str, str]:
        if second != self._second:
            self._bursts.clear()
            self._second = second
        self._bursts[key.id, kind] += 1
        limit = READS_PER_SECOND if kind == "read" else WRITES_PER_SECOND
        used = self._bursts[key.id, kind]
        headers = {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(max(0, limit - used)),
            "X-RateLimit-Reset": str(second + 1),
        }
        if self.enforced and used > limit:
            refusal = RefusedError(429, "RATE_LIMIT_EXCEEDED", f"More than {limit} {kind}s a second.", retry_after=1)
            refusal.headers = headers
            raise refusal
        return headers

    def _daily(self, key: ApiKey, now: datetime) -> None:
        day = now.date().isoformat()
        if day != self._day:
            self._days.clear()
            self._day = day
        self._days[key.id] += 1
        if self.enforced and self._days[key.id] > self.daily_quota:
            midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
            reset_in = int((midnight - now).total_seconds())
            quota = FieldError("DAILY", f"limit={self.daily_quota};type=DAILY;reset_in={reset_in}")
            raise RefusedError(429, "API_KEY_QUOTA_EXCEEDED", errors=[quota])
