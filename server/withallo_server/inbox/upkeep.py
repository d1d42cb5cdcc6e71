"""What an inbox needs from time to time: gaps filled, old events removed."""

import functools
import logging
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Final

import anyio

from withallo_client import WithalloError
from withallo_server.database import StorageError
from withallo_server.guardrails.opt_outs import OptOuts
from withallo_server.inbox.inbox import AccountInbox
from withallo_server.inbox.reconcile import Reconciler
from withallo_server.inbox.settings import InboxSettings
from withallo_server.inbox.writing import prune
from withallo_tools.services import Services

logger = logging.getLogger(__name__)

PRUNE_EVERY: Final = timedelta(hours=1)
_PRUNED_AT_ONCE = 1000


async def keep_up(inbox: AccountInbox, reach: Services, rules: InboxSettings) -> None:
    """Reconcile with the API and hold to the retention until cancelled."""

    async def lines() -> list[str] | None:
        try:
            return [line.number for line in await reach.numbers() if line.number]
        except WithalloError:
            return None

    async with anyio.create_task_group() as tasks:
        try:
            tasks.start_soon(Reconciler(inbox, reach.client, lines, reach.now).run)
        except WithalloError as error:
            logger.info("Without a key the inbox is not reconciled: %s", error)
        while True:
            try:
                async for _ in prune_in_steps(inbox, before=expiry(rules, reach.now()), keep=rules.inbox_events):
                    pass
            except StorageError as error:
                logger.warning("Old events stay for now: %s", error)
            await anyio.sleep(PRUNE_EVERY.total_seconds())


def expiry(rules: InboxSettings, now: datetime) -> datetime:
    """Events received before this are too old."""
    return now - timedelta(days=rules.inbox_days)


async def prune_in_steps(inbox: AccountInbox, *, before: datetime | None, keep: int | None) -> AsyncIterator[int]:
    """Delete old events a thousand at a time, so that deliveries get in between; yields how many went each time.

    Who asked in them for no more texts is learned first: that outlives the inbox.
    """
    await OptOuts(inbox.store.database, inbox.account, inbox).learn()
    work = functools.partial(prune, account=inbox.account, before=before, keep=keep, most=_PRUNED_AT_ONCE)
    while True:
        gone = await inbox.store.database.write(work)
        yield gone
        if gone < _PRUNED_AT_ONCE:
            return
