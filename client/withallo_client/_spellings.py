"""How the live API spells a search: the documented form first, another when Allo refuses or ignores it."""

from withallo_client._http import HttpClient
from withallo_client.models.base import Page
from withallo_client.models.conversations import Item, ItemFilter


class ItemSearch:
    """The search over items, and what it has learned about spellings."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    async def run(self, wanted: ItemFilter, page: int, size: int, extend: str | None) -> Page[Item]:
        """One page of what is wanted."""
        raise NotImplementedError
