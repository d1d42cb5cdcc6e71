"""Fetches what follow-ups are computed from: everything in a range without its words, and the words not heard yet."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Literal

from withallo_client import ForbiddenError, Item, ItemFilter, NotFoundError
from withallo_tools.call_facts import CallFacts, facts_of_item
from withallo_tools.call_search import v1_source
from withallo_tools.heard import Heard, Memory
from withallo_tools.lines import own_lines
from withallo_tools.newest import Wanted, newest
from withallo_tools.services import Services
from withallo_tools.talk import Talk, talk_of_call, talk_of_item
from withallo_tools.times import TimeRange
from withallo_tools.together import together
from withallo_tools.v2_access import may_use_v2, v2_was_refused

_PAGE = 100
_MOST_PAGES = 30
_MOST_CALLS = 5_000
_A_REPLY_COMES_WITHIN = timedelta(days=3)

Words = Literal["all", "transferred"]
"""Whose words are needed: of all calls for promises, of transferred ones to know whether one of us spoke."""


@dataclass(frozen=True, slots=True)
class Everything:
    """Calls and texts over all lines, for a reaction may have come from another line.

    Attributes:
        heard: What was heard in calls, by id, as far as it was asked for.
        looked_back_to: Set when there was too much: nothing older was looked at.
        has_texts: Whether the key sees texts.
    """

    talks: Sequence[Talk]
    heard: dict[str, Heard]
    looked_back_to: datetime | None
    has_texts: bool


async def everything(
    reach: Services, since: datetime, numbers: Sequence[str], words: Words, *, texts: bool
) -> Everything:
    """All calls and texts from a moment on, with anybody or with these numbers.

    Args:
        reach: Where to ask.
        since: The moment.
        numbers: Of one contact; none for everybody.
        words: Which calls to hear.
        texts: Whether texts are asked about: then also what we wrote shortly before, for they may answer it.

    Raises:
        WithalloError: Allo could not answer.
    """
    if may_use_v2(reach):
        try:
            return await _on_v2(reach, since, numbers, words, texts=texts)
        except (ForbiddenError, NotFoundError) as error:
            v2_was_refused(reach, error)
    return await _on_v1(reach, since, numbers)


async def _on_v2(reach: Services, since: datetime, numbers: Sequence[str], words: Words, *, texts: bool) -> Everything:
    asked = [ItemFilter(contact_number=number, since=since) for number in numbers or (None,)]
    earlier = since - _A_REPLY_COMES_WITHIN
    before = [replace(each, type="SMS", direction="OUTBOUND", since=earlier, until=since) for each in asked if texts]
    found = await together([partial(_all_pages, reach, each) for each in (*asked, *before)])
    talks = {item.id: talk_of_item(item) for items, _ in found for item in items}
    memory = Memory(reach.client)
    spoken = [talk.call for talk in talks.values() if talk.call and _has_words(talk.call, words)]
    unheard = [call.at for call in spoken if memory.get(call.id) is None and call.at]
    if unheard:
        result: Literal["TRANSFERRED"] | None = "TRANSFERRED" if words == "transferred" else None
        narrowed = [replace(each, type="CALL", result=result, since=min(unheard)) for each in asked]
        for items, _ in await together([partial(_all_pages, reach, each, "transcript") for each in narrowed]):
            await memory.read([facts_of_item(item) for item in items], reach.now())
    heard = {call.id: known for call in spoken if (known := memory.get(call.id))}
    bound = max((moment for _, moment in found[: len(asked)] if moment), default=None)
    return Everything(list(talks.values()), heard, bound, has_texts=True)


async def _on_v1(reach: Services, since: datetime, numbers: Sequence[str]) -> Everything:
    lines = [line.number for line in await own_lines(reach) if line.number]
    calls = await newest(
        [v1_source(reach.client, line, number) for line in lines for number in numbers or (None,)],
        Wanted(TimeRange(since), _MOST_CALLS, lambda call: True),
        max_requests=_MOST_PAGES,
    )
    memory = Memory(reach.client)
    heard = await memory.read(calls.rows, reach.now())
    return Everything([talk_of_call(call) for call in calls.rows], heard, calls.looked_back_to, has_texts=False)


def _has_words(call: CallFacts, words: Words) -> bool:
    return bool(call.seconds) and (words == "all" or call.how == "transferred")


async def _all_pages(
    reach: Services, asked: ItemFilter, extend: Literal["transcript"] | None = None
) -> tuple[list[Item], datetime | None]:
    """Every page, the later ones side by side; and how far back was looked, where there are too many."""
    search = partial(reach.client.conversations.search, asked, size=_PAGE, extend=extend)
    first = await search(page=1)
    items, last = list(first.items), first
    if first.has_more and first.total_pages and not first.filtered:
        pages = range(2, min(first.total_pages, _MOST_PAGES) + 1)
        others = await together([partial(search, page=page) for page in pages])
        items += [item for page in others for item in page.items]
        last = others[-1] if others else first
    else:
        while last.has_more and last.page < _MOST_PAGES:
            last = await search(page=last.page + 1)
            items += last.items
    dates = [item.date for item in items if item.date]
    return items, min(dates) if last.has_more and dates else None
