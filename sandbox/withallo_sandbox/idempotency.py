"""Answers kept for repeated v2 writes (API contract 3.4)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.responses import Response

from withallo_sandbox.company import ApiKey
from withallo_sandbox.errors import RefusedError

_KEPT_FOR = timedelta(hours=1)
METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True)
class _Kept:
    route: str
    status: int
    body: bytes
    media_type: str | None
    until: datetime


class Replays:
    """What was answered to each idempotency key of each API key within the hour."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], _Kept] = {}

    def find(self, key: ApiKey, idempotency_key: str, route: str, now: datetime) -> Response | None:
        """The answer given before, marked as replayed.

        Raises:
            RefusedError: 409 when the key was used on another route or verb.
        """
        kept = self._kept.get((key.id, idempotency_key))
        if kept is None or kept.until <= now:
            return None
        if kept.route != route:
            raise RefusedError(409, "IDEMPOTENCY_KEY_REUSE", f"This Idempotency-Key was used on {kept.route}.")
        return Response(kept.body, kept.status, {"Idempotency-Replayed": "true"}, kept.media_type)

    def keep(self, key: ApiKey, idempotency_key: str, route: str, response: Response, now: datetime) -> None:
        """Remember a 2xx answer; anything else does not use the key up."""
        if 200 <= response.status_code < 300:
            self._kept = {name: kept for name, kept in self._kept.items() if kept.until > now}
            kept = _Kept(route, response.status_code, bytes(response.body), response.media_type, now + _KEPT_FOR)
            self._kept[key.id, idempotency_key] = kept
