"""Conversations and their items."""

import builtins
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Literal

from withallo_client import _arguments as arguments
from withallo_client._http import HttpClient
from withallo_client._item_search import ItemSearch
from withallo_client.errors import InvalidArgumentError
from withallo_client.models.base import Page
from withallo_client.models.conversations import CallSummary, Conversation, Item, ItemFilter

ConversationAction = Literal["READ", "UNREAD", "ARCHIVE", "UNARCHIVE"]
ItemExtension = Literal["transcript"]
TemplateKey = Literal["MARKDOWN_CLASSIC", "MARKDOWN_SHORT_CALL"]

_PATH = "/v2/api/conversations"


class Conversations:
    """Calls and messages of v2 (API contract 6.7). Reads need CONVERSATIONS_READ."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http
        self._search = ItemSearch(http)

    async def list(
        self,
        allo_number: str,
        last_activity_since: datetime | None = None,
        unread: bool | None = None,
        page: int = 1,
        size: int = 20,
    ) -> Page[Conversation]:
        """`GET /v2/api/conversations`: the inbox of one line, newest activity first.

        Args:
            allo_number: The line, E.164.
            last_activity_since: Only what moved since, aware.
            unread: Only what nobody has read, or only what somebody has.
            page: Counts from 1.
            size: Rows a page, 1 to 100.
        """
        if last_activity_since is not None and last_activity_since.tzinfo is None:
            raise InvalidArgumentError("last_activity_since", "must name its time zone")
        query = arguments.given(
            allo_number=arguments.e164("allo_number", allo_number),
            last_activity_since=last_activity_since
            and last_activity_since.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            unread=None if unread is None else str(unread).lower(),
            **arguments.paging(page, size, first=1),
        )
        return (await self._http.get(_PATH, query)).page(Conversation, page, size)

    async def search(
        self, wanted: ItemFilter, page: int = 1, size: int = 20, extend: ItemExtension | None = None
    ) -> Page[Item]:
        """`POST /v2/api/conversations/items/search`.

        The live API's spelling of dates and enums is in doubt: the documented form goes first, another when Allo
        refuses or ignores it, and what does not match is left out here (`Page.filtered`).

        Args:
            wanted: What is wanted.
            page: Counts from 1.
            size: Rows a page, 1 to 100.
            extend: `transcript` brings transcripts along.
        """
        return await self._search.run(wanted, page, size, _extension(extend))

    async def get(self, item_id: str, extend: ItemExtension | None = None) -> Item:
        """`GET /v2/api/conversations/items/{item_id}`.

        Args:
            item_id: `cll-…` or `msg-…`.
            extend: `transcript` brings the transcript along.

        Raises:
            NotFoundError: CONVERSATION_ITEM_NOT_FOUND.
            ValidationError: INVALID_ITEM_ID.
        """
        query = arguments.given(extend=_extension(extend))
        return (await self._http.get(_item_path(item_id), query)).one(Item)

    async def batch(self, ids: Collection[str], extend: ItemExtension | None = None) -> builtins.list[Item]:
        """`POST /v2/api/conversations/items/batch`: up to 100 items at once; unknown ids may be missing.

        Args:
            ids: 1 to 100 of `cll-…` or `msg-…`.
            extend: `transcript` brings transcripts along.
        """
        members = arguments.given(ids=arguments.texts("ids", ids, most=100), extend=_extension(extend))
        return (await self._http.query(f"{_PATH}/items/batch", members)).many(Item)

    def check_summary(self, content: str) -> None:
        """Refuse a summary that `update_summary` refuses, without a request.

        Raises:
            InvalidArgumentError: Allo cannot take it.
        """
        arguments.body("content", content, 100_000)

    async def update_summary(
        self, item_id: str, content: str, template_key: TemplateKey | None = None, *, idempotency_key: str | None = None
    ) -> CallSummary:
        """`PATCH /v2/api/conversations/items/{item_id}/summary`, scope CONVERSATIONS_WRITE: replaces the whole summary.

        Args:
            item_id: `cll-…`.
            content: Markdown, 1 to 100,000 characters.
            template_key: Needed when the call has several summaries.
            idempotency_key: Sent along; API contract 3.4 promises nothing for PATCH.

        Raises:
            ValidationError: SUMMARY_TEMPLATE_KEY_REQUIRED, INVALID_ITEM_ID for a message.
        """
        keys = ("MARKDOWN_CLASSIC", "MARKDOWN_SHORT_CALL")
        members = arguments.given(
            content=arguments.body("content", content, 100_000),
            template_key=template_key and arguments.choice("template_key", template_key, keys),
        )
        path = f"{_item_path(item_id)}/summary"
        return (await self._http.write("PATCH", path, members, idempotency_key=idempotency_key)).one(CallSummary)

    async def mark(
        self,
        contact_number: str,
        action: ConversationAction,
        allo_number: str | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> None:
        """`PUT /v2/api/conversations/{contact_number}/action`, scope CONVERSATIONS_WRITE.

        Args:
            contact_number: The other party.
            action: READ, UNREAD, ARCHIVE or UNARCHIVE.
            allo_number: Only on this line; on every line when left out.
            idempotency_key: A repeat within the hour changes nothing (API contract 3.4).
        """
        members = arguments.given(
            action=arguments.choice("action", action, ("READ", "UNREAD", "ARCHIVE", "UNARCHIVE")),
            allo_number=allo_number and arguments.e164("allo_number", allo_number),
        )
        path = f"{_PATH}/{arguments.segment('contact_number', contact_number)}/action"
        await self._http.write("PUT", path, members, idempotency_key=idempotency_key)

    async def add_tags(self, item_id: str, tags: Collection[str], *, idempotency_key: str | None = None) -> None:
        """`POST /v2/api/conversations/items/{item_id}/tags`, scope TAGS_WRITE. Calls only.

        Args:
            item_id: `cll-…`.
            tags: Tag keys (`Tag.name`).
            idempotency_key: A repeat within the hour changes nothing (API contract 3.4).
        """
        members = {"tags": arguments.texts("tags", tags)}
        await self._http.write("POST", f"{_item_path(item_id)}/tags", members, idempotency_key=idempotency_key)

    async def remove_tag(self, item_id: str, tag: str, *, idempotency_key: str | None = None) -> None:
        """`DELETE /v2/api/conversations/items/{item_id}/tags/{tag}`, scope TAGS_WRITE. Calls only.

        Raises:
            NotFoundError: TAG_NOT_FOUND.
        """
        path = f"{_item_path(item_id)}/tags/{arguments.segment('tag', tag)}"
        await self._http.write("DELETE", path, idempotency_key=idempotency_key)


def _item_path(item_id: str) -> str:
    return f"{_PATH}/items/{arguments.segment('item_id', item_id)}"


def _extension(extend: ItemExtension | None) -> ItemExtension | None:
    return extend and arguments.choice("extend", extend, ("transcript",))
