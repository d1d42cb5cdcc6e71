"""Reads the words for one day or month; one that is in doubt is refused with both readings."""

import re
from calendar import monthrange
from datetime import date, timedelta

from mcp.server.mcpserver.exceptions import ToolError

from withallo_tools.time_vocabulary import (
    DATED,
    DAYS,
    ISO,
    MARCH_OR_TUESDAY,
    NAMED_MONTH,
    NUMBERS,
    NUMERIC,
    UNITS,
    WEEKDAY,
    WEEKDAY_AND_NUMBER,
    WEEKDAYS,
)

_LEAP_YEARS_APART = 8
_NO_MONTHS = {*UNITS, *NUMBERS} - {"sept"}


def read_day(text: str, today: date) -> date | None:
    """The single day that the cleaned `text` names; a weekday and a day without a year are the latest such.

    Raises:
        ToolError: It could be two days.
        ValueError: There is no such day.
    """
    if text in DAYS:
        return today + timedelta(days=DAYS[text])
    if ISO.fullmatch(text):
        return date.fromisoformat(text)
    for pattern, reader in _READERS:
        if (found := pattern.fullmatch(text)) and (day := reader(found, today)):
            return day
    return None


def read_month(text: str, today: date) -> date | None:
    """The first day of the month that the cleaned `text` names, the latest such where no year is written."""
    found = NAMED_MONTH.fullmatch(text)
    month = _month(found["month"]) if found else None
    if found is None or month is None:
        return None
    return date(int(found["year"]), month, 1) if found["year"] else _latest(month, 1, today)


def _march_or_tuesday(found: re.Match[str], _today: date) -> date | None:
    day = f" {found['number']}" if found["number"] else ""
    raise ToolError(f'"{found[0]}" could be Tuesday or March: write "mardi{day}" or "March{day}".')


def _weekday(found: re.Match[str], today: date) -> date:
    back = today.weekday() - WEEKDAYS[found["day"]]
    if not found["this"]:
        back %= 7
        if back == 0 and (found["last"] or found["last_"]):
            back = 7
    return today - timedelta(days=back)


def _numeric(found: re.Match[str], today: date) -> date | None:
    first, second, written_year = int(found[1]), int(found[3]), found[4]
    if written_year is None and found[2] != "/":
        return None
    year = today.year if written_year is None else int(written_year)
    if written_year and len(written_year) == 2:
        year += 2000 if 2000 + year <= today.year else 1900
    if first != second and min(first, second) >= 1 and max(first, second) <= 12:
        readings = f"{year}-{second:02}-{first:02} or {year}-{first:02}-{second:02}"
        raise ToolError(f"{found[0]} could be day/month or month/day: write it as YYYY-MM-DD, {readings}.")
    month, day = (second, first) if second <= 12 else (first, second)
    return date(year, month, day) if written_year else _latest(month, day, today)


def _dated(found: re.Match[str], today: date) -> date | None:
    month = _month(found["month"] or found["month_"])
    if month is None:
        return None
    number = int(found["number"] or found["number_"])
    return _agreeing(found, date(int(found["year"]), month, number) if found["year"] else _latest(month, number, today))


def _weekday_and_number(found: re.Match[str], today: date) -> date | None:
    return _agreeing(found, _latest_of_month(int(found["number"]), today))


def _agreeing(found: re.Match[str], day: date) -> date:
    """The day, if it is the weekday written with it."""
    weekday = found["weekday"]
    if weekday is None or WEEKDAYS[weekday] == day.weekday():
        return day
    near = day + timedelta(days=(WEEKDAYS[weekday] - day.weekday() + 3) % 7 - 3)
    readings = f"{near} (a {near:%A}) or {day} (a {day:%A})"
    raise ToolError(f'"{found[0]}" could be {readings}: write the one that is meant.')


def _month(name: str) -> int | None:
    """The number of the month with that name."""
    if name in _NO_MONTHS:
        return None
    from dateparser.date import DateDataParser

    data = DateDataParser(languages=["en", "fr"], settings={"PREFER_DAY_OF_MONTH": "first"}).get_date_data(name)
    return data.date_obj.month if data.date_obj is not None and data.period == "month" else None


def _latest(month: int, day: int, today: date) -> date:
    """The latest such day of the calendar that has begun."""
    for year in range(today.year, today.year - _LEAP_YEARS_APART - 1, -1):
        if day <= monthrange(year, month)[1] and date(year, month, day) <= today:
            return date(year, month, day)
    raise ValueError(day)


def _latest_of_month(number: int, today: date) -> date:
    """The latest day with that number in its month that has begun."""
    for back in range(62):
        day = today - timedelta(days=back)
        if day.day == number:
            return day
    raise ValueError(number)


_READERS = (
    (MARCH_OR_TUESDAY, _march_or_tuesday),
    (WEEKDAY, _weekday),
    (NUMERIC, _numeric),
    (DATED, _dated),
    (WEEKDAY_AND_NUMBER, _weekday_and_number),
)
