"""Tells what became of an earlier write."""

from dataclasses import dataclass, replace

from withallo_server.consent.store import Consents
from withallo_server.outbox.sending import Sending
from withallo_server.outbox.store import Outbox
from withallo_tools.services import SendReport

_WAITING = {
    "asked": "A human has been asked and has not decided yet.",
    "approved": "A human said yes; call the tool again with the same arguments to send it.",
}


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
        return SendReport(send.key, send.tool, send.state, send.recipients, send.asked_at, send.note)

    async def _waiting(self, key: str) -> SendReport | None:
        asked = await self.consents.by_key(key)
        if asked is None:
            return None
        note = _WAITING.get(asked.state)
        if note is None:
            note = "The human declined, or the approval was not used."
            return SendReport(key, asked.tool, "not_sent", (), asked.asked_at, note)
        return SendReport(key, asked.tool, "waiting", (), asked.asked_at, note)
