"""Claude Code channels: an event enters a running session as soon as it is stored (experimental, off by default)."""

import re
from collections.abc import Sequence

from withallo_server.consent.callers import LOCAL
from withallo_server.guardrails.readings import SOMEBODY, Readings
from withallo_server.notifier import Notifier
from withallo_tools.events import event_rows
from withallo_tools.names import names_for
from withallo_tools.outsiders import EVERYBODY, fence
from withallo_tools.services import InboxEvent, Services

METHOD = "notifications/claude/channel"

_FROM_OUTSIDE = frozenset({"call.received", "call.completed", "sms.received"})
_PLAIN = re.compile(r"[^\w.+:-]")


async def push(events: Sequence[InboxEvent], reach: Services, notifier: Notifier, readings: Readings) -> None:
    """Send what contacts did to the one session on stdio: only verified events of contacts who are known by name.

    Whose words enter it is noted as if its model had read them.
    """
    candidates = [
        event
        for event in events
        if event.verified and event.topic in _FROM_OUTSIDE and event.direction == "INBOUND" and event.contact_number
    ]
    known = await names_for(reach, [event.contact_number for event in candidates])
    passed = [event for event in candidates if event.contact_number in known]
    for event, (text, _) in zip(passed, await event_rows(reach, passed), strict=True):
        meta = {"topic": event.topic, "event_id": event.event_id, "contact": event.contact_number or ""}
        readings.note_pushed(LOCAL, event.contact_number or SOMEBODY, text)
        plain = {name: _PLAIN.sub("", value) for name, value in meta.items()}
        await notifier.broadcast(METHOD, {"content": fence([text], EVERYBODY), "meta": plain})
