"""Several paged sources are merged with as few requests as the routes allow."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mcp.server.mcpserver.exceptions import ToolError

from withallo_tools.newest import Batch, Newest, Position, Source, Wanted, newest
from withallo_tools.times import TimeRange

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Item:
    """A row with its time."""

    id: str
    at: datetime | None


class Lines:
    """Rows of several lines, and how often pages of them were fetched."""

    def __init__(self, minutes: Sequence[Sequence[int]], size: int) -> None:
        self.size = size
        self.fetched = 0
        self.rows = [
            [Item(f"{line}-{minute}", BEGIN + timedelta(minutes=minute)) for minute in sorted(each, reverse=True)]
            for line, each in enumerate(minutes)
        ]

    def sources(self) -> list[Source[Item]]:
        return [Source(partial(self.fetch, rows)) for rows in self.rows]

    async def fetch(self, rows: Sequence[Item], page: int) -> Batch[Item]:
        self.fetched += 1
        first = page * self.size
        return Batch(rows[first : first + self.size], first + self.size < len(rows))

    async def find(
        self, limit: int, after: Position | None = None, span: TimeRange | None = None, bound: int = 60
    ) -> Newest[Item]:
        wanted: Wanted[Item] = Wanted(span or TimeRange(), limit, lambda row: True, after)
        return await newest(self.sources(), wanted, max_requests=bound)


@pytest.mark.anyio
async def test_only_lines_whose_next_page_may_matter_are_asked_again() -> None:
    lines = Lines([range(100, 200), range(50), [60]], size=10)
    found = await lines.find(15)
    assert [row.id for row in found.rows] == [f"0-{minute}" for minute in range(199, 184, -1)]
    assert lines.fetched == 4


@pytest.mark.anyio
async def test_every_line_is_asked_once_however_many_there_are() -> None:
    lines = Lines([[place] for place in range(70)], size=10)
    found = await lines.find(100, bound=60)
    assert len(found.rows) == 70
    assert (lines.fetched, found.looked_back_to) == (70, None)


@pytest.mark.anyio
async def test_a_row_is_judged_once_however_many_pages_there_are() -> None:
    judged: list[str] = []
    lines = Lines([range(200)], size=10)

    def keep(row: Item) -> bool:
        judged.append(row.id)
        return False

    wanted: Wanted[Item] = Wanted(TimeRange(), 10, keep)
    await newest(lines.sources(), wanted)
    assert len(judged) == len(set(judged)) == 200


@pytest.mark.anyio
async def test_a_range_stops_the_search_at_its_beginning() -> None:
    lines = Lines([range(1000)], size=10)
    span = TimeRange(BEGIN + timedelta(minutes=985), BEGIN + timedelta(minutes=995))
    found = await lines.find(50, span=span)
    assert [row.id for row in found.rows] == [f"0-{minute}" for minute in range(994, 984, -1)]
    assert (lines.fetched, found.position, found.total) == (2, None, None)


@pytest.mark.anyio
async def test_the_bound_shows_only_what_is_complete_and_goes_on_from_there() -> None:
    lines = Lines([range(0, 300, 2), range(1, 300, 2)], size=10)
    wanted = [f"{minute % 2}-{minute}" for minute in range(299, -1, -1)]
    shown: list[str] = []
    position = None
    for _ in range(100):
        found = await lines.find(1000, position, bound=6)
        assert found.position is None or found.looked_back_to is not None
        shown += [row.id for row in found.rows]
        position = found.position
        if position is None:
            break
    assert shown == wanted


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 400), max_size=40, unique=True), min_size=1, max_size=4),
    st.integers(1, 9),
    st.integers(1, 9),
)
def test_paging_shows_every_row_once_newest_first(minutes: list[list[int]], size: int, limit: int) -> None:
    import anyio

    lines = Lines(minutes, size)
    wanted = sorted((row for rows in lines.rows for row in rows), key=lambda row: (row.at, row.id), reverse=True)

    async def page_through() -> list[str]:
        shown: list[str] = []
        position: Position | None = None
        while True:
            found = await lines.find(limit, position)
            shown += [row.id for row in found.rows]
            position = Position.from_json(found.position.as_json()) if found.position else None
            if position is None:
                return shown

    assert anyio.run(page_through) == [row.id for row in wanted]


@pytest.mark.anyio
async def test_rows_without_a_time_come_last_and_once() -> None:
    async def fetch(page: int) -> Batch[Item]:
        return Batch([Item("b", None), Item("a", BEGIN)], False)

    wanted: Wanted[Item] = Wanted(TimeRange(), 5, lambda row: True)
    found = await newest([Source(fetch)], wanted)
    assert [row.id for row in found.rows] == ["a", "b"]


def test_an_answer_that_was_cut_goes_on_after_its_last_row() -> None:
    rows = [Item(str(number), BEGIN - timedelta(minutes=number)) for number in range(5)]
    cut = Newest(rows, None, 5).cut(2)
    assert [row.id for row in cut.rows] == ["0", "1"]
    assert cut.position == Position(BEGIN - timedelta(minutes=1), "1", 0)


@pytest.mark.parametrize(
    "value", ["x", [1, 2, 3], [1, "a", -1], [10**18, "a", 0], [-9 * 10**16, "a", 0], [1, "a"], {"a": 1}]
)
def test_a_position_that_is_none_of_ours_is_refused(value: object) -> None:
    with pytest.raises(ToolError, match="cursor"):
        Position.from_json(value)
