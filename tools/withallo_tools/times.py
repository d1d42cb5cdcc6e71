"""The one clock: reads what people write about time, in English and French, and says it back absolutely.

Weeks begin on Monday. `since` takes the beginning of what was written and `until` its end, so `until="yesterday"`
holds all of yesterday, and a moment given to the second, or as answers give it, holds that second or minute. Without
`until` a range reaches to the end of today, unless `since` names a period that is over: `yesterday`, `last Tuesday`,
`Friday afternoon`, `last week`, `October` and `2025` are just that; `Friday`, `2026-03-29` and `since yesterday` go on.
`last 7 days` begins at midnight seven days ago. What could be two things (`03/04`, `2h`, a weekday that the date is
not) is refused, as is a future `since`. Bounds are wall-clock times of the zone, so a day may last 23 or 25 hours.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from mcp.server.mcpserver.exceptions import ToolError


@dataclass(frozen=True, slots=True)
class TimeRange:
    """A half-open stretch of time, aware; an absent bound does not narrow."""

    start: datetime | None = None
    end: datetime | None = None

    def __contains__(self, moment: datetime) -> bool:
        # Datetimes of one zone compare by wall clock, which is wrong in the hour that occurs twice.
        at, start, end = (bound and bound.astimezone(UTC) for bound in (moment, self.start, self.end))
        return at is not None and (start is None or at >= start) and (end is None or at < end)


def parse_range(since: str | None, until: str | None, *, zone: ZoneInfo, now: datetime) -> TimeRange:
    """Turn what a caller wrote into absolute bounds in `zone`.

    Args:
        since: Where the range begins, or a period that is over; nothing leaves it open.
        until: Where it ends, the period named included; nothing means the end of today, or of the period that is over.
        zone: The account's time zone, used wherever no offset is written.
        now: The present, aware.

    Returns:
        Bounds in `zone`; both absent when nothing was asked.

    Raises:
        ToolError: The words cannot be read, are ambiguous, or the range would be empty.
    """
    from withallo_tools.time_words import Reader

    since, until = (text.strip() if text else "" for text in (since, until))
    if not since and not until:
        return TimeRange()
    reader = Reader(zone, now.astimezone(zone))
    begun = reader.read(since, "since") if since else None
    start = begun.start if begun else None
    end = begun.end if begun and begun.closed and not until else reader.read(until or "today", "until").end
    if start is not None and (start.astimezone(UTC) >= end.astimezone(UTC) or start.astimezone(UTC) > now):
        words = describe(TimeRange(start, end), zone)
        raise ToolError(f"Nothing lies in the range {words}: `since` has to come before `until`, and before now.")
    return TimeRange(start, end)


def describe(span: TimeRange, zone: ZoneInfo) -> str:
    """Say a range with absolute bounds and offset: `2026-11-16 00:00 to 2026-11-23 00:00, Europe/Paris +01:00`."""
    bounds = [bound.astimezone(zone) for bound in (span.start, span.end) if bound is not None]
    if not bounds:
        return "any time"
    words = [f"{bound:%Y-%m-%d %H:%M}" for bound in bounds]
    suffix = zone_label(zone, bounds[0])
    if bounds[0].utcoffset() != bounds[-1].utcoffset():
        words = [f"{word} {_offset(bound)}" for word, bound in zip(words, bounds, strict=True)]
        suffix = zone.key
    lead = "before " if span.start is None else "from " if span.end is None else ""
    return f"{lead}{' to '.join(words)}, {suffix}"


def zone_label(zone: ZoneInfo, at: datetime) -> str:
    """Name a zone with the offset it has at that moment: `Europe/Paris +01:00`."""
    return f"{zone.key} {_offset(at.astimezone(zone))}"


def format_local(moment: datetime, zone: ZoneInfo, *, now: datetime) -> str:
    """Say a moment on the account's clock: `Mon 16 Nov 14:05`.

    The year follows the month where it is not the present one, and the offset follows the time in the hour that
    occurs twice when summer time ends.
    """
    local = moment.astimezone(zone)
    year = "" if local.year == now.astimezone(zone).year else f" {local.year}"
    twice = f" {_offset(local)}" if local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset() else ""
    return f"{local:%a} {local.day} {local:%b}{year} {local:%H:%M}{twice}"


def _offset(moment: datetime) -> str:
    digits = f"{moment:%z}"
    return f"{digits[:3]}:{digits[3:5]}"
