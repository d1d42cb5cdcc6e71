"""What an error of the client says about a write: that nothing was sent, or that nobody knows."""

from withallo_client import ApiError, InvalidArgumentError, WithalloError

_SURELY_REFUSED = range(400, 500)
_TIMED_OUT_THERE = 408


def surely_not_sent(error: BaseException) -> bool:
    """Whether the write cannot have taken effect: refused here, refused with a 4xx, or never on the wire."""
    if isinstance(error, InvalidArgumentError):
        return True
    if isinstance(error, ApiError):
        return error.http_status in _SURELY_REFUSED and error.http_status != _TIMED_OUT_THERE
    return isinstance(error, WithalloError) and getattr(error, "request_sent", None) is False
