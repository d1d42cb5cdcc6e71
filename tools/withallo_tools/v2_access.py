"""Keys that Allo lets read calls on v1 alone: remembered for some minutes, for a scope may be granted at any time."""

from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from withallo_client import AlloClient, ForbiddenError, NotFoundError
from withallo_tools.services import Services

REMEMBERED = timedelta(minutes=5)

_refused: WeakKeyDictionary[AlloClient, datetime] = WeakKeyDictionary()


def may_use_v2(reach: Services) -> bool:
    """Whether to ask v2 first: it was not refused a moment ago."""
    refused = _refused.get(reach.client)
    return refused is None or abs(reach.now() - refused) >= REMEMBERED


def v2_was_refused(reach: Services, error: ForbiddenError | NotFoundError) -> None:
    """Remember that v2 was refused just now.

    Raises:
        NotFoundError: It was not: what was asked for is not there.
    """
    if isinstance(error, NotFoundError) and error.code not in (None, "ENDPOINT_NOT_FOUND"):
        raise error
    _refused[reach.client] = reach.now()
