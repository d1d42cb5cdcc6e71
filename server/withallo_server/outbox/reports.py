"""Tells what became of an earlier write."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from withallo_server.consent.store import Consents
from withallo_server.outbox.rows import About
from withallo_server.outbox.sending import Sending
from withallo_server.outbox.store import Outbox
from withallo_tools.services import SendReport

_WAITING = {
    "asked": "A human has been asked and has not decided yet.",
    "approved": "A human said yes; call the tool again with the same arguments to send it.",
    "used": "A human said yes, and it has not left so far. Ask again in a moment; if that stays so, nothing was sent.",
}
DECLINED = "The human declined."

State = Literal["waiting", "in_flight", "sent", "not_sent", "unknown"]


@dataclass
class Reports:
    """Reads outbox and open questions of one account."""

    outbox: Outbox
    consents: Consents
    sending: Sending

    async def find(self, key: str) -> SendReport | None:
        """The state of the write with this key; one of unknown outcome is looked for again."""
        send = await self.outbox.find(key)
        if send is None:
            return await self._waiting(key)
        if send.state == "unknown":
            finding = await self.sending.look(send)
            note = f"{send.note} {finding.words}".strip()
            send = replace(send, state="sent" if finding.found else "unknown", note=note)
        about = replace(send.about, recipients=send.recipients)
        return _report(key, send.tool, send.state, about=about, asked_at=send.asked_at, note=send.note)

    async def _waiting(self, key: str) -> SendReport | None:
        asked = await self.consents.by_key(key)
        if asked is None:
            return None
        note = _WAITING.get(asked.state)
        state: State = "waiting" if note else "not_sent"
        note = note or asked.note or DECLINED
        return _report(key, asked.tool, state, about=asked.about, asked_at=asked.asked_at, note=note)


def _report(key: str, tool: str, state: State, *, about: About, asked_at: datetime, note: str) -> SendReport:
    return SendReport(key, tool, state, about.recipients, asked_at, note, about.action, about.message)
