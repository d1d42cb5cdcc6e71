"""Which spellings the item search understands: the live API's are in doubt (API contract 6.7)."""

from dataclasses import dataclass
from typing import Final, Literal

Family = Literal["any", "documented", "peer", "plugin"]


@dataclass(frozen=True, slots=True)
class Variants:
    """One way the live search may behave.

    Attributes:
        enums: Whose words `type`, `result` and `sort` take, and items are answered in.
        dates: `nested` takes `date: {from, to}`, `flat` takes `date_from` and `date_to`.
        others: What happens to a spelling that is not understood: a 400, or silence and no filter.
    """

    enums: Family = "any"
    dates: Literal["any", "nested", "flat"] = "any"
    others: Literal["refuse", "ignore"] = "refuse"


TYPES: Final[dict[str, dict[str, str | None]]] = {
    "documented": {"CALL": "CALL", "SMS": "SMS", "ALL": None},
    "peer": {"CALL": "CALL", "TEXT_MESSAGE": "SMS"},
    "plugin": {"CALL": "CALL", "SMS": "SMS", "ALL": None},
}
RESULTS: Final[dict[str, dict[str, str | None]]] = {
    "documented": {"ANSWERED": "ANSWERED", "VOICEMAIL": "VOICEMAIL", "TRANSFERRED": "TRANSFERRED"},
    "peer": {"ANSWERED": "ANSWERED", "VOICEMAIL": "VOICEMAIL", "TRANSFERRED": "TRANSFERRED", "MISSED": "MISSED"},
    "plugin": {"ANSWERED": "ANSWERED", "VOICEMAIL": "VOICEMAIL", "TRANSFERRED": "TRANSFERRED"},
}
SORTS: Final[dict[str, dict[str, str | None]]] = {
    "documented": {"DATE_DESC": "NEWEST", "DATE_ASC": "OLDEST", "RELEVANCE": "RELEVANCE"},
    "peer": {"RECENT": "NEWEST", "OLDEST": "OLDEST", "RELEVANCE": "RELEVANCE"},
    "plugin": {"DATE": "NEWEST", "RELEVANCE": "RELEVANCE"},
}


def understood(tables: dict[str, dict[str, str | None]], family: Family) -> dict[str, str | None]:
    """The words of one family, or of all of them."""
    if family != "any":
        return tables[family]
    return {word: meaning for table in tables.values() for word, meaning in table.items()}
