"""Reads one time expression; the vocabulary behind `times.parse_range`."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from mcp.server.mcpserver.exceptions import ToolError

from withallo_tools.letters import without_accents
from withallo_tools.time_days import read_day, read_month
from withallo_tools.time_of_day import TimeOfDay, read_time_of_day, squeezed
from withallo_tools.time_vocabulary import (
    AGO,
    ANSWERED_MOMENT,
    ARTICLE,
    CALENDAR,
    DAYS_BESIDE_A_PART,
    HOUR,
    HOURS_OR_CLOCK,
    ISO,
    ISO_PERIOD,
    LAST,
    LEAD,
    MINUTE,
    MONTH,
    MONTHS,
    NUMBERS,
    ONE_DAY,
    PARTS,
    PAST_DAY,
    QUARTER,
    ROLLING,
    SPAN,
    TO_THE_SECOND,
    UNITS,
    VAGUE,
    WEEK,
    WEEKEND,
    YEAR,
)

FORMS = (
    'Forms that work: 2026-03-29, 2026-03-29T14:00+02:00, 2026-03, "14:00", "today", "yesterday afternoon", "Monday", '
    '"last 7 days", "last week", "this month", "2 hours ago", "hier matin", "depuis lundi", "les 7 derniers jours".'
)
_LONGEST = 64
_YEARS = range(2000, 2101)
_HOURS_OF_A_CLOCK = 12
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Beginning and end of what an expression names; equal for an instant.

    Attributes:
        closed: Whether it names a period such as `yesterday` or `last week`, rather than a beginning.
    """

    start: datetime
    end: datetime
    closed: bool = False


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
        end = found.end.astimezone(UTC) + _included(text)
        closed = found.closed and end <= self.now and not _begins(written)
        return Bounds(found.start, end.astimezone(self.zone), closed)

    def _find(self, text: str) -> Bounds | None:
        readers: tuple[Callable[[str], Bounds | None], ...] = (
            self._instant,
            self._day,
            self._period,
            self._ago,
            self._hours_or_clock,
            self._day_with_time,
            self._span,
        )
        return next((found for reader in readers if (found := reader(text)) is not None), None)

    def _instant(self, text: str) -> Bounds | None:
        if text in ("now", "maintenant"):
            return Bounds(self.now, self.now)
        if len(text) <= 10 or not ISO.match(text):
            return None
        moment = datetime.fromisoformat(re.sub(" ?(?:utc|gmt)$", "z", text).upper())
        return self._at(moment.date(), moment.timetz())

    def _day(self, text: str) -> Bounds | None:
        day = read_day(text, self.now.date())
        return None if day is None else self._days(day, day + _DAY, closed=bool(PAST_DAY.fullmatch(text)))

    def _period(self, text: str) -> Bounds | None:
        if found := ISO_PERIOD.fullmatch(text):
            first = date(int(found["year"]), int(found["month"] or 1), 1)
            return self._days(first, _add_months(first, 1 if found["month"] else 12), closed=True)
        found = CALENDAR.fullmatch(text)
        if found is None:
            month = read_month(text, self.now.date())
            return None if month is None else self._days(month, _add_months(month, 1), closed=True)
        which = {found["which"], found["after"]}
        if which == {None} or "past" in which or VAGUE.search(text):
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
        return self._days(*spans[unit], closed=True) if unit in spans else None

    def _ago(self, text: str) -> Bounds | None:
        found = AGO.fullmatch(text)
        if found is None:
            return None
        back = self._back(found["amount"] or found["amount_"], UNITS[found["unit"] or found["unit_"]])
        return Bounds(back, back) if isinstance(back, datetime) else self._days(back, back + _DAY)

    def _hours_or_clock(self, text: str) -> None:
        """Refuse hours that could be counted back from now or from midnight."""
        found = HOURS_OR_CLOCK.fullmatch(text)
        hours = _count(found["amount"]) if found else 0
        if 1 <= hours <= _HOURS_OF_A_CLOCK:
            readings = f'write "{hours}h ago" or "{hours:02}:00"'
            raise ToolError(f'"{text}" could be that long ago or a time of day: {readings}.')

    def _span(self, text: str) -> Bounds | None:
        found = SPAN.fullmatch(text)
        if found is None or not (found["amount"] or found["last"] or found["last_"]):
            return None
        last = found["last"] or found["last_"]
        if (found["within"] and not last) or (not found["amount"] and VAGUE.search(text)):
            return None
        back = self._back(found["amount"] or "1", UNITS[found["unit"]])
        return Bounds(back, self.now) if isinstance(back, datetime) else self._days(back, self.now.date() + _DAY)

    def _back(self, amount: str, unit: int) -> datetime | date:
        """The instant some hours or minutes ago, or the day some longer units ago."""
        count = _count(amount)
        if unit in (MINUTE, HOUR):
            elapsed = timedelta(minutes=count * (60 if unit == HOUR else 1))
            return (self.now.astimezone(UTC) - elapsed).astimezone(self.zone)
        if unit in MONTHS:
            return _add_months(self.now.date(), -count * MONTHS[unit])
        return self.now.date() - timedelta(days=count * (1 if unit == ONE_DAY else 7))

    def _day_with_time(self, text: str) -> Bounds | None:
        found = read_time_of_day(text)
        day = self._day_beside(found) if found else None
        if found is None or day is None:
            return None
        if found.clock:
            return self._at(day, found.clock)
        first, last = PARTS[found.part or ""]
        end = self._at(day + last // 24 * _DAY, time(last % 24)).end
        return Bounds(self._at(day, time(first)).start, end, closed=True)

    def _day_beside(self, found: TimeOfDay) -> date | None:
        """The single day that the words around a time of day name."""
        today = self.now.date()
        if found.rest == "":
            return today
        if found.part == "nuit" and found.rest == "cette":
            return today - (_DAY if self.now.hour < 18 else 0 * _DAY)
        if found.part and found.rest in DAYS_BESIDE_A_PART:
            return today + DAYS_BESIDE_A_PART[found.rest] * _DAY
        bounds = self._day(found.rest) or self._ago(found.rest)
        if bounds is None or bounds.end.date() - bounds.start.date() != _DAY:
            return None
        return bounds.start.date()

    def _days(self, first: date, after: date, *, closed: bool = False) -> Bounds:
        return Bounds(self._at(first, time()).start, self._at(after, time()).start, closed)

    def _at(self, day: date, clock: time) -> Bounds:
        """Wall-clock time in the zone, unless it has its own: skipped it moves on, twice it spans both."""
        if clock.tzinfo:
            moment = datetime.combine(day, clock).astimezone(self.zone)
            return Bounds(moment, moment)
        moments = [datetime.combine(day, clock.replace(fold=fold), self.zone) for fold in (0, 1)]
        first, second = sorted(moment.astimezone(UTC).astimezone(self.zone) for moment in moments)
        skipped = first.replace(tzinfo=None) != datetime.combine(day, clock)
        return Bounds(second, second) if skipped else Bounds(first, second)


def _clean(written: str) -> str:
    """Lower case without accents, leading prepositions and articles."""
    text = _plain(written)
    text = LEAD.sub("", text.strip(" .!?\"'"), count=1) if LEAD.match(text) else text
    return squeezed(ARTICLE.sub("", ROLLING.sub("past ", text)))


def _begins(written: str) -> bool:
    """Whether words like `since` make a beginning of what follows."""
    return bool(LEAD.match(_plain(written)))


def _plain(written: str) -> str:
    return squeezed(without_accents(written.casefold().replace("\u2019", "'")))


def _included(text: str) -> timedelta:
    """How long the instant lasts that `text` names: answers give moments to the minute, with their offset."""
    if TO_THE_SECOND.search(text):
        return timedelta(seconds=1)
    return timedelta(minutes=1 if ANSWERED_MOMENT.fullmatch(text) else 0)


def _count(amount: str) -> int:
    return int(amount) if amount.isdecimal() else NUMBERS[amount]


def _add_months(day: date, months: int) -> date:
    """The same day of the month some months later, or the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise ValueError(months)
