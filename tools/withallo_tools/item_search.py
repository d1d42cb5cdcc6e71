"""Searches calls and texts over all lines at once (API contract 6.7)."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Literal

from withallo_client import AlloClient, Item, ItemFilter
from withallo_tools.call_facts import facts_of_item
from withallo_tools.keywords import Keyword, plain, searches
from withallo_tools.newest import Batch, Position, Source, Wanted, newest, page_size
from withallo_tools.paging import unreadable
from withallo_tools.times import TimeRange

Order = Literal["newest", "oldest", "relevance"]
_SORTS: dict[Order, Literal["DATE_DESC", "DATE_ASC", "RELEVANCE"]] = {
    "newest": "DATE_DESC",
    "oldest": "DATE_ASC",
    "relevance": "RELEVANCE",
}
DIRECTIONS: dict[str, Literal["INBOUND", "OUTBOUND"]] = {"inbound": "INBOUND", "outbound": "OUTBOUND"}
RESULTS: dict[str, Literal["ANSWERED", "VOICEMAIL", "TRANSFERRED"]] = {
    "answered": "ANSWERED",
    "voicemail": "VOICEMAIL",
    "transferred": "TRANSFERRED",
}
Ending = Literal["any", "answered", "missed", "voicemail", "transferred"]
_MOST_REQUESTS = 20
_FULL_PAGE = 100
_AMONG_MANY = 50
_MIDDLE = datetime(3000, 1, 1, tzinfo=UTC)
_LATEST_YEAR = 4000
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class ItemQuery:
    """What is looked for.

    Attributes:
        filter: All but the order, the words and the other party's number.
        numbers: Numbers of the other party; none means anybody.
        words: What must occur in an item.
        how: How calls ended; Allo has one word for voicemails and for calls that nobody took.
    """

    filter: ItemFilter
    numbers: tuple[str, ...]
    words: tuple[Keyword, ...]
    order: Order
    how: Ending
    limit: int

    @property
    def size(self) -> int:
        """Rows of a page: just enough where every row counts."""
        if self.how == "missed":
            return _FULL_PAGE
        size = self.limit if self.order == "relevance" else page_size(self.limit)
        return size if self.is_exact else max(size, _AMONG_MANY)

    @property
    def is_exact(self) -> bool:
        """Whether everything that Allo finds by the words is wanted."""
        return all(keyword.is_exact for keyword in self.words)

    def keeps(self, item: Item) -> bool:
        """Whether an item is wanted, as far as Allo cannot tell."""
        if self.how != "any" and not ends_as(item, self.how):
            return False
        if self.is_exact or (item.kind == "CALL" and item.transcript is None):
            return True
        return has_every_word(item, self.words)


@dataclass(frozen=True, slots=True)
class Hits:
    """What was found.

    Attributes:
        total: How many match in all, where that is known.
        position_after: Where to go on after the first so many, as JSON; None when nothing is left.
        has_texts: Whether texts were looked at.
        looked_to: Set when the search stopped at its bound: nothing beyond was looked at.
    """

    items: Sequence[Item]
    total: int | None
    position_after: Callable[[int], object]
    has_texts: bool = True
    looked_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """An item; `turned` makes the oldest the newest, for lists that begin with the oldest."""

    item: Item
    turned: bool = False

    @property
    def id(self) -> str:
        """Tells items of the same moment apart."""
        return self.item.id

    @property
    def at(self) -> datetime | None:
        """When it happened, or its counterpart."""
        return _turned(self.item.date) if self.turned else self.item.date


async def search_items(client: AlloClient, query: ItemQuery, position: object) -> Hits:
    """Find items in the order asked for.

    Args:
        client: The Allo API.
        query: What to look for.
        position: Where to go on, out of a cursor.

    Raises:
        ToolError: The position is none of ours.
    """
    asked = replace(query.filter, sort=_SORTS[query.order])
    styles = searches(query.words) or (None,)
    filters = [
        replace(asked, contact_number=number, search=style) for number in query.numbers or (None,) for style in styles
    ]
    if query.order == "relevance":
        return await _in_order(client, query, filters, position)
    sources = [Source(partial(_page, client, query, each)) for each in filters]
    span = TimeRange(asked.since, asked.until)
    if query.order == "oldest":
        start, end = _turned(asked.since), _turned(asked.until)
        span = TimeRange(end and end + _TICK, start and start + _TICK)
    wanted: Wanted[Hit] = Wanted(
        span,
        query.limit,
        lambda hit: query.keeps(hit.item),
        Position.from_json(position),
        shrinks=bool(asked.unread or asked.unresponded),
    )
    found = await newest(sources, wanted, max_requests=_MOST_REQUESTS)

    def position_after(shown: int) -> object:
        last = found.cut(shown).position
        return last.as_json() if last else None

    bound = _turned(found.looked_back_to) if query.order == "oldest" else found.looked_back_to
    return Hits([hit.item for hit in found.rows], found.total, position_after, looked_to=bound)


async def _page(client: AlloClient, query: ItemQuery, asked: ItemFilter, page: int) -> Batch[Hit]:
    found = await client.conversations.search(asked, page + 1, query.size, _extension(query))
    total = found.total_count if query.is_exact else None
    return Batch([Hit(item, query.order == "oldest") for item in found.items], found.has_more, total)


async def _in_order(client: AlloClient, query: ItemQuery, filters: Sequence[ItemFilter], position: object) -> Hits:
    """Page through the filters one after the other, remembering the place after each hit."""
    place, page, skip = _read_place(position, len(filters))
    items: list[Item] = []
    places: list[tuple[int, int, int]] = []
    total: int | None = None
    for _ in range(_MOST_REQUESTS):
        if place >= len(filters) or len(items) >= query.limit:
            break
        found = await client.conversations.search(filters[place], page, query.size, _extension(query))
        total = found.total_count if len(filters) == 1 and query.is_exact and query.how == "any" else None
        following = (place, page + 1, 0) if found.has_more else (place + 1, 1, 0)
        for index, item in enumerate(found.items[skip:], start=skip + 1):
            if len(items) < query.limit and query.keeps(item) and not _came_before(item, filters[:place]):
                items.append(item)
                places.append((place, page, index) if index < len(found.items) else following)
        place, page, skip = following

    def position_after(shown: int) -> object:
        is_all = shown == len(items) < query.limit
        last = (place, page, skip) if is_all else places[max(shown, 1) - 1]
        return list(last) if last[0] < len(filters) else None

    return Hits(items, total, position_after)


def _read_place(position: object, filters: int) -> tuple[int, int, int]:
    match position:
        case None:
            return 0, 1, 0
        case [int(place), int(page), int(skip)] if (
            0 <= place < filters and 1 <= page <= 100_000 and 0 <= skip <= _FULL_PAGE
        ):
            return place, page, skip
        case _:
            raise unreadable()


def has_every_word(item: Item, words: Sequence[Keyword]) -> bool:
    """Whether every keyword occurs in what was said, written or summed up."""
    folded = _folded(item)
    return all(keyword.is_in(folded) for keyword in words)


def ends_as(item: Item, how: Ending) -> bool:
    """Whether an item is a call that ended so; missed includes voicemails."""
    if item.kind != "CALL":
        return False
    call = facts_of_item(item)
    return call.was_missed if how == "missed" else call.how == how


def _came_before(item: Item, filters: Sequence[ItemFilter]) -> bool:
    """Whether an earlier search, for the same words in another spelling, found this item too."""
    folded = _folded(item)
    return any(
        asked.contact_number in (None, item.contact_number)
        and all(re.search(rf"\b{re.escape(word)}", folded) for word in re.findall(r"\w+", asked.search or ""))
        for asked in filters
    )


def _folded(item: Item) -> str:
    said = (line.text for line in item.transcript or ())
    return plain("\n".join((item.content or "", item.summary or "", *said)))


def _turned(moment: datetime | None) -> datetime | None:
    """A moment as far after a middle as it is before it."""
    return None if moment is None or moment.year > _LATEST_YEAR else _MIDDLE + (_MIDDLE - moment)


def _extension(query: ItemQuery) -> Literal["transcript"] | None:
    return "transcript" if query.words else None
