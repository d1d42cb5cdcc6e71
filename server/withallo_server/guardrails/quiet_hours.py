"""What time it is where a number lives."""

from datetime import datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_UNKNOWN = "Etc/Unknown"


def quiet_until(number: str, hours: tuple[time, time], now: datetime) -> tuple[datetime, time] | None:
    """The local time at a number whose quiet hours last, and when they end; nothing when it may be texted.

    A number that may be in several zones is left alone when it is quiet in any of them; one without a zone is taken
    by the zone of `now`.
    """
    begin, end = hours
    for zone in _zones(number):
        local = now.astimezone(zone) if zone else now
        if _within(local.time().replace(tzinfo=None), begin, end):
            return local, end
    return None


def night_at(number: str, hours: tuple[time, time], now: datetime) -> datetime | None:
    """The local time at a number when it is night in every zone it may be in; nothing where no zone is known."""
    local = [now.astimezone(zone) for zone in _zones(number) if zone is not None]
    if not all(_within(each.time().replace(tzinfo=None), *hours) for each in local):
        return None
    return next(iter(local), None)


def _within(moment: time, begin: time, end: time) -> bool:
    return begin <= moment < end if begin < end else moment >= begin or moment < end


def _zones(number: str) -> list[ZoneInfo | None]:
    import phonenumbers
    from phonenumbers import timezone

    try:
        names = timezone.time_zones_for_number(phonenumbers.parse(number))
        return [ZoneInfo(name) for name in names if name != _UNKNOWN] or [None]
    except (phonenumbers.NumberParseException, ZoneInfoNotFoundError):
        return [None]
