"""What the machine says about where its user is."""

import locale
import os
from zoneinfo import ZoneInfo

DEFAULT_REGION = "US"


def zone_of(name: str | None) -> ZoneInfo:
    """The time zone of a name, or that of this machine."""
    return ZoneInfo(name) if name else machine_zone()


def machine_zone() -> ZoneInfo:
    """The time zone of this machine, or UTC when it has none that is known."""
    from tzlocal import reload_localzone

    try:
        return reload_localzone()
    except (LookupError, ValueError, OSError):
        return ZoneInfo("UTC")


def machine_region() -> str:
    """The country in this machine's language settings, or the United States."""
    names = (os.environ.get(name) for name in ("LC_ALL", "LC_TELEPHONE", "LC_MESSAGES", "LANG"))
    spoken = next(filter(None, names), None) or (locale.getlocale()[0] or "")
    _, _, region = spoken.partition(".")[0].partition("_")
    return region.upper() if len(region) == 2 and region.isalpha() else DEFAULT_REGION
