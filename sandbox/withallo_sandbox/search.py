"""Finding calls and texts: filters, words and spellings of the item search (API contract 6.7)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal

from pydantic import Field

from withallo_sandbox.account import Account, words
from withallo_sandbox.errors import invalid
from withallo_sandbox.records import Call, Item
from withallo_sandbox.requests import Body
from withallo_sandbox.shapes import v2
from withallo_sandbox.variants import RESULTS, SORTS, TYPES, Variants, understood


class ItemSearch(Body):
    """Body of a search; every member is optional."""

    allo_number: str | None = None
    contact_number: str | None = None
    user_id: str | None = None
    direction: Literal["INBOUND", "OUTBOUND"] | None = None
    type: str | None = None
    result: str | None = None
    tags: list[str] | None = None
    unread: bool | None = None
    unresponded: bool | None = None
    has_recording: bool | None = None
    search: str | None = Field(None, max_length=1000)
    sort: str | None = None
    extend: str | None = None
    page: int = 1
    size: int = 20
    date: Any = None
    date_from: Any = None
    date_to: Any = None


@dataclass(frozen=True, slots=True)
class _Range:
    start: datetime | None = None
    end: datetime | None = None

    def holds(self, moment: datetime) -> bool:
        return (self.start is None or moment >= self.start) and (self.end is None or moment < self.end)


class ItemSearcher:
    """One search over an account.

    Args:
        account: What is searched.
        variants: Which spellings are understood.
        query: What is asked.

    Raises:
        RefusedError: When a spelling is not understood and the variant refuses it, or dates make no range.
    """

    def __init__(self, account: Account, variants: Variants, query: ItemSearch) -> None:
        self._account = account
        self._variants = variants
        self._query = query
        self._kind = self._meaning("type", query.type, TYPES)
        self._result = self._meaning("result", query.result, RESULTS)
        self._sort = self._meaning("sort", query.sort, SORTS) or "NEWEST"
        self._range = self._dates()
        self._words = words(query.search or "")
        if query.search and query.search.strip() and not self._words:
            raise invalid("search", "search holds no word.", "INVALID_SEARCH_QUERY")

    def items(self) -> list[Item]:
        """What matches, in the order asked for."""
        query = self._query
        newest = self._account.timeline.newest_first(line=query.allo_number, contact=query.contact_number)
        tests = list(self._tests())
        found = [item for item in newest if self._range.holds(item.date) and all(test(item) for test in tests)]
        if self._sort == "OLDEST":
            found.reverse()
        if self._sort == "RELEVANCE" and self._words:
            found.sort(key=self._relevance, reverse=True)
        return found

    def _meaning(self, field: str, word: str | None, tables: dict[str, dict[str, str | None]]) -> str | None:
        known = understood(tables, self._variants.enums)
        if word is not None and word not in known and self._variants.others == "refuse":
            raise invalid(field, f"{field} must be one of {', '.join(known)}.")
        return known.get(word) if word is not None else None

    def _dates(self) -> _Range:
        query = self._query
        flat = {name: value for name, value in (("from", query.date_from), ("to", query.date_to)) if value is not None}
        nested = query.date
        if self._variants.dates == "nested" and flat:
            self._not_understood("date_from")
            flat = {}
        if self._variants.dates == "flat" and nested is not None:
            self._not_understood("date")
            nested = None
        if nested is None:
            return _range(flat)
        if not isinstance(nested, dict) or not {"from", "to"} <= nested.keys():
            raise invalid("date", "date must hold from and to.", "INVALID_DATE_RANGE")
        return _range(nested)

    def _not_understood(self, field: str) -> None:
        if self._variants.others == "refuse":
            raise invalid(field, f"{field} is not a known member.")

    def _tests(self) -> Iterator[Callable[[Item], bool]]:
        query = self._query
        if self._kind:
            yield lambda item: isinstance(item, Call) == (self._kind == "CALL")
        if self._result:
            yield lambda item: isinstance(item, Call) and v2.result(item, self._variants) == self._result
        if query.direction:
            yield lambda item: item.direction == query.direction
        if query.user_id:
            yield lambda item: item.user is not None and item.user.id == query.user_id
        if query.tags:
            wanted = frozenset(query.tags)
            yield lambda item: isinstance(item, Call) and not wanted.isdisjoint(item.tags)
        if query.unread is not None:
            yield lambda item: item.read != query.unread
        if query.has_recording is not None and self._variants.enums in {"any", "peer"}:
            yield lambda item: (isinstance(item, Call) and item.recorded) == query.has_recording
        if query.unresponded is not None:
            yield lambda item: self._account.unanswered(item) == query.unresponded
        if self._words:
            yield lambda item: self._relevance(item) > 0

    def _relevance(self, item: Item) -> int:
        total = 0
        for word in self._words:
            hits = self._account.hits(item, word)
            if not hits:
                return 0
            total += hits
        return total


def _range(bounds: dict[str, Any]) -> _Range:
    """Whole days in UTC, both included: the zone of the live search was never seen."""
    start, end = (_day(bounds.get(name), name) for name in ("from", "to"))
    if start and end and start > end:
        raise invalid("date", "from is after to.", "INVALID_DATE_RANGE")
    midnight = time(tzinfo=UTC)
    return _Range(
        datetime.combine(start, midnight) if start else None,
        datetime.combine(end + timedelta(days=1), midnight) if end and end < date.max else None,
    )


def _day(text: Any, name: str) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text[:10]) if isinstance(text, str) else date.fromisoformat("")
    except ValueError:
        raise invalid("date", f"{name} must be a date such as 2026-03-02.", "INVALID_DATE_RANGE") from None
