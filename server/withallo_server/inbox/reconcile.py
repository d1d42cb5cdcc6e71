"""Fills the gaps: events may come late or never (API contract 7.5), and a laptop sleeps."""

import functools
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final

import anyio
from sqlalchemy import Connection

from withallo_client import AlloClient, Call, ForbiddenError, Item, ItemFilter, NotFoundError, WithalloError
from withallo_server.database import StorageError
from withallo_server.inbox.events import NewEvent
from withallo_server.inbox.facts import CALL_OVER, read_facts, subject_of
from withallo_server.inbox.inbox import AccountInbox
from withallo_server.inbox.writing import lock, read_mark, write_mark
from withallo_tools.services import EventQuery

logger = logging.getLogger(__name__)

EVERY: Final = timedelta(minutes=5)
GLANCE: Final = timedelta(seconds=10)
OVERLAP: Final = timedelta(hours=3)
"""Looked at again each time: long calls, for a call is dated by its start, and what the API itself shows late."""
FARTHEST: Final = timedelta(days=7)
SETTLED: Final = timedelta(minutes=1)
"""Younger calls and texts are left to their webhook, or may not be over."""

_PAGE = 100
_BEGAN = "inbox began"
_DONE = "reconciled until"
_CLAIM = "reconciling since"

Found = tuple[str, Mapping[str, Any]]


