"""Whatever JSON the API answers, a method returns its models or raises an error of ours."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from withallo_client import AlloClient, Clock, ItemFilter, WithalloError

LINE = "+14155550100"

READS: dict[str, Callable[[AlloClient], Awaitable[Any]]] = {
    "me": lambda allo: allo.account.me(),
    "numbers": lambda allo: allo.numbers.list(),
    "calls": lambda allo: allo.calls.search(LINE),
    "contact": lambda allo: allo.contacts.get("cnt_1"),
    "contacts": lambda allo: allo.contacts.search(),
    "conversation": lambda allo: allo.contacts.search_conversation("cnt_1"),
    "sms": lambda allo: allo.sms.send(LINE, LINE, "Hello"),
    "webhooks": lambda allo: allo.webhooks.list(),
    "endpoints": lambda allo: allo.webhook_endpoints.list(),
    "conversations": lambda allo: allo.conversations.list(LINE),
    "items": lambda allo: allo.conversations.search(ItemFilter(type="CALL", sort="DATE_ASC")),
    "people": lambda allo: allo.people.search(),
}

NAMES = st.sampled_from(
    [
        "results",
        "metadata",
        "pagination",
        "id",
        "type",
        "name",
        "numbers",
        "number",
        "data",
        "call",
        "message",
        "date",
        "contacts",
        "company",
        "transcript",
        "scopes",
        "team",
        "total_pages",
        "total_count",
        "has_more",
        "tags",
        "start_date",
        "last_item",
        "user",
        "users",
        "result",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=25,
)


async def ask(read: Callable[[AlloClient], Awaitable[Any]], answer: Any) -> str:
    async def at_once(seconds: float) -> None:
        """Nobody waits here."""

    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=answer))
    async with AlloClient("ak_live_x", transport=transport, clock=Clock(sleep=at_once)) as allo:
        try:
            return repr(await read(allo))
        except WithalloError as error:
            return str(error)


@pytest.mark.parametrize("name", READS)
@settings(max_examples=40, deadline=None)
@given(data=JSON, pagination=JSON)
def test_any_json_is_an_answer_or_an_error_of_ours(name: str, data: Any, pagination: Any) -> None:
    assert anyio.run(partial(ask, READS[name], {"data": data, "pagination": pagination}))
