"""Times in answers: one zone, named once."""

from datetime import datetime

from withallo_tools.services import Services
from withallo_tools.times import TimeRange, describe, format_local, zone_label


def at_local(moment: datetime | None, services: Services) -> str:
    """A moment for a row, on the account's clock."""
    return format_local(moment, services.zone, now=services.now()) if moment else "unknown time"


def iso_local(moment: datetime | None, services: Services) -> str | None:
    """A moment for structured content: ISO 8601 with the account's offset."""
    return moment.astimezone(services.zone).isoformat(timespec="minutes") if moment else None


def span_range(span: TimeRange, services: Services) -> str:
    """The range for structured content, empty where there is none."""
    return describe(span, services.zone) if span.start or span.end else ""


def span_words(span: TimeRange, services: Services) -> str:
    """The range an answer covers, absolute, with the zone of all its times."""
    if span.start is None and span.end is None:
        return f"times in {zone_label(services.zone, services.now())}"
    return describe(span, services.zone)
