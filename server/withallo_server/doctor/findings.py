"""What a check says."""

from dataclasses import asdict, dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is: green works, amber works with a limit, red does not work."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        check: What was looked at, for example `clock`.
        level: How bad it is.
        text: What was found, in one sentence; never a secret.
        mend: The command, or the words, that put it right; empty where nothing is to be done.
    """

    check: str
    level: Level
    text: str
    mend: str = ""

    def as_json(self) -> dict[str, str]:
        """The finding for programs."""
        return asdict(self)


def green(check: str, text: str) -> Finding:
    """It works."""
    return Finding(check, Level.GREEN, text)


def amber(check: str, text: str, mend: str = "") -> Finding:
    """It works, with a limit."""
    return Finding(check, Level.AMBER, text, mend)


def red(check: str, text: str, mend: str) -> Finding:
    """It does not work."""
    return Finding(check, Level.RED, text, mend)


def worst(findings: list[Finding]) -> Level:
    """The worst level among the findings."""
    levels = {finding.level for finding in findings}
    return next((level for level in (Level.RED, Level.AMBER) if level in levels), Level.GREEN)
