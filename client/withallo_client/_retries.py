"""Which failures of a read are worth another try, and after what wait.

Reads are GET and the POSTs that only look up (searches, batch). Writes are never repeated, neither sends nor PUT,
PATCH and DELETE: a repeat of something that took effect may undo what somebody did in between.
"""

from secrets import SystemRandom

from withallo_client.errors import AlloConnectionError, AlloTimeoutError, RateLimitError, ServerError

TRIES = 4

_random = SystemRandom()


def wait_before_retry(error: Exception, tried: int) -> float | None:
    """Seconds to wait after the failed try number `tried`, with jitter; None when another would not help."""
    if tried >= TRIES:
        return None
    backoff: float = 0.25 * 2**tried * _random.uniform(0.5, 1.0)
    if isinstance(error, AlloConnectionError | AlloTimeoutError):
        return backoff
    if isinstance(error, RateLimitError) and error.limit != "burst":
        return None
    if isinstance(error, RateLimitError | ServerError) and error.retryable:
        if error.retry_after_seconds is None:
            return backoff
        jitter: float = _random.uniform(0.0, 0.25)
        return error.retry_after_seconds + jitter
    return None
