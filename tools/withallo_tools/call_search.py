"""Finds calls over all lines: with v2 where the key may, with a bounded scan of v1 otherwise; the same answer."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from mcp.server.mcpserver.exceptions import ToolError

from withallo_client import AlloClient, ForbiddenError, Item, ItemFilter, NotFoundError
from withallo_tools.call_facts import CallFacts, Way, facts_of_call, facts_of_item
from withallo_tools.item_search import DIRECTIONS, RESULTS
from withallo_tools.lines import own_lines
from withallo_tools.newest import MAX_REQUESTS, Batch, Newest, Position, Source, Wanted, newest, page_size
from withallo_tools.outsiders import clean
from withallo_tools.phone import NumberPart
from withallo_tools.services import Services
from withallo_tools.times import TimeRange
from withallo_tools.together import together
from withallo_tools.v2_access import may_use_v2, v2_was_refused

_FULL_PAGE = 100
_MOST_FOR_A_PART = 20
_MOST_TO_SORT = 5_000
_V2_IDS = ("cll-", "msg-")
_V1_ID = "call_"
_V2_CALL = re.compile(r"cll-[\w-]+")


@dataclass(frozen=True, slots=True)
class CallQuery:
    """Which calls are wanted.

    Attributes:
        lines: Numbers of the lines to look at.
        every_line: Whether these are all lines there are.
        numbers: Numbers of the other party; none means anybody.
        part: A part of the other party's number.
        longest_first: Whether the order is by length instead of by time.
        up_to_now: Whether the range reaches to the present, so that the newest calls of all belong to it.
    """

    lines: tuple[str, ...]
    every_line: bool
    numbers: tuple[str, ...]
    span: TimeRange
    way: Literal["any"] | Way
    how: Literal["any", "answered", "missed", "voicemail", "transferred"]
    limit: int
    up_to_now: bool = True
    part: NumberPart | None = None
    longest_first: bool = False

    def keeps(self, call: CallFacts) -> bool:
        """Whether a call is of the wanted direction and result, with the wanted number."""
        if self.part and not self.part.is_in(call.number):
            return False
        if self.way not in ("any", call.way):
            return False
        return call.was_missed if self.how == "missed" else self.how in ("any", call.how)

    @property
    def page_size(self) -> int:
        """Rows to ask for: just enough where every row counts, else as many as a page holds."""
        every_row_counts = self.way == "any" and self.how == "any" and self.up_to_now and not self.part
        return page_size(self.limit) if every_row_counts else _FULL_PAGE


async def search(services: Services, query: CallQuery, after: Position | None = None) -> Newest[CallFacts]:
    """The newest calls that match.

    Raises:
        WithalloError: Allo could not answer.
    """
    client, most = services.client, _MOST_FOR_A_PART if query.part else MAX_REQUESTS
    wanted = Wanted(query.span, query.limit, query.keeps, after)
    if may_use_v2(services):
        try:
            return await newest(_v2_sources(client, query), wanted, max_requests=most)
        except (ForbiddenError, NotFoundError) as error:
            v2_was_refused(services, error)
    return await newest(_v1_sources(client, query), wanted, max_requests=most)


async def longest(services: Services, query: CallQuery) -> Newest[CallFacts]:
    """The longest calls that match, the longest first; no route sorts by length, so all of them are read.

    Raises:
        WithalloError: Allo could not answer.
    """
    found = await search(services, replace(query, limit=_MOST_TO_SORT))
    by_length = sorted(found.rows, key=lambda call: call.seconds or 0, reverse=True)
    return replace(found, rows=by_length[: query.limit], position=None)


def rest_id(call_id: str) -> str:
    """A call's id as REST writes it; webhooks have an underscore where REST has a dash (API contract 10)."""
    return call_id.strip().replace("cll_", "cll-", 1)


