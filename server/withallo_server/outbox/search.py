"""Looks for a text whose outcome is unknown where it would have left a trace: the conversation and the inbox."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from withallo_client import AlloClient, ForbiddenError, ItemFilter, WithalloError
from withallo_server.outbox.digests import text_digest
from withallo_server.outbox.rows import Send
from withallo_server.outbox.store import LEASE_SECONDS, Outbox
from withallo_tools.services import EventQuery, Inbox

EARLIER = timedelta(minutes=1)
"""How far Allo's clock may be behind ours."""

LATER = timedelta(seconds=LEASE_SECONDS) + timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a look brought: whether the text is there, and words for the model."""

    found: bool
    words: str


@dataclass
class Search:
    """Looks for texts of one account."""

    client: AlloClient
    inbox: Inbox
    outbox: Outbox

    async def look(self, send: Send) -> Finding:
        """Look once; a text that is there counts only if no other row is known to be that text."""
        if send.message_digest is None or not send.recipients:
            return Finding(found=False, words="Only texts can be looked for; read the account before repeating it.")
        since, until = send.asked_at - EARLIER, send.asked_at + LATER
        others = await self.outbox.twins_sent(send, since, until)
        number = send.recipients[0]
        if await self._in_inbox(send, number, since, until) > others:
            return Finding(found=True, words="The inbox holds Allo's notice that it was sent.")
        try:
            count = await self._in_conversation(send, number, since, until)
        except ForbiddenError:
            words = "The conversation cannot be read with this key (CONVERSATIONS_READ), and the inbox has no notice."
            return Finding(found=False, words=words)
        except WithalloError:
            return Finding(found=False, words="The conversation could not be read just now; ask again later.")
        if count > others:
            return Finding(found=True, words="It stands in the conversation.")
        return Finding(found=False, words="It is neither in the conversation nor in the inbox so far.")

    async def _in_inbox(self, send: Send, number: str, since: datetime, until: datetime) -> int:
        query = EventQuery(
            topics=("sms.sent", "sms.received"), contact_numbers=(number,), since=since, until=until, limit=100
        )
        page = await self.inbox.list(query)
        return sum(
            event.direction != "INBOUND" and text_digest(event.data.get("content")) == send.message_digest
            for event in page.events
        )

    async def _in_conversation(self, send: Send, number: str, since: datetime, until: datetime) -> int:
        wanted = ItemFilter(contact_number=number, direction="OUTBOUND", type="SMS", since=since, until=until)
        page = await self.client.conversations.search(wanted, size=100)
        return sum(text_digest(item.content) == send.message_digest for item in page.items)
