"""Words of time that could mean two things, or nothing, are refused with the forms that work."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.server.mcpserver.exceptions import ToolError

from withallo_tools.times import TimeRange, parse_range

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 18, 17, 20, tzinfo=PARIS)  # a Wednesday


@pytest.mark.parametrize("written", ["03/04", "03/04/2026", "3-4-2026", "03.04.26"])
def test_a_day_and_month_in_doubt_are_refused_with_both_readings(written: str) -> None:
    with pytest.raises(ToolError, match=r"YYYY-MM-DD.*2026-04-03 or 2026-03-04"):
        parse_range(written, None, zone=PARIS, now=NOW)


@pytest.mark.parametrize(
    ("written", "readings"),
    [
        ("Monday 10 November", "2026-11-09 (a Monday) or 2026-11-10 (a Tuesday)"),
        ("Monday 10 November 14h", "2026-11-09 (a Monday) or 2026-11-10 (a Tuesday)"),
        ("Tuesday the 16th", "2026-11-17 (a Tuesday) or 2026-11-16 (a Monday)"),
        ("vendredi 14", "2026-11-13 (a Friday) or 2026-11-14 (a Saturday)"),
        ("jeudi 31", "2026-10-29 (a Thursday) or 2026-10-31 (a Saturday)"),
        ("mar.", '"mardi" or "March"'),
        ("mar 17", '"mardi 17" or "March 17"'),
        ("mar 14h", '"mardi" or "March"'),
        ("2h", '"2h ago" or "02:00"'),
        ("12h", '"12h ago" or "12:00"'),
        ("depuis 2 heures", '"2h ago" or "02:00"'),
        ("deux heures", '"2h ago" or "02:00"'),
        ("tuesday at 2", "02:00 or 14:00"),
    ],
)
def test_words_that_could_be_two_times_are_refused_with_both(written: str, readings: str) -> None:
    with pytest.raises(ToolError) as refused:
        parse_range(written, None, zone=PARIS, now=NOW)
    assert readings in str(refused.value)


@pytest.mark.parametrize(
    "written",
    [
        "soon",
        "hier et aujourd'hui",
        "yesterday and today",
        "yesterday to today",
        "Nov 10-12",
        "du 10 au 12 novembre",
        "10 nov 14",
        "2,5 jours",
        "1.5 days ago",
        "ces derniers jours",
        "ces derniers mois",
        "last weeks",
        "three",
        "five",
        "dix",
        "the 5th",
        "yesterday 9",
        "yesterday 930",
        "yesterday 24:00",
        "hier 25h",
        "hier 30h",
        "hier soir minuit",
        "hier matin 14h",
        "hier il y a 2 heures",
        "2 hours yesterday",
        "in 3 days",
        "dans 3 jours",
        "in 2 hours",
        "dans 2 heures",
        "vendredi en huit",
        "monday at 9 30",
        "yesterday 2pm EST",
        "14:00 GMT+2",
        "14:00+02:00",
        "00/11",
        "31 novembre",
        "2026-13-01",
        "2026-02-30",
        "25:00",
        "13pm",
        "12",
        "-1",
        "a",
        "before yesterday",
        "Monday or Tuesday",
        "last",
        "cette",
        "99/99/2026",
        "0001-01-01",
        "9999-12-31",
        "9999-12-31T23:59:59-12:00",
        "last 9999 years",
        "2026-03-29T",
        "T14:00",
        "--",
        "'; DROP TABLE calls",
        "\uff11\uff12",
        "last 7 parsecs",
        "week",
        "mi-mars",
    ],
)
def test_unreadable_words_are_refused_with_the_forms_that_work(written: str) -> None:
    with pytest.raises(ToolError, match=r"`since`.*Forms that work: 2026-03-29"):
        parse_range(written, None, zone=PARIS, now=NOW)


@pytest.mark.parametrize(
    "written",
    ["1" * 100_000, "to\x00day", "today\x1b[2J", "to\u200bday", "hier " * 20_000, "ﷺ" * 60],
    ids=["long", "null", "escape", "zero width", "long words", "grows when normalised"],
)
def test_hostile_words_are_refused_before_they_are_read(written: str) -> None:
    with pytest.raises(ToolError, match="at most 64 ordinary characters") as refused:
        parse_range(written, None, zone=PARIS, now=NOW)
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("tomorrow", None),
        ("23h", None),
        ("tonight", None),
        ("Wednesday evening", None),
        ("today", "yesterday"),
        ("23:00", "22:00"),
        ("tomorrow", "next week"),
    ],
)
def test_a_range_that_holds_nothing_is_refused(since: str, until: str | None) -> None:
    with pytest.raises(ToolError, match=r"Nothing lies in the range 2026.*Europe/Paris"):
        parse_range(since, until, zone=PARIS, now=NOW)


@given(st.text(max_size=70), st.integers(10**9, 2**31 - 1))
def test_any_words_end_in_a_range_or_a_refusal(written: str, second: int) -> None:
    try:
        span = parse_range(written, None, zone=PARIS, now=datetime.fromtimestamp(second, UTC))
    except ToolError:
        return
    assert span == TimeRange() or (span.start is not None and span.start.tzinfo is PARIS)


@given(
    st.lists(
        st.sampled_from(("last", "7", "days", "ago", "hier", "lundi", "matin", "14h", "2026", "-", ":", "/", "mois")),
        max_size=7,
    )
)
def test_any_mixture_of_known_words_ends_in_a_range_or_a_refusal(words: list[str]) -> None:
    try:
        span = parse_range(" ".join(words), None, zone=PARIS, now=NOW)
    except ToolError:
        return
    assert span.start is None or span.end is None or span.start < span.end
