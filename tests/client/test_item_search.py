"""A small live API with one spelling of its own stands behind the client here."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from withallo_client import AlloClient, Clock, InvalidArgumentError, Item, ItemFilter, Page, ValidationError

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass
class LiveApi:
    """Forty items, one every six hours, newest first; `takes` says what it does with a search."""

    takes: Callable[[dict[str, Any], list[dict[str, Any]]], list[dict[str, Any]]]
    searches: list[dict[str, Any]] = field(default_factory=list)

    def client(self, clock: Clock) -> AlloClient:
        return AlloClient("ak_live_x", transport=httpx.MockTransport(self._answer), clock=clock)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        search = json.loads(request.content)
        self.searches.append(search)
        try:
            rows = self.takes(search, [row(number) for number in range(40)])
        except RefusedError as refusal:
            return httpx.Response(400, json={"error": refusal.args[0]})
        page, size = search["page"], search["size"]
        shown = rows[(page - 1) * size : page * size]
        pagination = {"total_count": len(rows), "has_more": page * size < len(rows)}
        return httpx.Response(200, json={"data": shown, "pagination": pagination})


class RefusedError(Exception):
    """What a live API says to a spelling it does not know."""


def row(number: int) -> dict[str, Any]:
    results = ("ANSWERED", "VOICEMAIL", "MISSED")
    call = number % 2 == 0
    return {
        "id": f"{'cll' if call else 'msg'}-{number}",
        "type": "CALL" if call else "SMS",
        "direction": "INBOUND" if number % 4 < 2 else "OUTBOUND",
        "date": (NOW - number * DAY / 4).isoformat(),
        "result": results[number // 2 % 3] if call else None,
        "recording_url": "https://api.withallo.com/r" if number % 4 == 0 else None,
    }


def within(rows: list[dict[str, Any]], first: str, last: str) -> list[dict[str, Any]]:
    return [one for one in rows if first <= one["date"][:10] <= last]


def nested_dates(search: dict[str, Any], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return within(rows, search["date"]["from"], search["date"]["to"]) if "date" in search else rows


def flat_dates(search: dict[str, Any], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return within(rows, search["date_from"], search["date_to"]) if "date_from" in search else rows


def flat_dates_only(search: dict[str, Any], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if "date" in search:
        raise RefusedError({"code": "INVALID_REQUEST_BODY", "param": "date", "message": "no"})
    return flat_dates(search, rows)


def no_dates(search: dict[str, Any], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return rows


def no_dates_and_says_so(search: dict[str, Any], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if search.keys() & {"date", "date_from"}:
        raise RefusedError({"code": "INVALID_DATE_RANGE", "message": "no"})
    return rows


WEEK_AGO = ItemFilter(since=NOW - 7 * DAY, until=NOW - 5 * DAY)
WANTED = [f"{'cll' if number % 2 == 0 else 'msg'}-{number}" for number in range(21, 29)]


async def everything(client: AlloClient, wanted: ItemFilter, size: int = 100) -> list[Item]:
    items: list[Item] = []
    for page in range(1, 20):
        found = await client.conversations.search(wanted, page, size)
        items += found.items
        if not found.has_more:
            break
    return items


@pytest.mark.parametrize("dates", [nested_dates, flat_dates, flat_dates_only, no_dates, no_dates_and_says_so])
async def test_a_range_of_dates_is_kept_however_allo_spells_dates(clock: Clock, dates: Any) -> None:
    async with LiveApi(dates).client(clock) as client:
        assert [item.id for item in await everything(client, WEEK_AGO)] == WANTED
        assert [item.id for item in await everything(client, WEEK_AGO, size=7)] == WANTED


async def test_the_form_that_worked_is_remembered(clock: Clock) -> None:
    live = LiveApi(flat_dates)
    async with live.client(clock) as client:
        await client.conversations.search(WEEK_AGO)
        assert ["date" in search for search in live.searches] == [True, False]

        await client.conversations.search(WEEK_AGO)

    assert ["date" in search for search in live.searches] == [True, False, False]
    assert live.searches[2]["date_from"] == "2026-03-03"


async def test_rows_out_of_order_are_put_in_order_and_not_asked_about_for_ever(clock: Clock) -> None:
    def swapped(search: dict[str, Any], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [rows[1], rows[0], *rows[2:]]

    live = LiveApi(swapped)
    async with live.client(clock) as client:
        for _ in range(10):
            found = await client.conversations.search(ItemFilter(), 1, 10)
            assert [item.id for item in found.items][:3] == ["cll-0", "msg-1", "cll-2"]
        asked = len(live.searches)
        await client.conversations.search(ItemFilter(), 1, 10)
    assert len(live.searches) == asked + 1


async def test_the_hour_that_occurs_twice_is_a_range_of_its_own(clock: Clock) -> None:
    paris = ZoneInfo("Europe/Paris")
    first, second = (datetime(2026, 10, 25, 2, 30, fold=fold, tzinfo=paris) for fold in (0, 1))
    async with LiveApi(nested_dates).client(clock) as client:
        assert (await client.conversations.search(ItemFilter(since=first, until=second))).items == []
    with pytest.raises(InvalidArgumentError):
        ItemFilter(since=second, until=first)


async def test_each_client_learns_for_itself(clock: Clock) -> None:
    live = LiveApi(flat_dates)
    async with live.client(clock) as first, live.client(clock) as second:
        await first.conversations.search(WEEK_AGO)
        await second.conversations.search(WEEK_AGO)

    assert ["date" in search for search in live.searches] == [True, False, True, False]


async def test_a_count_is_given_only_when_it_is_right(clock: Clock) -> None:
    odd = ItemFilter(since=NOW - 7 * DAY, until=NOW - 5 * DAY)
    whole = ItemFilter(since=datetime(2026, 3, 3, tzinfo=UTC), until=datetime(2026, 3, 5, tzinfo=UTC))
    async with LiveApi(nested_dates).client(clock) as client:
        assert (await client.conversations.search(odd, size=100)).total_count == 8
        assert (await client.conversations.search(odd, size=4)).total_count is None
        assert (await client.conversations.search(whole, size=4)).total_count == 8
        assert (await client.conversations.search(ItemFilter(), size=4)).total_count == 40


async def test_rows_left_out_here_are_owned_up_to(clock: Clock) -> None:
    async with LiveApi(no_dates).client(clock) as client:
        found: Page[Item] = await client.conversations.search(WEEK_AGO, size=10)

    assert found.filtered is True
    assert found.total_count is None


async def test_pages_past_the_range_are_not_asked_for(clock: Clock) -> None:
    live = LiveApi(no_dates)
    async with live.client(clock) as client:
        await everything(client, ItemFilter(since=NOW - DAY), size=10)

    assert max(search["page"] for search in live.searches) == 1


async def test_both_calendars_of_a_range_are_covered(clock: Clock) -> None:
    live = LiveApi(nested_dates)
    tokyo = datetime.fromisoformat("2026-03-05T00:00:00+09:00")
    async with live.client(clock) as client:
        items = await everything(client, ItemFilter(since=tokyo, until=tokyo + DAY))

    assert live.searches[0]["date"] == {"from": "2026-03-04", "to": "2026-03-05"}
    assert items
    assert all(item.date and tokyo <= item.date < tokyo + DAY for item in items)


def one_word_for(member: str, *words: str, silent: bool = False) -> Any:
    def takes(search: dict[str, Any], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        value = search.get(member)
        if value is not None and value not in words:
            if silent:
                return rows
            raise RefusedError({"code": "INVALID_REQUEST_BODY", "message": f"unknown {value}"})
        if member == "type" and value:
            return [one for one in rows if (one["type"] == "CALL") == (value == "CALL")]
        if member == "result" and value:
            return [one for one in rows if one["result"] == value]
        if member == "sort" and value in {"DATE_ASC", "OLDEST"}:
            return rows[::-1]
        return rows

    return takes


@pytest.mark.parametrize("silent", [False, True])
@pytest.mark.parametrize("words", [("CALL", "SMS"), ("CALL", "TEXT_MESSAGE"), ()])
async def test_messages_alone_come_however_allo_calls_them(clock: Clock, words: tuple[str, ...], silent: bool) -> None:
    async with LiveApi(one_word_for("type", *words, silent=silent)).client(clock) as client:
        items = await everything(client, ItemFilter(type="SMS"))
        calls = await everything(client, ItemFilter(type="CALL"))

    assert {item.kind for item in items} == {"SMS"}
    assert {item.kind for item in calls} == {"CALL"}
    assert (len(items), len(calls)) == (20, 20)


@pytest.mark.parametrize("silent", [False, True])
@pytest.mark.parametrize(
    ("words", "expected"), [(("MISSED", "VOICEMAIL"), {"MISSED"}), (("VOICEMAIL",), {"VOICEMAIL"})]
)
async def test_missed_calls_come_as_such_or_as_voicemails(
    clock: Clock, words: tuple[str, ...], expected: set[str], silent: bool
) -> None:
    async with LiveApi(one_word_for("result", *words, silent=silent)).client(clock) as client:
        items = await everything(client, ItemFilter(result="MISSED"))

    assert {item.result for item in items} == expected
    assert "VOICEMAIL" not in expected or {item.direction for item in items} == {"INBOUND"}


@pytest.mark.parametrize("silent", [False, True])
@pytest.mark.parametrize("word", ["DATE_ASC", "OLDEST"])
async def test_oldest_first_however_allo_spells_it(clock: Clock, word: str, silent: bool) -> None:
    async with LiveApi(one_word_for("sort", word, silent=silent)).client(clock) as client:
        found = await client.conversations.search(ItemFilter(sort="DATE_ASC"), size=10)

    assert [item.id for item in found.items] == [row(number)["id"] for number in range(39, 29, -1)]


@pytest.mark.parametrize("size", [1, 7, 10, 20, 40, 100])
async def test_oldest_first_is_counted_from_the_end_where_allo_has_no_word_for_it(clock: Clock, size: int) -> None:
    async with LiveApi(one_word_for("sort", "DATE")).client(clock) as client:
        first = await client.conversations.search(ItemFilter(sort="DATE_ASC"), size=size)
        pages = [await client.conversations.search(ItemFilter(sort="DATE_ASC"), page, size) for page in range(1, 42)]

    assert first.items[0].id == "msg-39"
    found = [item.id for page in pages for item in page.items]
    assert found == [row(number)["id"] for number in range(39, -1, -1)]
    assert next(page.page for page in pages if not page.has_more) == -(-40 // size)


async def test_newest_first_is_asked_for_when_it_is_not_the_default(clock: Clock) -> None:
    def oldest_by_default(search: dict[str, Any], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return rows if search.get("sort") == "RECENT" else rows[::-1]

    async with LiveApi(oldest_by_default).client(clock) as client:
        found = await client.conversations.search(ItemFilter(), size=3)

    assert [item.id for item in found.items] == ["cll-0", "msg-1", "cll-2"]


@pytest.mark.parametrize("has_recording", [True, False])
async def test_a_filter_that_allo_does_not_know_is_applied_here(clock: Clock, has_recording: bool) -> None:
    async with LiveApi(no_dates).client(clock) as client:
        items = await everything(client, ItemFilter(has_recording=has_recording))

    assert {item.recording_url is not None for item in items} == {has_recording}


async def test_directions_and_numbers_are_checked_here_too(clock: Clock) -> None:
    async with LiveApi(no_dates).client(clock) as client:
        items = await everything(client, ItemFilter(direction="INBOUND"))

    assert {item.direction for item in items} == {"INBOUND"}


async def test_a_refusal_that_names_something_else_is_passed_on(clock: Clock) -> None:
    def wrong_number(search: dict[str, Any], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        raise RefusedError({"code": "INVALID_PHONE_FORMAT", "param": "allo_number", "message": "no"})

    live = LiveApi(wrong_number)
    async with live.client(clock) as client:
        with pytest.raises(ValidationError) as caught:
            await client.conversations.search(ItemFilter(allo_number="12", since=NOW - DAY))

    assert caught.value.code == "INVALID_PHONE_FORMAT"
    assert len(live.searches) == 1


async def test_a_search_refused_in_every_spelling_raises_the_first_refusal(clock: Clock) -> None:
    def nothing_goes(search: dict[str, Any], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        raise RefusedError({"code": "INVALID_SEARCH_QUERY", "message": f"try {len(live.searches)}"})

    live = LiveApi(nothing_goes)
    async with live.client(clock) as client:
        with pytest.raises(ValidationError, match="try 1"):
            await client.conversations.search(ItemFilter(search="!", since=NOW - DAY))

    assert len(live.searches) <= 8


async def test_a_range_too_wide_for_allo_teaches_nothing_about_spelling(clock: Clock) -> None:
    def narrow_ranges(search: dict[str, Any], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if search.get("date", search.get("date_from")) and "2015" in json.dumps(search):
            raise RefusedError({"code": "DATE_RANGE_TOO_WIDE", "message": "no"})
        return nested_dates(search, rows)

    live = LiveApi(narrow_ranges)
    async with live.client(clock) as client:
        items = await everything(client, ItemFilter(until=NOW - 5 * DAY))
        await client.conversations.search(WEEK_AGO)

    assert all(item.date and item.date < NOW - 5 * DAY for item in items)
    assert "date" in live.searches[-1]


@pytest.mark.parametrize("dates", [nested_dates, flat_dates])
async def test_one_odd_row_does_not_take_the_dates_away_for_good(clock: Clock, dates: Any) -> None:
    odd = {**row(0), "id": "cll-odd", "date": "1999-01-01T00:00:00Z"}
    strange = True

    def with_an_odd_row(search: dict[str, Any], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [*dates(search, rows), odd] if strange else dates(search, rows)

    live = LiveApi(with_an_odd_row)
    async with live.client(clock) as client:
        assert [item.id for item in await everything(client, WEEK_AGO)] == WANTED
        strange = False
        await client.conversations.search(WEEK_AGO)
        assert live.searches[-1].keys() & {"date", "date_from"}
        assert [item.id for item in await everything(client, WEEK_AGO)] == WANTED


@pytest.mark.parametrize("size", [7, 10, 40])
async def test_oldest_first_is_counted_by_pages_where_allo_tells_only_those(clock: Clock, size: int) -> None:
    def pages_only(request: httpx.Request) -> httpx.Response:
        search = json.loads(request.content)
        start = (search["page"] - 1) * size
        rows = [row(number) for number in range(start, min(start + size, 40))]
        last = -(-40 // size)
        return httpx.Response(
            200, json={"data": rows, "pagination": {"total_pages": last, "has_more": search["page"] < last}}
        )

    async with AlloClient("ak_live_x", transport=httpx.MockTransport(pages_only), clock=clock) as client:
        items = await everything(client, ItemFilter(sort="DATE_ASC"), size=size)

    assert [item.id for item in items] == [row(number)["id"] for number in range(39, -1, -1)]


async def test_oldest_first_is_refused_where_allo_can_neither_sort_nor_count(clock: Clock) -> None:
    def newest(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"data": [row(0), row(1)], "pagination": {"has_more": True}})

    async with AlloClient("ak_live_x", transport=httpx.MockTransport(newest), clock=clock) as client:
        with pytest.raises(InvalidArgumentError, match="oldest first"):
            await client.conversations.search(ItemFilter(sort="DATE_ASC"), size=2)
