"""Searches the words of calls on v1, which has no search of its own: a bounded scan, newest first, without texts."""

from functools import partial

from mcp.server.mcpserver.exceptions import ToolError

from withallo_client import AlloClient, Item
from withallo_tools.call_facts import facts_of_call
from withallo_tools.item_search import Hit, Hits, ItemQuery, ends_as, has_every_word
from withallo_tools.lines import own_lines
from withallo_tools.newest import Batch, Position, Source, Wanted, newest
from withallo_tools.services import Services
from withallo_tools.times import TimeRange

_PAGE = 100
_MOST_REQUESTS = 30


async def scan_calls(reach: Services, query: ItemQuery, position: object) -> Hits:
    """Calls that match, found by reading them all.

    Raises:
        ToolError: What is asked for cannot be told on v1.
    """
    asked = query.filter
    untold = {
        "kind='text'": asked.type == "SMS",
        "user": asked.user_id is not None,
        "unread": asked.unread is not None,
        "unresponded": asked.unresponded is not None,
        f"sort='{query.order}'": query.order != "newest",
    }
    if any(untold.values()):
        names = ", ".join(name for name, given in untold.items() if given)
        raise ToolError(f"This key reads calls on v1 alone, which knows nothing of {names}. Leave it out.")
    lines = [asked.allo_number] if asked.allo_number else [line.number for line in await own_lines(reach)]
    sources = [
        Source(partial(_page, reach.client, line, number))
        for line in lines
        if line
        for number in query.numbers or (None,)
    ]
    wanted: Wanted[Hit] = Wanted(
        TimeRange(asked.since, asked.until),
        query.limit,
        lambda hit: _matches(hit.item, query),
        Position.from_json(position),
    )
    found = await newest(sources, wanted, max_requests=_MOST_REQUESTS)

    def position_after(shown: int) -> object:
        last = found.cut(shown).position
        return last.as_json() if last else None

    return Hits(
        [hit.item for hit in found.rows], found.total, position_after, has_texts=False, looked_to=found.looked_back_to
    )


def _matches(item: Item, query: ItemQuery) -> bool:
    asked = query.filter
    return (
        asked.direction in (None, item.direction)
        and (not asked.tags or not set(asked.tags).isdisjoint(item.tags))
        and (asked.has_recording is None or asked.has_recording == (item.recording_url is not None))
        and (query.how == "any" or ends_as(item, query.how))
        and has_every_word(item, query.words)
    )


async def _page(client: AlloClient, line: str, number: str | None, page: int) -> Batch[Hit]:
    found = await client.calls.search(line, number, page, _PAGE)
    items = []
    for call in found.items:
        facts = facts_of_call(call, line)
        items.append(
            Item(
                id=facts.id,
                type="CALL",
                direction=facts.way and facts.way.upper(),
                allo_number=facts.line,
                contact_number=facts.number,
                date=facts.at,
                duration=facts.seconds,
                result=call.result,
                recording_url=facts.recording_url,
                summary=facts.summary,
                tags=facts.tags,
                transcript=facts.transcript,
            )
        )
    return Batch([Hit(item) for item in items], found.has_more)
