"""Reads the time of day in an expression: a clock time, a part of the day, or both."""

import re
from datetime import UTC, time
from typing import NamedTuple

from mcp.server.mcpserver.exceptions import ToolError

from withallo_tools.time_vocabulary import CLOCK, EARLIEST_WRITTEN_HOUR, NAMED_HOURS, PART, PARTS

_HALVES = {"a": 0, "p": 12}
_MORNING_OR_AFTERNOON = range(1, 7)


class TimeOfDay(NamedTuple):
    """What was read, and the words that are left to name the day.

    Attributes:
        rest: The words beside it.
        part: A key of `PARTS`, or nothing.
        clock: The clock time, in UTC where that is written; nothing where only a part is.
    """

    rest: str
    part: str | None
    clock: time | None


def read_time_of_day(text: str) -> TimeOfDay | None:
    """The time of day in the cleaned `text`, if there is one.

    Raises:
        ToolError: The hour could be of the morning or of the afternoon.
        ValueError: There is no such time, or not in that part of the day.
    """
    clock = CLOCK.search(text)
    rest = _without(clock, text)
    found = PART.search(rest)
    part = found["part"] if found else None
    if clock is None and part is None:
        return None
    return TimeOfDay(_without(found, rest), part, _clock_time(clock, part) if clock else None)


def squeezed(text: str) -> str:
    """The words with one blank between them and no punctuation around them."""
    return re.sub(r" {2,}", " ", text).strip(' ,.!?"')


def _without(found: re.Match[str] | None, text: str) -> str:
    return squeezed(f"{text[: found.start()]} {text[found.end() :]}") if found else text


def _clock_time(found: re.Match[str], part: str | None) -> time:
    hour = _hour(found, part)
    minute = found["minute"] or found["minute_"] or 0
    return time(hour, int(minute), int(found["second"] or 0), tzinfo=UTC if found["utc"] else None)


def _hour(found: re.Match[str], part: str | None) -> int:
    bare, half = found["bare"] or found["bare_"], found["half"] or found["half_"]
    hour = NAMED_HOURS[found["named"]] if found["named"] else int(bare or found["hour"])
    if half and not 1 <= hour <= 12:
        raise ValueError(hour)
    meant = {hour}
    if half:
        meant = {hour % 12 + _HALVES[half]}
    elif part and not found["named"] and 1 <= hour <= 12:
        meant = {hour % 12, hour % 12 + 12}
    elif not part and bare and hour in _MORNING_OR_AFTERNOON:
        raise ToolError(f'"{found[0]}" could be {hour:02}:00 or {hour + 12}:00: write the one that is meant.')
    if part:
        first, last = PARTS[part]
        meant &= set(range(EARLIEST_WRITTEN_HOUR[first], min(last, 24)))
    (hour,) = meant
    return hour
