"""What people write about time, read in the account's zone and said back absolutely."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from mcp.server.mcpserver.exceptions import ToolError

from withallo_tools.times import TimeRange, describe, format_local, parse_range, zone_label

if TYPE_CHECKING:
    from tests.tools.conftest import World

PARIS = ZoneInfo("Europe/Paris")
NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 18, 17, 20, tzinfo=PARIS)  # a Wednesday
TONIGHT = "2026-11-19 00:00"


def bounds(since: str | None, until: str | None = None, *, now: datetime = NOW, zone: ZoneInfo = PARIS) -> str:
    """The range as a person would check it."""
    return describe(parse_range(since, until, zone=zone, now=now), zone).split(",")[0]


@pytest.mark.parametrize(
    ("since", "start"),
    [
        ("today", "2026-11-18 00:00"),
        ("since this morning", "2026-11-18 05:00"),
        ("since Monday", "2026-11-16 00:00"),
        ("Wednesday", "2026-11-18 00:00"),
        ("since last Wednesday", "2026-11-11 00:00"),
        ("Monday 3pm", "2026-11-16 15:00"),
        ("yesterday at noon", "2026-11-17 12:00"),
        ("yesterday at 14:05", "2026-11-17 14:05"),
        ("last 7 days", "2026-11-11 00:00"),
        ("the last two weeks", "2026-11-04 00:00"),
        ("past week", "2026-11-11 00:00"),
        ("past hour", "2026-11-18 16:20"),
        ("last 24 hours", "2026-11-17 17:20"),
        ("48h", "2026-11-16 17:20"),
        ("7d", "2026-11-11 00:00"),
        ("this week", "2026-11-16 00:00"),
        ("this month", "2026-11-01 00:00"),
        ("this year", "2026-01-01 00:00"),
        ("2 hours ago", "2026-11-18 15:20"),
        ("an hour ago", "2026-11-18 16:20"),
        ("three days ago", "2026-11-15 00:00"),
        ("a month ago", "2026-10-18 00:00"),
        ("14:00", "2026-11-18 14:00"),
        ("2:30 pm", "2026-11-18 14:30"),
        ("12am", "2026-11-18 00:00"),
        ("now", "2026-11-18 17:20"),
        ("2026-03-29", "2026-03-29 00:00"),
        ("2026-11-02 08:30", "2026-11-02 08:30"),
        ("2026-11-02T08:30:00Z", "2026-11-02 09:30"),
        ("2026-11-02T08:30-05:00", "2026-11-02 14:30"),
        ("2026-11", "2026-11-01 00:00"),
        ("November 3rd", "2026-11-03 00:00"),
        ("Nov 3 at 9am", "2026-11-03 09:00"),
        ("3 Nov 2026", "2026-11-03 00:00"),
        ("in November", "2026-11-01 00:00"),
        ("13/11/2026", "2026-11-13 00:00"),
        ("11/13/2026", "2026-11-13 00:00"),
        ("13/11", "2026-11-13 00:00"),
    ],
)
def test_english_expressions_begin_where_a_person_means(since: str, start: str) -> None:
    assert bounds(since).startswith(start)
    assert TONIGHT in bounds(since)


@pytest.mark.parametrize(
    ("since", "said"),
    [
        ("Yesterday", "2026-11-17 00:00 to 2026-11-18 00:00"),
        ("the day before yesterday", "2026-11-16 00:00 to 2026-11-17 00:00"),
        ("yesterday afternoon", "2026-11-17 12:00 to 2026-11-17 18:00"),
        ("last night", "2026-11-17 18:00 to 2026-11-18 05:00"),
        ("last week", "2026-11-09 00:00 to 2026-11-16 00:00"),
        ("the previous week", "2026-11-09 00:00 to 2026-11-16 00:00"),
        ("last weekend", "2026-11-14 00:00 to 2026-11-16 00:00"),
        ("this weekend", "2026-11-14 00:00 to 2026-11-16 00:00"),
        ("last month", "2026-10-01 00:00 +02:00 to 2026-11-01 00:00 +01:00"),
        ("last quarter", "2026-07-01 00:00 to 2026-10-01 00:00"),
        ("last year", "2025-01-01 00:00 to 2026-01-01 00:00"),
        ("hier", "2026-11-17 00:00 to 2026-11-18 00:00"),
        ("avant-hier soir", "2026-11-16 18:00 to 2026-11-17 00:00"),
        ("la semaine dernière", "2026-11-09 00:00 to 2026-11-16 00:00"),
        ("au cours de la semaine passée", "2026-11-09 00:00 to 2026-11-16 00:00"),
        ("le mois dernier", "2026-10-01 00:00 +02:00 to 2026-11-01 00:00 +01:00"),
        ("le week-end dernier", "2026-11-14 00:00 to 2026-11-16 00:00"),
        ("le trimestre dernier", "2026-07-01 00:00 to 2026-10-01 00:00"),
        ("this morning", "2026-11-18 05:00 to 2026-11-18 12:00"),
        ("Friday afternoon", "2026-11-13 12:00 to 2026-11-13 18:00"),
        ("vendredi après-midi", "2026-11-13 12:00 to 2026-11-13 18:00"),
        ("last Friday morning", "2026-11-13 05:00 to 2026-11-13 12:00"),
        ("jeudi matin", "2026-11-12 05:00 to 2026-11-12 12:00"),
        ("10 novembre soir", "2026-11-10 18:00 to 2026-11-11 00:00"),
        ("last Tuesday", "2026-11-17 00:00 to 2026-11-18 00:00"),
        ("mardi dernier", "2026-11-17 00:00 to 2026-11-18 00:00"),
        ("last Wednesday", "2026-11-11 00:00 to 2026-11-12 00:00"),
        ("October 2025", "2025-10-01 00:00 +02:00 to 2025-11-01 00:00 +01:00"),
        ("en septembre", "2026-09-01 00:00 to 2026-10-01 00:00"),
        ("2026-09", "2026-09-01 00:00 to 2026-10-01 00:00"),
        ("2025", "2025-01-01 00:00 to 2026-01-01 00:00"),
    ],
)
def test_a_period_that_is_over_is_just_that(since: str, said: str) -> None:
    assert bounds(since) == said


@pytest.mark.parametrize(
    ("since", "start"),
    [
        ("since yesterday", "2026-11-17 00:00"),
        ("depuis hier", "2026-11-17 00:00"),
        ("since last week", "2026-11-09 00:00"),
        ("depuis la semaine dernière", "2026-11-09 00:00"),
        ("from last month", "2026-10-01 00:00"),
        ("à partir d'hier", "2026-11-17 00:00"),
        ("the last week", "2026-11-11 00:00"),
        ("in the last month", "2026-10-18 00:00"),
        ("the last 7 days", "2026-11-11 00:00"),
        ("depuis le début du mois", "2026-11-01 00:00"),
        ("beginning of the week", "2026-11-16 00:00"),
        ("this quarter", "2026-10-01 00:00"),
        ("since last Monday", "2026-11-16 00:00"),
        ("Monday", "2026-11-16 00:00"),
        ("depuis vendredi matin", "2026-11-13 05:00"),
        ("since 2025", "2025-01-01 00:00"),
        ("depuis octobre 2025", "2025-10-01 00:00"),
    ],
)
def test_words_of_a_beginning_reach_to_the_present(since: str, start: str) -> None:
    assert bounds(since).startswith(start)
    assert TONIGHT in bounds(since)


def test_an_end_of_its_own_wins_over_a_period_that_is_over() -> None:
    assert bounds("last week", "today") == f"2026-11-09 00:00 to {TONIGHT}"


@pytest.mark.parametrize(
    ("since", "start"),
    [
        ("aujourd'hui", "2026-11-18 00:00"),
        ("aujourd\u2019hui", "2026-11-18 00:00"),
        ("hier", "2026-11-17 00:00"),
        ("avant-hier", "2026-11-16 00:00"),
        ("hier matin", "2026-11-17 05:00"),
        ("cet après-midi", "2026-11-18 12:00"),
        ("hier soir", "2026-11-17 18:00"),
        ("cette nuit", "2026-11-17 18:00"),
        ("depuis lundi", "2026-11-16 00:00"),
        ("dès mardi matin", "2026-11-17 05:00"),
        ("lundi dernier", "2026-11-16 00:00"),
        ("mercredi dernier", "2026-11-11 00:00"),
        ("lundi à 14h30", "2026-11-16 14:30"),
        ("les 7 derniers jours", "2026-11-11 00:00"),
        ("les 7\u00a0derniers\u202fjours", "2026-11-11 00:00"),
        ("ces deux dernières semaines", "2026-11-04 00:00"),
        ("depuis 3 jours", "2026-11-15 00:00"),
        ("la semaine dernière", "2026-11-09 00:00"),
        ("cette semaine", "2026-11-16 00:00"),
        ("ce mois-ci", "2026-11-01 00:00"),
        ("le mois dernier", "2026-10-01 00:00"),
        ("l'année dernière", "2025-01-01 00:00"),
        ("il y a 2 heures", "2026-11-18 15:20"),
        ("il y a trois jours", "2026-11-15 00:00"),
        ("il y a une semaine", "2026-11-11 00:00"),
        ("14h", "2026-11-18 14:00"),
        ("à 9h05", "2026-11-18 09:05"),
        ("hier midi", "2026-11-17 12:00"),
        ("3 novembre", "2026-11-03 00:00"),
        ("1er novembre 2026", "2026-11-01 00:00"),
        ("le 3 novembre à 14h", "2026-11-03 14:00"),
        ("en février", "2026-02-01 00:00"),
    ],
)
def test_french_expressions_begin_where_a_person_means(since: str, start: str) -> None:
    assert bounds(since).startswith(start)


@pytest.mark.parametrize(
    ("until", "end"),
    [
        ("yesterday", "2026-11-18 00:00"),
        ("hier", "2026-11-18 00:00"),
        ("yesterday morning", "2026-11-17 12:00"),
        ("last week", "2026-11-16 00:00"),
        ("last night", "2026-11-18 05:00"),
        ("2026-10-31", "2026-11-01 00:00"),
        ("2026-02", "2026-03-01 00:00"),
        ("Monday 3pm", "2026-11-16 15:00"),
        ("2 hours ago", "2026-11-18 15:20"),
    ],
)
def test_until_includes_the_period_it_names(until: str, end: str) -> None:
    assert parse_range("2025-01-01", until, zone=PARIS, now=NOW).end == datetime.fromisoformat(end).replace(
        tzinfo=PARIS
    )


@pytest.mark.parametrize("until", ["2026-11-18T14:05:30", "2026-11-18T13:05:30Z", "14:05:30", "2:05:30 pm"])
def test_until_includes_the_second_it_names(until: str) -> None:
    span = parse_range("2026-11-18T14:05:30+01:00", until, zone=PARIS, now=NOW)
    assert datetime(2026, 11, 18, 14, 5, 30, 999_999, tzinfo=PARIS) in span
    assert datetime(2026, 11, 18, 14, 5, 31, tzinfo=PARIS) not in span


@pytest.mark.anyio
async def test_a_call_is_found_between_its_own_moment_and_the_same(modern: "World") -> None:
    (call,) = (await modern.facts("search_calls", limit=1))["calls"]
    found = await modern.facts("search_calls", since=call["at"], until=call["at"])
    assert call["id"] in [found_call["id"] for found_call in found["calls"]]


@pytest.mark.parametrize("until", ["31/12/1999", "25/12/98", "25/12/27"])
def test_no_year_is_moved_to_another_century(until: str) -> None:
    with pytest.raises(ToolError, match="Cannot read `until`"):
        parse_range(None, until, zone=PARIS, now=NOW)


def test_the_same_word_twice_is_exactly_that_period() -> None:
    assert bounds("last week", "last week") == "2026-11-09 00:00 to 2026-11-16 00:00"


def test_no_words_mean_any_time() -> None:
    assert parse_range(None, "  ", zone=PARIS, now=NOW) == TimeRange()
    assert describe(TimeRange(), PARIS) == "any time"


def test_one_bound_is_described_alone() -> None:
    assert describe(parse_range(None, "yesterday", zone=PARIS, now=NOW), PARIS) == (
        "before 2026-11-18 00:00, Europe/Paris +01:00"
    )
    assert describe(TimeRange(NOW), PARIS) == "from 2026-11-18 17:20, Europe/Paris +01:00"


@pytest.mark.parametrize(
    ("day", "zone", "hours", "said"),
    [
        ("2026-03-29", PARIS, 23, "2026-03-29 00:00 +01:00 to 2026-03-30 00:00 +02:00, Europe/Paris"),
        ("2026-10-25", PARIS, 25, "2026-10-25 00:00 +02:00 to 2026-10-26 00:00 +01:00, Europe/Paris"),
        ("2026-03-08", NEW_YORK, 23, "2026-03-08 00:00 -05:00 to 2026-03-09 00:00 -04:00, America/New_York"),
        ("2026-11-01", NEW_YORK, 25, "2026-11-01 00:00 -04:00 to 2026-11-02 00:00 -05:00, America/New_York"),
        ("2026-06-01", PARIS, 24, "2026-06-01 00:00 to 2026-06-02 00:00, Europe/Paris +02:00"),
    ],
)
def test_a_day_lasts_as_long_as_it_does_there(day: str, zone: ZoneInfo, hours: int, said: str) -> None:
    span = parse_range(day, day, zone=zone, now=NOW)
    assert span.start is not None
    assert span.end is not None
    assert span.end.astimezone(UTC) - span.start.astimezone(UTC) == timedelta(hours=hours)
    assert describe(span, zone) == said


def test_yesterday_and_last_week_last_as_long_as_they_did() -> None:
    monday = datetime(2026, 10, 26, 9, tzinfo=PARIS)
    assert bounds("yesterday", now=monday) == "2026-10-25 00:00 +02:00 to 2026-10-26 00:00 +01:00"
    assert bounds("la semaine dernière", now=monday) == "2026-10-19 00:00 +02:00 to 2026-10-26 00:00 +01:00"


def test_hours_ago_are_real_hours_across_a_change_of_clocks() -> None:
    noon = datetime(2026, 3, 29, 4, 0, tzinfo=PARIS)
    assert bounds("3 hours ago", "now", now=noon) == "2026-03-29 00:00 +01:00 to 2026-03-29 04:00 +02:00"


def test_days_ago_keep_midnight_across_a_change_of_clocks() -> None:
    assert bounds("last 2 days", now=datetime(2026, 10, 26, 9, tzinfo=PARIS)).startswith("2026-10-24 00:00 +02:00")


def test_a_time_that_the_clocks_skip_moves_on() -> None:
    assert bounds("2026-03-29 02:30", "2026-03-29 04:00") == "2026-03-29 03:30 to 2026-03-29 04:00"


def test_a_time_that_occurs_twice_is_taken_whole() -> None:
    span = parse_range("2026-10-25 02:30", "2026-10-25 02:30", zone=PARIS, now=NOW)
    assert datetime(2026, 10, 25, 0, 30, tzinfo=UTC) in span
    assert datetime(2026, 10, 25, 1, 29, tzinfo=UTC) in span
    assert datetime(2026, 10, 25, 1, 30, tzinfo=UTC) not in span


def test_the_present_is_taken_in_the_account_s_zone() -> None:
    midnight_in_utc = datetime(2026, 11, 19, 0, 30, tzinfo=UTC)
    assert bounds("today", now=midnight_in_utc, zone=NEW_YORK) == "2026-11-18 00:00 to 2026-11-19 00:00"


@pytest.mark.parametrize(
    ("since", "start"),
    [
        ("friday at 9", "2026-11-13 09:00"),
        ("vendredi à 10", "2026-11-13 10:00"),
        ("jeudi à 8", "2026-11-12 08:00"),
        ("lundi à 14", "2026-11-16 14:00"),
        ("yesterday at 9", "2026-11-17 09:00"),
        ("yesterday evening at 8", "2026-11-17 20:00"),
        ("yesterday at 8 in the evening", "2026-11-17 20:00"),
        ("Monday 9 in the morning", "2026-11-16 09:00"),
        ("hier soir à 8h", "2026-11-17 20:00"),
        ("hier 8h du soir", "2026-11-17 20:00"),
        ("hier matin 9h", "2026-11-17 09:00"),
        ("last night at 11", "2026-11-17 23:00"),
        ("hier 2 heures", "2026-11-17 02:00"),
        ("yesterday 14:00 UTC", "2026-11-17 15:00"),
        ("yesterday 23:30 GMT", "2026-11-18 00:30"),
        ("14:00Z", "2026-11-18 15:00"),
        ("10 novembre 2026 14:00 UTC", "2026-11-10 15:00"),
        ("2026-11-10 14:00 UTC", "2026-11-10 15:00"),
        ("Tue 10 Nov", "2026-11-10 00:00"),
        ("Monday, November 9", "2026-11-09 00:00"),
        ("mar. 10 nov.", "2026-11-10 00:00"),
        ("Mar 29th", "2026-03-29 00:00"),
        ("mardi 17", "2026-11-17 00:00"),
        ("29/02", "2024-02-29 00:00"),
        ("14 heures", "2026-11-18 14:00"),
        ("24h", "2026-11-17 17:20"),
        ("2h ago", "2026-11-18 15:20"),
        ("12 hours", "2026-11-18 05:20"),
        ("dans les 24 dernières heures", "2026-11-17 17:20"),
        ("il y a quinze jours", "2026-11-03 00:00"),
    ],
)
def test_every_word_counts(since: str, start: str) -> None:
    assert bounds(since).startswith(start)


def test_a_moment_is_said_on_the_local_clock() -> None:
    moment = datetime(2026, 11, 16, 13, 5, tzinfo=UTC)
    assert format_local(moment, PARIS, now=NOW) == "Mon 16 Nov 14:05"
    assert format_local(moment, NEW_YORK, now=NOW) == "Mon 16 Nov 08:05"
    assert format_local(moment.replace(year=2025), PARIS, now=NOW) == "Sun 16 Nov 2025 14:05"


def test_the_hour_that_occurs_twice_is_said_with_its_offset() -> None:
    assert format_local(datetime(2026, 10, 25, 0, 30, tzinfo=UTC), PARIS, now=NOW) == "Sun 25 Oct 02:30 +02:00"
    assert format_local(datetime(2026, 10, 25, 1, 30, tzinfo=UTC), PARIS, now=NOW) == "Sun 25 Oct 02:30 +01:00"


def test_a_zone_is_named_with_the_offset_of_the_moment() -> None:
    assert zone_label(PARIS, datetime(2026, 7, 1, tzinfo=UTC)) == "Europe/Paris +02:00"
    assert zone_label(ZoneInfo("America/St_Johns"), datetime(2026, 7, 1, tzinfo=UTC)) == "America/St_Johns -02:30"
