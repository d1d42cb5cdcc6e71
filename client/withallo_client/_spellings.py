"""What is in doubt about a search: sources disagree on dates and enums (API contract 6.7).

Each doubt has its forms in the order to try: the documented one first, leaving the member out last, and a way to see
on the rows whether Allo did as asked.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from withallo_client.models.conversations import Item, ItemFilter

Form = dict[str, Any]

# Allo's days may be counted in another zone than ours, and a day is the finest range a search can name.
_SLACK = timedelta(days=2)
_BEFORE_ALLO = date(2015, 1, 1)


@dataclass(frozen=True, slots=True)
class Doubt:
    """One member of a search whose spelling is uncertain.

    Attributes:
        key: What a learned form is remembered by.
        field: How Allo's errors name it.
        forms: What may be sent.
        honoured: Whether rows look as if Allo had understood.
        narrows: Whether it leaves rows out; an order does not.
    """

    key: str
    field: str
    forms: tuple[Form, ...]
    honoured: Callable[[Sequence[Item]], bool]
    narrows: bool = True


def doubts(wanted: ItemFilter, today: date) -> list[Doubt]:
    """What is uncertain about this search."""
    found = []
    if wanted.since or wanted.until:
        found.append(_date(wanted, today))
    if wanted.type != "ALL":
        names = ("SMS", "TEXT_MESSAGE") if wanted.type == "SMS" else ("CALL",)
        found.append(_each("type", wanted.type, names, lambda item: item.kind == wanted.type))
    if wanted.result:
        names = ("MISSED", "VOICEMAIL") if wanted.result == "MISSED" else (wanted.result,)
        found.append(_each("result", wanted.result, names, lambda item: (item.result or "").upper().startswith(names)))
    if wanted.has_recording is not None:
        forms: tuple[Form, ...] = ({"has_recording": wanted.has_recording}, {})
        check = _all(lambda item: (item.recording_url is not None) == wanted.has_recording)
        found.append(Doubt(f"has_recording={wanted.has_recording}", "has_recording", forms, check))
    found.append(_sort(wanted))
    return found


def result_matches(wanted: ItemFilter, item: Item) -> bool:
    """Whether a call ended as wanted; where Allo has no word for missed, a voicemail that came in is one."""
    if wanted.result is None or item.result is None:
        return wanted.result is None
    result = item.result.upper()
    if wanted.result == "MISSED" and result == "VOICEMAIL":
        return item.direction != "OUTBOUND"
    return result.startswith(wanted.result)


def in_order(sort: str, moments: Sequence[datetime]) -> bool:
    """Whether rows come in the order of their dates that was asked for."""
    return sort == "RELEVANCE" or list(moments) == sorted(moments, reverse=sort == "DATE_DESC")


def _date(wanted: ItemFilter, today: date) -> Doubt:
    first, last = _BEFORE_ALLO, today + timedelta(days=366)
    if wanted.since:
        first = min(wanted.since.date(), wanted.since.astimezone(UTC).date())
        last = max(last, first)
    if wanted.until:
        end = wanted.until - timedelta(microseconds=1)
        last = max(end.date(), end.astimezone(UTC).date())
        first = min(first, last)

    def near(item: Item) -> bool:
        early = item.date and wanted.since and item.date < wanted.since - _SLACK
        late = item.date and wanted.until and item.date > wanted.until + _SLACK
        return not (early or late)

    start, end_day = first.isoformat(), last.isoformat()
    forms: tuple[Form, ...] = ({"date": {"from": start, "to": end_day}}, {"date_from": start, "date_to": end_day}, {})
    return Doubt("date", "date", forms, _all(near))


def _sort(wanted: ItemFilter) -> Doubt:
    names = {"DATE_DESC": ("DATE_DESC", "RECENT", "DATE"), "DATE_ASC": ("DATE_ASC", "OLDEST")}
    forms: list[Form] = [{"sort": name} for name in names.get(wanted.sort, (wanted.sort,))]
    forms.insert(0 if wanted.sort == "DATE_DESC" else len(forms), {})

    def ordered(items: Sequence[Item]) -> bool:
        return in_order(wanted.sort, [item.date for item in items if item.date])

    return Doubt(f"sort={wanted.sort}", "sort", tuple(forms), ordered, narrows=False)


def _each(field: str, value: str, names: tuple[str, ...], matches: Callable[[Item], bool]) -> Doubt:
    forms: tuple[Form, ...] = (*({field: name} for name in names), {})
    return Doubt(f"{field}={value}", field, forms, _all(matches))


def _all(matches: Callable[[Item], bool]) -> Callable[[Sequence[Item]], bool]:
    return lambda items: all(matches(item) for item in items)
