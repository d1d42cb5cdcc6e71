"""How records look on the wire."""

from datetime import UTC, datetime
from typing import Any

from starlette.responses import JSONResponse

Json = dict[str, Any]


def zoneless(moment: datetime) -> str:
    """The spelling of v1, of the CRM and of templates: UTC without saying so (API contract 6)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def zulu(moment: datetime) -> str:
    """The spelling of conversations and webhooks."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def data(payload: Any, status: int = 200) -> JSONResponse:
    """An answer whose body is `{data: …}`."""
    return JSONResponse({"data": payload}, status)
