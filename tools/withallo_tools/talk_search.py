"""Finds calls and texts with somebody: by number on v2, which knows what became of texts; by contact on v1."""

from functools import partial

from withallo_client import AlloClient, ForbiddenError, ItemFilter, NotFoundError
from withallo_tools.newest import Batch, Newest, Position, Source, Wanted, newest, page_size
from withallo_tools.resolve import Party
from withallo_tools.services import Services
from withallo_tools.talk import Talk, talk_of_item, talk_of_row
from withallo_tools.times import TimeRange
from withallo_tools.v2_access import may_use_v2, v2_was_refused


async def conversation_with(reach: Services, party: Party, limit: int, after: Position | None = None) -> Newest[Talk]:
    """The newest calls and texts with one person, over all lines and all of the person's numbers.

    Raises:
        WithalloError: Allo could not answer.
    """
    client, size = reach.client, page_size(limit)
    wanted: Wanted[Talk] = Wanted(TimeRange(), limit, lambda talk: True, after)
    on_v1 = [Source(partial(_v1_page, client, party.contact_id, size))] if party.contact_id.startswith("cnt_") else []
    if party.numbers and (may_use_v2(reach) or not on_v1):
        try:
            return await newest([Source(partial(_v2_page, client, number, size)) for number in party.numbers], wanted)
        except (ForbiddenError, NotFoundError) as error:
            v2_was_refused(reach, error)
            if not on_v1:
                raise
    return await newest(on_v1, wanted)


async def _v1_page(client: AlloClient, contact_id: str, size: int, page: int) -> Batch[Talk]:
    found = await client.contacts.search_conversation(contact_id, page=page, size=size)
    return Batch([talk for row in found.items if (talk := talk_of_row(row))], found.has_more)


async def _v2_page(client: AlloClient, number: str, size: int, page: int) -> Batch[Talk]:
    found = await client.conversations.search(ItemFilter(contact_number=number), page + 1, size)
    return Batch([talk_of_item(item) for item in found.items], found.has_more, found.total_count)
