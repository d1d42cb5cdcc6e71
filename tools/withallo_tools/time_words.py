"""Reads one time expression; the vocabulary behind `times.parse_range`."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from mcp.server.mcpserver.exceptions import ToolError

from withallo_tools.letters import without_accents
from withallo_tools.time_vocabulary import (
    AGO,
    ARTICLE,
    CALENDAR,
    CLOCK,
    DAYS,
    DAYS_BESIDE_A_PART,
    HOUR,
    ISO,
    ISO_PERIOD,
    LAST,
    LEAD,
    MINUTE,
    MONTH,
    MONTHS,
    NAMED_TIMES,
    NUMBERS,
    NUMERIC,
    ONE_DAY,
    OVER,
    PART,
    PARTS,
    QUARTER,
    ROLLING,
    SPAN,
    UNITS,
    UNSAFE_FOR_LONG_TAIL,
    WEEK,
    WEEKDAY,
    WEEKDAYS,
    WEEKEND,
    YEAR,
)

FORMS = (
    'Forms that work: 2026-03-29, 2026-03-29T14:00+02:00, 2026-03, "14:00", "today", "yesterday afternoon", "Monday", '
    '"last 7 days", "last week", "this month", "2 hours ago", "hier matin", "depuis lundi", "les 7 derniers jours".'
)
_LONGEST = 64
_YEARS = range(2000, 2101)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Beginning and end of what an expression names; equal for an instant.

    Attributes:
        over: Whether it names a period that is over, such as `yesterday` or `last week`, rather than a beginning.
    """

    start: datetime
    end: datetime
    over: bool = False


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads expressions relative to one moment, which is in the zone."""

    zone: ZoneInfo
    now: datetime

    def read(self, written: str, argument: str) -> Bounds:
        """What `written` names, or a `ToolError` that says which forms work."""
        text = "" if len(written) > _LONGEST else _clean(written)
        if not text.isprintable() or len(text or written) > _LONGEST:
            raise ToolError(f"`{argument}` takes at most {_LONGEST} ordinary characters. {FORMS}")
        try:
            found = self._find(text)
        except (ValueError, OverflowError):
            found = None
        if found is None or not {found.start.year, found.end.year} <= set(_YEARS):
            raise ToolError(f"Cannot read `{argument}` = {written!r} as a time. {FORMS}")
        over = found.start < found.end <= self.now and bool(OVER.fullmatch(text)) and not _begins(written)
        return replace(found, over=over)

    def _find(self, text: str) -> Bounds | None:
        readers: tuple[Callable[[str], Bounds | None], ...] = (
            self._instant,
            self._day,
            self._period,
            self._ago,
            self._day_with_time,
            self._span,
            self._long_tail,
        )
        return next((found for reader in readers if (found := reader(text)) is not None), None)

    def _instant(self, text: str) -> Bounds | None:
        if text in ("now", "maintenant"):
            return Bounds(self.now, self.now)
        if len(text) <= 10 or not ISO.match(text):
            return None
        moment = datetime.fromisoformat(text.upper())
        if moment.tzinfo is None:
            return self._at(moment.date(), moment.time())
        moment = moment.astimezone(self.zone)
        return Bounds(moment, moment)

    def _day(self, text: str) -> Bounds | None:
        today = self.now.date()
        day: date | None = None
        if text in DAYS:
            day = today + DAYS[text] * _DAY
        elif ISO.fullmatch(text):
            day = date.fromisoformat(text)
        elif found := WEEKDAY.fullmatch(text):
            back = (today.weekday() - WEEKDAYS[found["day"]]) % 7
            if found["this"]:
                back = today.weekday() - WEEKDAYS[found["day"]]
            elif (found["last"] or found["last_"]) and back == 0:
                back = 7
            day = today - back * _DAY
        elif found := NUMERIC.fullmatch(text):
            day = _numeric_day(found, today)
        return None if day is None else self._days(day, day + _DAY)

    def _period(self, text: str) -> Bounds | None:
        if found := ISO_PERIOD.fullmatch(text):
            first = date(int(found["year"]), int(found["month"] or 1), 1)
            return self._days(first, _add_months(first, 1 if found["month"] else 12))
        found = CALENDAR.fullmatch(text)
        if found is None or not (found["which"] or found["after"]) or "past" in (found["which"], found["after"]):
            return None
        words = f"{found['which']} {found['after']}"
        step = -1 if re.search(LAST, words) else 1 if re.search("next|proch", words) else 0
        return self._calendar(UNITS[found["unit"]], step)

    def _calendar(self, unit: int, step: int) -> Bounds | None:
        today = self.now.date()
        coming = unit == WEEKEND and today.weekday() < 5 and step == 0
        monday = today - today.weekday() * _DAY + timedelta(weeks=step - coming)
        month, year = _add_months(today.replace(day=1), step), date(today.year + step, 1, 1)
        quarter = _add_months(date(today.year, (today.month - 1) // 3 * 3 + 1, 1), 3 * step)
        spans = {
            WEEK: (monday, monday + 7 * _DAY),
            WEEKEND: (monday + 5 * _DAY, monday + 7 * _DAY),
            MONTH: (month, _add_months(month, 1)),
            QUARTER: (quarter, _add_months(quarter, 3)),
            YEAR: (year, _add_months(year, 12)),
        }
        return self._days(*spans[unit]) if unit in spans else None

    def _ago(self, text: str) -> Bounds | None:
        found = AGO.fullmatch(text)
        if found is None:
            return None
        back = self._back(found["amount"] or found["amount_"], UNITS[found["unit"] or found["unit_"]])
        return Bounds(back, back) if isinstance(back, datetime) else self._days(back, back + _DAY)

    def _span(self, text: str) -> Bounds | None:
        found = SPAN.fullmatch(text)
        if found is None or not (found["amount"] or found["last"] or found["last_"]):
            return None
        back = self._back(found["amount"] or "1", UNITS[found["unit"]])
        return Bounds(back, self.now) if isinstance(back, datetime) else self._days(back, self.now.date() + _DAY)

    def _back(self, amount: str, unit: int) -> datetime | date:
        """The instant some hours or minutes ago, or the day some longer units ago."""
        count = int(amount) if amount.isdecimal() else NUMBERS[amount]
        if unit in (MINUTE, HOUR):
            elapsed = timedelta(minutes=count * (60 if unit == HOUR else 1))
            return (self.now.astimezone(UTC) - elapsed).astimezone(self.zone)
        if unit in MONTHS:
            return _add_months(self.now.date(), -count * MONTHS[unit])
        return self.now.date() - timedelta(days=count * (1 if unit == ONE_DAY else 7))

    def _day_with_time(self, text: str) -> Bounds | None:
        if found := PART.search(text):
            first, last = PARTS[found["part"]]
        elif found := CLOCK.search(text):
            first = last = 0
        else:
            return None
        day = self._day_beside(_squeeze(text[: found.start()] + " " + text[found.end() :]), found)
        if day is None:
            return None
        if "part" not in found.groupdict():
            return self._at(day, _clock_time(found))
        return Bounds(self._at(day, time(first)).start, self._at(day + last // 24 * _DAY, time(last % 24)).end)

    def _day_beside(self, rest: str, found: re.Match[str]) -> date | None:
        """The single day that the words around a time of day name."""
        if rest == "cette" and found[0] == "nuit":
            return self.now.date() - (_DAY if self.now.hour < 18 else 0 * _DAY)
        if rest in DAYS_BESIDE_A_PART:
            return self.now.date() + DAYS_BESIDE_A_PART[rest] * _DAY
        bounds = self._day(rest) or self._ago(rest) or self._long_tail(rest)
        if bounds is None or bounds.end.date() - bounds.start.date() != _DAY:
            return None
        return bounds.start.date()

    def _long_tail(self, text: str) -> Bounds | None:
        if not re.search(r"[a-z]{3}", text) or UNSAFE_FOR_LONG_TAIL.search(text):
            return None
        from dateparser.date import DateDataParser

        settings = {
            "RELATIVE_BASE": self.now.replace(tzinfo=None),
            "PREFER_DATES_FROM": "past",
            "DATE_ORDER": "DMY",
            "RETURN_TIME_AS_PERIOD": True,
        }
        data = DateDataParser(languages=["en", "fr"], settings=settings).get_date_data(text)
        if data.date_obj is None or data.period == "year":
            return None
        day = data.date_obj.date()
        if data.period == "time":
            moment = data.date_obj
            return self._at(day, moment.time()) if moment.tzinfo is None else self._instant(moment.isoformat())
        if data.period == "month":
            return self._days(day.replace(day=1), _add_months(day.replace(day=1), 1))
        return self._days(day, day + _DAY)

    def _days(self, first: date, after: date) -> Bounds:
        return Bounds(self._at(first, time()).start, self._at(after, time()).start)

    def _at(self, day: date, clock: time) -> Bounds:
        """Wall-clock time in the zone: one that is skipped moves on, one that occurs twice spans both."""
        moments = [datetime.combine(day, clock.replace(fold=fold), self.zone) for fold in (0, 1)]
        first, second = sorted(moment.astimezone(UTC).astimezone(self.zone) for moment in moments)
        skipped = first.replace(tzinfo=None) != datetime.combine(day, clock)
        return Bounds(second, second) if skipped else Bounds(first, second)


def _clean(written: str) -> str:
    """Lower case without accents, leading prepositions and articles."""
    text = _plain(written)
    text = LEAD.sub("", text.strip(" .!?\"'"), count=1) if LEAD.match(text) else text
    return _squeeze(ARTICLE.sub("", ROLLING.sub("past ", text)))


def _begins(written: str) -> bool:
    """Whether words like `since` make a beginning of what follows."""
    return bool(LEAD.match(_plain(written)))


def _plain(written: str) -> str:
    return _squeeze(without_accents(written.casefold().replace("\u2019", "'")))


def _squeeze(text: str) -> str:
    return re.sub(r" {2,}", " ", text).strip(' ,.!?"')


def _clock_time(found: re.Match[str]) -> time:
    if found["named"]:
        return NAMED_TIMES[found["named"]]
    hour, half = int(found["hour"]), found["half"] or found["half_"]
    if half:
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + (12 if half == "p" else 0)
    return time(hour, int(found["minute"] or found["minute_"] or 0))


def _numeric_day(found: re.Match[str], today: date) -> date | None:
    first, second, written_year = int(found[1]), int(found[3]), found[4]
    if written_year is None and found[2] != "/":
        return None
    year = today.year if written_year is None else int(written_year) % 100 + 2000
    if first != second and max(first, second) <= 12:
        readings = f"{year}-{second:02}-{first:02} or {year}-{first:02}-{second:02}"
        raise ToolError(f"{found[0]} could be day/month or month/day: write it as YYYY-MM-DD, {readings}.")
    day = date(year, *((second, first) if second <= 12 else (first, second)))
    return day.replace(year=year - 1) if written_year is None and day > today else day


def _add_months(day: date, months: int) -> date:
    """The same day of the month some months later, or the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise ValueError(months)
