"""The search over items: finds the spelling that the live API takes, and leaves out what does not match."""

from collections import Counter, deque
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

from withallo_client import _arguments as arguments
from withallo_client._http import HttpClient
from withallo_client._spellings import Doubt, Form, doubts, in_order, result_matches
from withallo_client.errors import InvalidArgumentError, ValidationError
from withallo_client.models.base import Page
from withallo_client.models.conversations import Item, ItemFilter

Spelling = dict[str, int]
"""The form in use for each doubt, by its key."""

_TRIES = 8
_PATIENCE = 3
_OLDEST = "sort=DATE_ASC"
_DATE_CODES = frozenset({"INVALID_DATE_RANGE", "DATE_RANGE_TOO_WIDE"})


class ItemSearch:
    """Searches items, and remembers for its client which forms Allo refused or ignored."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http
        self._learned: Spelling = {}
        self._unhelped: Counter[str] = Counter()

    async def run(self, wanted: ItemFilter, page: int, size: int, extend: str | None) -> Page[Item]:
        """One page of what is wanted.

        Raises:
            ValidationError: Allo refuses the search in every spelling.
        """
        arguments.paging(page, size, first=1)
        fixed = {**_certain(wanted), **arguments.given(extend=extend)}
        open_doubts = doubts(wanted, datetime.fromtimestamp(self._http.wall_time(), UTC).date())
        spelling = {doubt.key: self._learned.get(doubt.key, 0) for doubt in open_doubts}
        found, spelling, learned = await self._negotiate(fixed, open_doubts, spelling, (page, size))
        self._learned |= learned
        form = {doubt.key: doubt.forms[spelling[doubt.key]] for doubt in open_doubts}
        if wanted.sort == "DATE_ASC" and not form[_OLDEST]:
            found = await self._counted_from_the_end(_members(fixed, form), found, size)
        ours = any(doubt.narrows and not form[doubt.key] for doubt in open_doubts)
        return _matching(wanted, found, ours)

    async def _negotiate(
        self, fixed: dict[str, Any], open_doubts: list[Doubt], spelling: Spelling, paging: tuple[int, int]
    ) -> tuple[Page[Item], Spelling, Spelling]:
        waiting = deque([spelling])
        refusals: list[ValidationError] = []
        answers: list[tuple[Page[Item], Spelling]] = []
        for _ in range(_TRIES):
            if not waiting:
                break
            spelling = waiting.popleft()
            try:
                result = await self._ask_as(spelling, fixed, open_doubts, paging)
            except ValidationError as error:
                refusals.append(error)
                waiting.extend(_next_forms(spelling, _at_fault(error, open_doubts)))
                continue
            answers.append((result, spelling))
            ignored = [doubt for doubt in open_doubts if not doubt.honoured(result.items) and self._may_help(doubt)]
            waiting = deque(_next_forms(spelling, ignored)[:1])
        if not answers:
            raise refusals[0]
        result, spelling = answers[-1]
        learned = {} if any(error.code == "DATE_RANGE_TOO_WIDE" for error in refusals) else spelling
        unproven = _unproven(open_doubts, answers)
        if unproven:
            spelling = spelling | unproven
            learned = {key: form for key, form in learned.items() if key not in unproven}
            self._unhelped.update(dict.fromkeys(unproven, 1))
            known = next((answer for answer, asked in answers if asked == spelling), None)
            result = known or await self._ask_as(spelling, fixed, open_doubts, paging)
        return result, spelling, learned

    def _may_help(self, doubt: Doubt) -> bool:
        """Whether another form is worth asking for; after some searches in which none helped, it is not."""
        return self._unhelped[doubt.key] < _PATIENCE

    async def _ask_as(
        self, spelling: Spelling, fixed: dict[str, Any], open_doubts: list[Doubt], paging: tuple[int, int]
    ) -> Page[Item]:
        form = {doubt.key: doubt.forms[spelling[doubt.key]] for doubt in open_doubts}
        return await self._ask(_members(fixed, form), *paging)

    async def _ask(self, members: dict[str, Any], page: int, size: int) -> Page[Item]:
        members = {**members, "page": page, "size": size}
        return (await self._http.query("/v2/api/conversations/items/search", members)).page(Item, page, size)

    async def _counted_from_the_end(self, members: dict[str, Any], newest: Page[Item], size: int) -> Page[Item]:
        """A page of the oldest first, where Allo only gives the newest first: its rows lie at the end, backwards."""
        total = newest.total_count
        if total is None:
            total = await self._counted(members, newest, size)
        end = total - (newest.page - 1) * size
        start = max(0, end - size)
        pages = range(start // size + 1, (end - 1) // size + 2) if end > 0 else ()
        rows = [row for page in pages for row in (await self._ask(members, page, size)).items]
        skipped = start % size
        return replace(newest, items=rows[skipped : skipped + end - start][::-1], has_more=start > 0)

    async def _counted(self, members: dict[str, Any], newest: Page[Item], size: int) -> int:
        """How many rows there are, by the last page."""
        last = newest.page if not newest.has_more else newest.total_pages
        if last is None:
            raise InvalidArgumentError("sort", "cannot be oldest first: Allo does not say how many rows there are")
        page = newest if last == newest.page else await self._ask(members, last, size)
        return (last - 1) * size + len(page.items)


def _members(fixed: dict[str, Any], forms: dict[str, Form]) -> dict[str, Any]:
    return {**fixed, **{name: value for form in forms.values() for name, value in form.items()}}


def _certain(wanted: ItemFilter) -> dict[str, Any]:
    return arguments.given(
        allo_number=wanted.allo_number,
        contact_number=wanted.contact_number,
        user_id=wanted.user_id,
        direction=wanted.direction,
        tags=list(wanted.tags) or None,
        unread=wanted.unread,
        unresponded=wanted.unresponded,
        search=wanted.search,
    )


def _unproven(open_doubts: list[Doubt], answers: list[tuple[Page[Item], Spelling]]) -> Spelling:
    """The first accepted forms of what no form was seen to do: one odd row must not take a filter away for good."""
    last, spelling = answers[-1]
    first = answers[0][1]
    return {
        doubt.key: first[doubt.key]
        for doubt in open_doubts
        if doubt.key != _OLDEST and not doubt.honoured(last.items) and first[doubt.key] != spelling[doubt.key]
    }


def _next_forms(spelling: Spelling, at_fault: list[Doubt]) -> list[Spelling]:
    return [
        {**spelling, doubt.key: spelling[doubt.key] + 1}
        for doubt in at_fault
        if spelling[doubt.key] + 1 < len(doubt.forms)
    ]


def _at_fault(error: ValidationError, open_doubts: list[Doubt]) -> list[Doubt]:
    """The doubts that a refusal names; all of them when it names nothing."""
    named = [name for name in error.errors() if name] or (["date"] if error.code in _DATE_CODES else [])
    if not named:
        return open_doubts
    return [doubt for doubt in open_doubts if any(name.startswith(doubt.field) for name in named)]


def _matching(wanted: ItemFilter, found: Page[Item], ours: bool) -> Page[Item]:
    items = [item for item in found.items if _matches(wanted, item)]
    filtered = ours or len(items) < len(found.items)
    exact = not filtered and _whole_days(wanted)
    whole = found.page == 1 and not found.has_more
    moments = [item.date for item in found.items if item.date]
    if not in_order(wanted.sort, moments):
        items.sort(key=lambda item: item.date or datetime.min.replace(tzinfo=UTC), reverse=wanted.sort == "DATE_DESC")
    return replace(
        found,
        items=items,
        total_count=len(items) if whole else found.total_count if exact else None,
        has_more=found.has_more and not _past_the_range(wanted, moments),
        filtered=filtered,
    )


def _matches(wanted: ItemFilter, item: Item) -> bool:
    return (
        wanted.covers(item.date)
        and wanted.type in {"ALL", item.kind}
        and wanted.direction in {None, item.direction or wanted.direction}
        and wanted.allo_number in {None, item.allo_number or wanted.allo_number}
        and _same_number(wanted.contact_number, item.contact_number)
        and wanted.has_recording in {None, item.recording_url is not None}
        and result_matches(wanted, item)
    )


def _same_number(wanted: str | None, found: str | None) -> bool:
    """Whether two spellings have the same digits; a number that is not told may be the wanted one."""
    return not wanted or not found or wanted == found or _digits(wanted) == _digits(found)


def _digits(number: str) -> str:
    return "".join(filter(str.isdecimal, number))


def _whole_days(wanted: ItemFilter) -> bool:
    """Whether the days that were sent are exactly the range that is wanted, so that Allo's count is ours."""
    bounds = [bound for bound in (wanted.since, wanted.until) if bound]
    return all(bound.utcoffset() == timedelta(0) and bound.time() == time.min for bound in bounds)


def _past_the_range(wanted: ItemFilter, moments: list[datetime]) -> bool:
    if not moments or not in_order(wanted.sort, moments):
        return False
    if wanted.sort == "DATE_DESC":
        return wanted.since is not None and moments[-1] < wanted.since
    return wanted.sort == "DATE_ASC" and wanted.until is not None and moments[-1] >= wanted.until
