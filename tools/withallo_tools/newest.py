"""The newest rows out of several paged sources, with as few requests as the routes allow."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Generic, Protocol, TypeVar

from withallo_tools.paging import unreadable
from withallo_tools.times import TimeRange
from withallo_tools.together import together

MAX_REQUESTS = 60
_LARGEST_PAGE = 100
_AFTER_EVERY_ID = "\uffff"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
_BEGINNING = datetime.min.replace(tzinfo=UTC)


def page_size(limit: int) -> int:
    """Rows to ask for where every row counts: one more than shown tells that no other of that moment is left out."""
    return min(limit + 1, _LARGEST_PAGE)


class Dated(Protocol):
    """A row with an id and a time."""

    @property
    def id(self) -> str:
        """Tells rows of the same moment apart."""

    @property
    def at(self) -> datetime | None:
        """When it happened."""


Row = TypeVar("Row", bound=Dated)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a list goes on: after this row, which stood on this page."""

    at: datetime
    row_id: str
    page: int

    def as_json(self) -> list[object]:
        """For a cursor."""
        return [(self.at - _EPOCH) // _TICK, self.row_id, self.page]

    @classmethod
    def from_json(cls, value: object) -> "Position | None":
        """Back from a cursor.

        Raises:
            ToolError: It is none of ours.
        """
        match value:
            case None:
                return None
            case [int(ticks), str(row_id), int(page)] if 0 <= page <= 100_000:
                with suppress(OverflowError):
                    return cls(_EPOCH + ticks * _TICK, row_id, page)
        raise unreadable()


@dataclass(frozen=True, slots=True)
class Batch(Generic[Row]):
    """One page of a source; `total` is how many rows match in all, where the route says."""

    rows: Sequence[Row]
    more: bool
    total: int | None = None


@dataclass(slots=True)
class Source(Generic[Row]):
    """Rows that come page by page, newest first.

    Attributes:
        fetch: Gets the page with this index, counted from 0.
        frontier: Time of the oldest row fetched so far.
    """

    fetch: Callable[[int], Awaitable[Batch[Row]]]
    page: int = 0
    frontier: datetime | None = None
    exhausted: bool = False
    total: int | None = None
    seen: dict[str, tuple[Row, int]] = field(default_factory=dict)

    async def advance(self) -> None:
        """Fetch the next page."""
        found = await self.fetch(self.page)
        for row in found.rows:
            self.seen.setdefault(row.id, (row, self.page))
            if row.at is not None and (self.frontier is None or row.at < self.frontier):
                self.frontier = row.at
        self.total = found.total
        self.exhausted = not found.more
        self.page += 1

    async def rewind(self, place: tuple[datetime, str]) -> None:
        """Begin earlier where rows have moved forward, so that none after a place is skipped."""
        page = self.page
        while True:
            self.page, self.frontier = page, None
            await self.advance()
            if page == 0 or any(_key(row) >= place for row, _ in self.seen.values()):
                return
            page //= 2

    def reaches(self, moment: datetime | None) -> bool:
        """Whether pages not fetched yet may hold rows from this moment on."""
        return not self.exhausted and (moment is None or self.frontier is None or self.frontier >= moment)


@dataclass(frozen=True, slots=True)
class Newest(Generic[Row]):
    """What was found.

    Attributes:
        rows: Newest first.
        position: Where to go on; None when nothing is left.
        total: How many rows match in all, where that is known.
        looked_back_to: Set when the search stopped at its bound: nothing older was looked at.
    """

    rows: list[Row]
    position: Position | None
    total: int | None
    looked_back_to: datetime | None = None
    first_page: int = 0

    def cut(self, shown: int) -> "Newest[Row]":
        """Only the first rows, at least one, going on after them."""
        if shown >= len(self.rows):
            return self
        rows = self.rows[: max(shown, 1)]
        return replace(self, rows=rows, position=Position(*_key(rows[-1]), self.first_page), looked_back_to=None)


@dataclass(frozen=True, slots=True)
class Wanted(Generic[Row]):
    """Which rows, and how many.

    Attributes:
        span: Only rows within.
        limit: How many at most.
        keep: Whether a row is wanted at all.
        after: Go on after this place.
        shrinks: Whether rows leave the list while it is read, as unread ones do, so that later ones move forward.
    """

    span: TimeRange
    limit: int
    keep: Callable[[Row], bool]
    after: Position | None = None
    shrinks: bool = False

    def has(self, row: Row) -> bool:
        """Whether a row belongs to the list, the part already shown included."""
        return (row.at or _BEGINNING) in self.span and self.keep(row)

    def is_due(self, row: Row) -> bool:
        """Whether a row belongs to what is still to be shown."""
        return self.has(row) and (self.after is None or _key(row) < (self.after.at, self.after.row_id))


async def newest(
    sources: Sequence[Source[Row]], wanted: Wanted[Row], *, max_requests: int = MAX_REQUESTS
) -> Newest[Row]:
    """Merge sources, newest first, and fetch only pages that may still change the answer.

    Args:
        sources: Each newest first; asked side by side.
        wanted: What to look for.
        max_requests: Where to stop looking; every source is asked once all the same.
    """
    requests, wanted = 0, replace(wanted, keep=_once(wanted.keep))
    first_page = wanted.after.page if wanted.after else 0
    for source in sources:
        source.page = first_page
    if wanted.after and wanted.shrinks:
        place = (wanted.after.at, wanted.after.row_id)
        await together([partial(source.rewind, place) for source in sources])
    while True:
        found = _merged(sources, wanted)
        enough = found[wanted.limit - 1].at if len(found) >= wanted.limit else None
        oldest = max((moment for moment in (wanted.span.start, enough) if moment), default=None)
        due = [source for source in sources if source.reaches(oldest)]
        if not due or (requests and requests + len(due) > max_requests):
            break
        requests += len(due)
        await together([source.advance for source in due])
    horizon = max((source.frontier for source in due if source.frontier), default=None)
    if horizon is not None:
        complete = [row for row in found if row.at and row.at > horizon]
        position = Position(horizon, _AFTER_EVERY_ID, max(0, min(source.page for source in due) - 1))
        return Newest(complete[: wanted.limit], position, None, horizon, first_page)
    rows = found[: wanted.limit]
    more = len(found) > len(rows) or any(source.reaches(wanted.span.start) for source in sources)
    after_last = _position_after(rows[-1], sources) if rows and more else None
    return Newest(rows, after_last, _total(sources, wanted, found), first_page=first_page)


def _once(keep: Callable[[Row], bool]) -> Callable[[Row], bool]:
    """The same judgement, made once for each row: it may mean reading a whole transcript."""
    judged: dict[str, bool] = {}

    def kept(row: Row) -> bool:
        if row.id not in judged:
            judged[row.id] = keep(row)
        return judged[row.id]

    return kept


def _merged(sources: Iterable[Source[Row]], wanted: Wanted[Row]) -> list[Row]:
    rows = {row_id: row for source in sources for row_id, (row, _) in source.seen.items()}
    return sorted(filter(wanted.is_due, rows.values()), key=_key, reverse=True)


def _key(row: Dated) -> tuple[datetime, str]:
    return (row.at or _BEGINNING, row.id)


def _position_after(last: Row, sources: Iterable[Source[Row]]) -> Position:
    """After the last row shown, on the earliest page that may still hold an older one."""
    pages = [
        min((page for row, page in source.seen.values() if _key(row) < _key(last)), default=source.page)
        for source in sources
    ]
    return Position(*_key(last), min(pages))


def _total(sources: Sequence[Source[Row]], wanted: Wanted[Row], found: Sequence[Row]) -> int | None:
    if wanted.after is None and all(source.exhausted for source in sources):
        return len(found)
    totals = [source.total for source in sources if source.total is not None]
    every_row_counts = all(wanted.has(row) for source in sources for row, _ in source.seen.values())
    return sum(totals) if every_row_counts and len(totals) == len(sources) else None