class Reconciler:
    """Asks the API for calls and texts and stores those that no webhook brought, as `source: reconciled`.

    An inbox that never held an event begins now: history is for the API to tell. Without the v2 search only calls are
    found: texts of v1 carry no id that would join them with their webhook.

    Args:
        inbox: Where to.
        client: The API with the key of the account.
        lines: The account's own numbers, None when they are unknown.
        now: The present.
    """

    def __init__(
        self,
        inbox: AccountInbox,
        client: AlloClient,
        lines: Callable[[], Awaitable[Collection[str] | None]],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._inbox = inbox
        self._client = client
        self._lines = lines
        self._now = now

    async def run(self) -> None:
        """Reconcile at once and every few minutes; of several processes on one inbox one does it. Never ends."""
        while True:
            pause = EVERY
            try:
                if await self._claim():
                    await self.reconcile()
                else:
                    pause = EVERY / 2
            except (WithalloError, StorageError) as error:
                logger.info("The inbox is not reconciled this time: %s", error)
            await self._rest(pause)

    async def _rest(self, pause: timedelta) -> None:
        """Wait by the clock on the wall: the one that sleeping goes by stands still while a laptop sleeps."""
        begun = self._now()
        while True:
            await anyio.sleep(min(pause, GLANCE).total_seconds())
            if not timedelta() <= self._now() - begun < pause:
                return

    async def reconcile(self) -> int:
        """Fill the gap since the last time; returns how many events were missing.

        Raises:
            WithalloError: The API could not be asked; the next time begins where this one did.
            StorageError: The inbox cannot be used.
        """
        since, until = await self._span()
        missing = 0
        if since < until:
            async for topic, data in self._found(since, until):
                missing += await self._inbox.store.add(self._event(topic, data))
            if missing:
                logger.info("%d events were missing in the inbox and came from the API", missing)
        await self._inbox.store.database.write(self._mark(_DONE, until))
        return missing

    async def _span(self) -> tuple[datetime, datetime]:
        now = self._now()
        began = await self._read_mark(_BEGAN)
        if began is None:
            seen = (await self._inbox.list(EventQuery(limit=1, newest_first=False))).events
            began = (seen[0].received_at if seen else now).replace(microsecond=0)
            await self._inbox.store.database.write(self._mark(_BEGAN, began))
        done = await self._read_mark(_DONE) or began
        return max(done - OVERLAP, began, now - FARTHEST), now - SETTLED

    async def _read_mark(self, name: str) -> datetime | None:
        work = functools.partial(read_mark, account=self._inbox.account, name=name)
        value = await self._inbox.store.database.read(work)
        return None if value is None else datetime.fromisoformat(value)

    async def _found(self, since: datetime, until: datetime) -> AsyncIterator[Found]:
        try:
            async for item in self._items(since, until):
                yield _of_item(item)
        except (NotFoundError, ForbiddenError) as error:
            logger.debug("The v2 search does not answer (%s); asking v1 for calls", error.code)
            for line in await self._lines() or ():
                async for call in self._calls(line, since, until):
                    yield CALL_OVER, _of_call(call, line)

    async def _items(self, since: datetime, until: datetime) -> AsyncIterator[Item]:
        wanted, before = ItemFilter(since=since, until=until), list[Item]()
        for page in count(1):
            found = await self._client.conversations.search(wanted, page, _PAGE)
            for item in found.items:
                yield item
            if not found.has_more or _repeats(found.items, before):
                return
            before = found.items

    async def _calls(self, line: str, since: datetime, until: datetime) -> AsyncIterator[Call]:
        before = list[Call]()
        for page in count():
            found = await self._client.calls.search(line, page=page, size=_PAGE)
            dated = [call for call in found.items if call.start_date is not None]
            for call in dated:
                if call.start_date is not None and since <= call.start_date < until:
                    yield call
            if not found.has_more or all(call.start_date < since for call in dated if call.start_date):
                return
            if _repeats(found.items, before):
                return
            before = found.items

    def _event(self, topic: str, data: Mapping[str, Any]) -> NewEvent:
        body = {"topic": topic, "version": "2.0", "data": data}
        event_id = f"api_{subject_of(topic, data['id'])}"
        payload = json.dumps(body, ensure_ascii=False)
        return NewEvent(self._inbox.account, event_id, read_facts(body), self._now(), True, "reconciled", payload)

    async def _claim(self) -> bool:
        """Whether no other process did this within the last few minutes."""
        now = self._now()

        def work(connection: Connection) -> bool:
            lock(connection)
            claimed = read_mark(connection, self._inbox.account, _CLAIM)
            if claimed and timedelta() <= now - datetime.fromisoformat(claimed) < EVERY / 2:
                return False
            self._mark(_CLAIM, now)(connection)
            return True

        return await self._inbox.store.database.write(work)

    def _mark(self, name: str, time: datetime) -> Callable[[Connection], None]:
        return functools.partial(write_mark, account=self._inbox.account, name=name, value=time.isoformat())


def _repeats(items: Sequence[object], before: Sequence[object]) -> bool:
    """Whether a page is the one before once more, as where an API does not understand which page is meant."""
    if is_same := bool(items) and items == before:
        logger.warning("Allo gives the same page again and again; what is behind it is not looked at")
    return is_same


def _of_item(item: Item) -> Found:
    """A v2 item in the words of the webhook it should have come with (API contract 7.3)."""
    outbound = item.direction == "OUTBOUND"
    sender, receiver = item.allo_number, item.contact_number
    if not outbound:
        sender, receiver = receiver, sender
    date = item.date.isoformat() if item.date else None
    user = item.user.email if item.user else None
    if item.kind == "CALL":
        minutes = None if item.duration is None else item.duration / 60
        return CALL_OVER, {
            "id": item.id,
            "type": item.direction,
            "result": item.result,
            "start_date": date,
            "length_in_minutes": minutes,
            "from_number": sender,
            "to": receiver,
            "summary": item.summary,
            "tags": list(item.tags),
            "recording_url": item.recording_url,
            "user_email": user,
        }
    return "sms.sent" if outbound else "sms.received", {
        "id": item.id,
        "direction": item.direction,
        "type": item.message_type,
        "content": item.content,
        "sent_at": date,
        "from_number": sender,
        "to_number": receiver,
        "user_email": user,
    }


def _of_call(call: Call, line: str) -> Mapping[str, Any]:
    """A v1 call in the words of the webhook it should have come with."""
    outbound = call.direction == "OUTBOUND" or (call.direction is None and call.from_number == line)
    return {
        "id": call.id,
        "type": "OUTBOUND" if outbound else "INBOUND",
        "result": call.result,
        "start_date": call.start_date.isoformat() if call.start_date else None,
        "length_in_minutes": call.length_in_minutes,
        "from_number": call.from_number,
        "to": call.to_number,
        "summary": call.summary,
        "tags": list(call.tags),
        "recording_url": call.recording_url,
    }
