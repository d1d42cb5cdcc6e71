"""Searches calls and texts over all lines at once (API contract 6.7)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Literal

from withallo_client import AlloClient, Item, ItemFilter
from withallo_tools.call_facts import facts_of_item
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
_MOST_REQUESTS = 20
_FULL_PAGE = 100


@dataclass(frozen=True, slots=True)
class ItemQuery:
    """What is looked for.

    Attributes:
        filter: All but the order and the other party's number.
        numbers: Numbers of the other party; none means anybody.
        missed: Only calls that came in and that none of us answered.
        transcripts: Whether to bring transcripts along.
    """

    filter: ItemFilter
    numbers: tuple[str, ...]
    order: Order
    missed: bool
    limit: int
    transcripts: bool

    @property
    def size(self) -> int:
        """Rows of a page: just enough where every row counts."""
        if self.missed:
            return _FULL_PAGE
        return page_size(self.limit) if self.order == "newest" else self.limit

    def keeps(self, item: Item) -> bool:
        """Whether an item is wanted, as far as Allo cannot tell."""
        return not self.missed or (item.kind == "CALL" and facts_of_item(item).was_missed)


@dataclass(frozen=True, slots=True)
class Hits:
    """What was found.

    Attributes:
        total: How many match in all, where that is known.
        position_after: Where to go on after the first so many, as JSON; None when nothing is left.
    """

    items: Sequence[Item]
    total: int | None
    position_after: Callable[[int], object]


@dataclass(frozen=True, slots=True)
class _Hit:
    item: Item

    @property
    def id(self) -> str:
        return self.item.id

    @property
    def at(self) -> datetime | None:
        return self.item.date


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
    filters = [replace(asked, contact_number=number) for number in query.numbers or (None,)]
    if query.order != "newest":
        return await _in_order(client, query, filters, position)
    sources = [Source(partial(_page, client, query, each)) for each in filters]
    span = TimeRange(asked.since, asked.until)
    wanted: Wanted[_Hit] = Wanted(span, query.limit, lambda hit: query.keeps(hit.item), Position.from_json(position))
    found = await newest(sources, wanted, max_requests=_MOST_REQUESTS)

    def position_after(shown: int) -> object:
        last = found.cut(shown).position
        return last.as_json() if last else None

    return Hits([hit.item for hit in found.rows], found.total, position_after)


async def _page(client: AlloClient, query: ItemQuery, asked: ItemFilter, page: int) -> Batch[_Hit]:
    found = await client.conversations.search(asked, page + 1, query.size, _extension(query))
    return Batch([_Hit(item) for item in found.items], found.has_more, found.total_count)


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
        total = found.total_count if len(filters) == 1 and not query.missed else None
        following = (place, page + 1, 0) if found.has_more else (place + 1, 1, 0)
        for index, item in enumerate(found.items[skip:], start=skip + 1):
            if query.keeps(item) and len(items) < query.limit:
                items.append(item)
                places.append((place, page, index) if index < len(found.items) else following)
        place, page, skip = following

    def position_after(shown: int) -> object:
        last = places[shown - 1] if 0 < shown <= len(places) else (place, page, skip)
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


def _extension(query: ItemQuery) -> Literal["transcript"] | None:
    return "transcript" if query.transcripts else None
