"""The calls of the last days, kept for a moment: what menus offer while somebody types."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

import anyio

from withallo_client import AlloClient
from withallo_tools.call_facts import CallFacts
from withallo_tools.call_search import CallQuery, search
from withallo_tools.keywords import plain
from withallo_tools.lines import own_lines
from withallo_tools.names import name_of, names_for
from withallo_tools.services import Services
from withallo_tools.times import TimeRange

KEPT = timedelta(seconds=60)
MOST = 50


class RecentCalls:
    """The newest calls of each account that this process serves, fetched at most once a minute."""

    def __init__(self) -> None:
        self._kept: WeakKeyDictionary[AlloClient, tuple[datetime, list[CallFacts]]] = WeakKeyDictionary()
        self._locks: WeakKeyDictionary[AlloClient, anyio.Lock] = WeakKeyDictionary()

    async def of(self, reach: Services) -> list[CallFacts]:
        """The newest calls over all lines, newest first."""
        async with self._locks.setdefault(reach.client, anyio.Lock()):
            kept = self._kept.get(reach.client)
            if kept is None or abs(reach.now() - kept[0]) > KEPT:
                lines = tuple(line.number for line in await own_lines(reach) if line.number)
                query = CallQuery(
                    lines=lines, every_line=True, numbers=(), span=TimeRange(), way="any", how="any", limit=MOST
                )
                kept = (reach.now(), (await search(reach, query)).rows)
                self._kept[reach.client] = kept
            return kept[1]

    async def ids_like(self, reach: Services, typed: str) -> Iterable[str]:
        """Ids of recent calls that begin so, or whose other party has a name or number like this."""
        calls = await self.of(reach)
        names = await names_for(reach, [call.number for call in calls])
        wanted = plain(typed.strip())

        def fits(call: CallFacts) -> bool:
            who = (call.id, call.number or "", name_of(call.number, names, call.name))
            return any(wanted in plain(word) for word in who)

        return [call.id for call in calls if fits(call)]