async def read_call(services: Services, call_id: str, *, transcript: bool) -> CallFacts:
    """One call.

    Raises:
        ToolError: The id is that of a text, or a v1 id that the bounded scan did not meet.
        NotFoundError: There is no such call.
    """
    item_id = rest_id(call_id)
    if may_use_v2(services) and item_id.startswith(_V2_IDS):
        try:
            item = await services.client.conversations.get(item_id, extend="transcript" if transcript else None)
        except ForbiddenError as error:
            v2_was_refused(services, error)
        else:
            if item.kind != "CALL":
                raise ToolError("call_id: this is a text; get_contact_conversation shows texts in full.")
            return facts_of_item(item)
    may_be_of_v1 = not may_use_v2(services) or item_id.startswith(_V1_ID)
    found = await _scan_v1(services, {item_id}) if may_be_of_v1 else []
    if not found:
        raise ToolError(f"call_id: no recent call has the id '{clean(call_id, 60)}'. search_calls lists ids.")
    return found[0]


async def read_calls(services: Services, call_ids: Sequence[str]) -> list[CallFacts]:
    """Up to 100 calls in one request, in the order asked for; unknown ones are missing."""
    ids = [rest_id(call_id) for call_id in call_ids]
    of_v2 = [call_id for call_id in dict.fromkeys(ids) if _V2_CALL.fullmatch(call_id)]
    found: list[CallFacts] = []
    if may_use_v2(services) and of_v2:
        try:
            found = [facts_of_item(item) for item in await _batch(services.client, of_v2) if item.kind == "CALL"]
        except (ForbiddenError, NotFoundError) as error:
            v2_was_refused(services, error)
    of_v1 = {call_id for call_id in ids if not may_use_v2(services) or call_id.startswith(_V1_ID)}
    if of_v1:
        found += await _scan_v1(services, of_v1)
    by_id = {call.id: call for call in found}
    return [by_id[call_id] for call_id in dict.fromkeys(ids) if call_id in by_id]


async def _batch(client: AlloClient, ids: Sequence[str]) -> list[Item]:
    """Items by id, one by one where Allo refuses them all for one that is not there."""

    async def one(item_id: str) -> list[Item]:
        try:
            return [await client.conversations.get(item_id)]
        except NotFoundError:
            return []

    try:
        return await client.conversations.batch(ids)
    except NotFoundError as error:
        if error.code in (None, "ENDPOINT_NOT_FOUND"):
            raise
    return [item for items in await together([partial(one, item_id) for item_id in ids]) for item in items]


async def _scan_v1(services: Services, ids: Collection[str]) -> list[CallFacts]:
    """Calls by id where only the list of each line can be read."""
    lines = [line.number for line in await own_lines(services) if line.number]
    found = await newest(
        [v1_source(services.client, line) for line in lines], Wanted(TimeRange(), len(ids), lambda call: call.id in ids)
    )
    return found.rows


def v1_source(client: AlloClient, line: str, number: str | None = None) -> Source[CallFacts]:
    """All calls of one line, with anybody or with one number, transcripts included."""
    return Source(partial(_v1_page, client, _FULL_PAGE, line, number))


def _v2_sources(client: AlloClient, query: CallQuery) -> list[Source[CallFacts]]:
    lines: Sequence[str | None] = (None,) if query.every_line else query.lines
    filters = [
        ItemFilter(
            type="CALL",
            allo_number=line,
            contact_number=number,
            since=query.span.start,
            until=query.span.end,
            direction="INBOUND" if query.how == "missed" else DIRECTIONS.get(query.way),
            result=RESULTS.get(query.how),
        )
        for line in lines
        for number in query.numbers or (None,)
    ]
    return [Source(partial(_v2_page, client, query.page_size, asked)) for asked in filters]


async def _v2_page(client: AlloClient, size: int, asked: ItemFilter, page: int) -> Batch[CallFacts]:
    found = await client.conversations.search(asked, page + 1, size)
    calls = [facts_of_item(item) for item in found.items if item.kind == "CALL"]
    return Batch(calls, found.has_more, found.total_count)


def _v1_sources(client: AlloClient, query: CallQuery) -> list[Source[CallFacts]]:
    return [
        Source(partial(_v1_page, client, query.page_size, line, number))
        for line in query.lines
        for number in query.numbers or (None,)
    ]


async def _v1_page(client: AlloClient, size: int, line: str, number: str | None, page: int) -> Batch[CallFacts]:
    found = await client.calls.search(line, number, page, size)
    return Batch([facts_of_call(call, line) for call in found.items], found.has_more)
