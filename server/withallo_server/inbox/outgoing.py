"""Events on their way out of the inbox: into a file, or to a handler."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
from pydantic import SecretStr
from sqlalchemy import Row

from withallo_server.inbox.events import micros, moment
from withallo_server.inbox.facts import body_of
from withallo_server.inbox.inbox import AccountInbox
from withallo_server.inbox.probe import sign

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Selection:
    """Which deliveries are meant; a member left out does not narrow."""

    topic: str = ""
    since: datetime | None = None
    ids: frozenset[str] = frozenset()

    def covers(self, row: Row[Any]) -> bool:
        """Whether a delivery is meant."""
        return (
            (not self.topic or row.topic == self.topic)
            and (self.since is None or row.received_at >= micros(self.since))
            and (not self.ids or row.event_id in self.ids)
        )


async def deliveries(inbox: AccountInbox) -> AsyncIterator[Row[Any]]:
    """Every delivery in the order of the commits, a few hundred in memory at a time."""
    after = 0
    while True:
        rows = await inbox.deliveries(after, _AT_ONCE)
        for row in rows:
            yield row
        if len(rows) < _AT_ONCE:
            return
        after = rows[-1].sequence


def line_of(row: Row[Any]) -> str:
    """A delivery as one line of JSON; `body` is what came, untouched."""
    occurred = row.occurred_at
    return json.dumps(
        {
            "webhook_id": row.event_id,
            "sequence": row.sequence,
            "topic": row.topic,
            "received_at": moment(row.received_at).isoformat(),
            "occurred_at": None if occurred is None else moment(occurred).isoformat(),
            "verified": row.verified,
            "source": row.source,
            "contact_number": row.contact_number,
            "allo_number": row.allo_number,
            "same_as": row.same_as,
            "part_of": row.part_of,
            "read": row.read,
            "body": body_of(row.payload),
        }
    )


async def replay(http: httpx.AsyncClient, url: httpx.URL, row: Row[Any], secret: SecretStr | None) -> str:
    """Deliver one event again, with its own id and a fresh signature; returns why it failed, or nothing."""
    body = row.payload.encode()
    signature = {} if secret is None else sign(secret, row.event_id, body)
    headers = {"content-type": "application/json", "webhook-id": row.event_id, **signature}
    try:
        answer = await http.post(url, content=body, headers=headers)
    except httpx.HTTPError as error:
        return type(error).__name__
    return "" if answer.is_success else f"status {answer.status_code}"
