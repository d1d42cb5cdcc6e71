"""Conversations and their items (API contract 6.7)."""

from datetime import UTC, datetime
from typing import Literal
from urllib.parse import unquote

from pydantic import Field
from starlette.responses import Response

from withallo_sandbox import notify
from withallo_sandbox.errors import RefusedError, invalid, not_found
from withallo_sandbox.gate import Endpoint
from withallo_sandbox.records import ANONYMOUS, Call, Item
from withallo_sandbox.requests import E164, Ask, Body, checked_page
from withallo_sandbox.search import ItemSearch, ItemSearcher
from withallo_sandbox.shapes import Json, data, v2, zoneless, zulu


class Batch(Body):
    """Body of a batch read."""

    ids: list[str] = Field(min_length=1)
    extend: str | None = None


class WriteSummary(Body):
    """Body of a new summary."""

    content: str = Field(max_length=100_000)
    template_key: Literal["MARKDOWN_CLASSIC", "MARKDOWN_SHORT_CALL"] | None = None


class Mark(Body):
    """Body of an action on a conversation."""

    action: Literal["READ", "UNREAD", "ARCHIVE", "UNARCHIVE"]
    allo_number: str | None = None


class AddTags(Body):
    """Body of new tags."""

    tags: list[str] = Field(min_length=1)


def list_conversations(ask: Ask) -> Response:
    """The conversations of one line, the newest first; hidden numbers and archived ones left out."""
    line = ask.number("allo_number")
    if line is None:
        raise invalid("allo_number", "allo_number is required.", "MISSING_ALLO_NUMBER")
    page, unread, since = ask.page(first=1, size=20), ask.flag("unread"), _since(ask)
    with_transcript = wants_transcript(ask.query.get("extend"))
    rows: dict[str, Item] = {}
    waiting: set[str] = set()
    for item in ask.state.account.timeline.newest_first(line=line):
        rows.setdefault(item.contact_number, item)
        if not item.read:
            waiting.add(item.contact_number)
    shown = [
        item
        for number, item in rows.items()
        if number != ANONYMOUS
        and (number, line) not in ask.state.account.archived
        and (unread is None or (number in waiting) == unread)
        and (since is None or item.date >= since)
    ]
    chosen = shown[page.start : page.start + page.size]
    return v2.listing([_conversation(ask, item, transcript=with_transcript) for item in chosen], page, len(shown))


def _conversation(ask: Ask, last: Item, *, transcript: bool) -> Json:
    shape = v2.item(last, ask.state.context, transcript=transcript)
    return {
        "contact_number": last.contact_number,
        "contacts": shape["contacts"],
        "last_activity": zulu(last.date),
        "last_item": shape,
    }


def _since(ask: Ask) -> datetime | None:
    text = ask.query.get("last_activity_since")
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise invalid("last_activity_since", "Not an ISO 8601 time.", "INVALID_DATE_RANGE") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def wants_transcript(extend: str | None) -> bool:
    """Whether `extend` asks for the transcript.

    Raises:
        RefusedError: When it asks for anything else.
    """
    wanted = {word.strip() for word in (extend or "").split(",")} - {""}
    if wanted - {"transcript"}:
        raise invalid("extend", "Only transcript can be asked for.", "UNSUPPORTED_EXTEND_VALUE")
    return bool(wanted)


def search_items(ask: Ask) -> Response:
    """Calls and texts that match every filter; members that are not known are ignored."""
    query = ask.read(ItemSearch)
    page = checked_page(query.page, query.size, first=1)
    transcript = wants_transcript(query.extend)
    items = ItemSearcher(ask.state.account, ask.state.variants, query).items()
    chosen = items[page.start : page.start + page.size]
    return v2.listing([v2.item(i, ask.state.context, transcript=transcript) for i in chosen], page, len(items))


def get_item(ask: Ask) -> Response:
    """One call or text."""
    transcript = wants_transcript(ask.query.get("extend"))
    return data(v2.item(_item(ask, _checked_id(ask.segment("id"))), ask.state.context, transcript=transcript))


def batch_items(ask: Ask) -> Response:
    """Up to 100 items in the order asked for; ids that nobody has are left out."""
    body = ask.read(Batch)
    if len(body.ids) > 100:
        raise invalid("ids", "At most 100 ids.", "BATCH_TOO_LARGE")
    transcript = wants_transcript(body.extend)
    found = (ask.state.account.timeline.get(_checked_id(item_id)) for item_id in body.ids)
    return data([v2.item(item, ask.state.context, transcript=transcript) for item in found if item])


def update_summary(ask: Ask) -> Response:
    """Replace the summary of a call."""
    call, body = _call(ask), ask.read(WriteSummary)
    if call.summary is None:
        raise not_found("SUMMARY_TEMPLATE_NOT_FOUND")
    call.summary = body.content
    call.summary_version += 1
    notify.summary(ask.state, call)
    author = ask.state.account.users[0]
    return data(
        {
            "id": call.id,
            "content": call.summary,
            "version": call.summary_version,
            "updated_at": zoneless(ask.state.clock.now()),
            "updated_by": {"id": author.id, "name": author.name},
        }
    )


def mark(ask: Ask) -> Response:
    """Read, unread, archive or unarchive a conversation, on one line or on all."""
    number = ask.segment("contact_number")
    if not E164.fullmatch(number):
        raise invalid("contact_number", "contact_number must be E.164, its plus sent as %2B.", "INVALID_PHONE_FORMAT")
    body, account = ask.read(Mark, codes={"action": "INVALID_ACTION"}), ask.state.account
    items = list(account.timeline.newest_first(line=body.allo_number, contact=number))
    for line in {item.allo_number for item in items}:
        on_line = [item for item in items if item.allo_number == line]
        if body.action == "READ":
            for item in on_line:
                item.read = True
        elif body.action == "UNREAD":
            on_line[0].read = False
        elif body.action == "ARCHIVE":
            account.archived.add((number, line))
        else:
            account.archived.discard((number, line))
    return data({"contact_number": number, "action": body.action})


def add_tags(ask: Ask) -> Response:
    """Put tags on a call; the team must have them."""
    call, body = _call(ask), ask.read(AddTags, codes={"tags": "TAGS_REQUIRED"})
    known = {tag.name for tag in ask.state.account.tags}
    if not known.issuperset(body.tags):
        raise not_found("TAG_NOT_FOUND")
    for name in dict.fromkeys(body.tags):
        if name not in call.tags:
            call.tags.append(name)
            notify.tag(ask.state, call, name, added=True)
    return data({"id": call.id, "tags": list(call.tags)})


def remove_tag(ask: Ask) -> Response:
    """Take one tag off a call."""
    call, name = _call(ask), unquote(ask.path["tag"], errors="replace")
    if name not in call.tags:
        raise not_found("TAG_NOT_FOUND")
    call.tags.remove(name)
    notify.tag(ask.state, call, name, added=False)
    return data({"id": call.id, "tags": list(call.tags)})


def _checked_id(item_id: str) -> str:
    if not item_id.startswith(("cll-", "msg-")):
        raise invalid("id", "An id begins with cll- or msg-.", "INVALID_ITEM_ID")
    return item_id


def _item(ask: Ask, item_id: str) -> Item:
    item = ask.state.account.timeline.get(item_id)
    if item is None:
        raise not_found("CONVERSATION_ITEM_NOT_FOUND")
    return item


def _call(ask: Ask) -> Call:
    item_id = ask.segment("id")
    if not item_id.startswith("cll-"):
        raise invalid("id", "Only a call, whose id begins with cll-, has this.", "INVALID_ITEM_ID")
    item = _item(ask, item_id)
    if not isinstance(item, Call):
        raise RefusedError(400, "INVALID_ITEM_ID")
    return item


_READ, _WRITE, _TAG = "CONVERSATIONS_READ", "CONVERSATIONS_WRITE", "TAGS_WRITE"
_ROOT = "/v2/api/conversations"
_ITEM = _ROOT + "/items/{id}"

ENDPOINTS = (
    Endpoint("GET", _ROOT, _READ, "List conversations of a number", list_conversations),
    Endpoint("POST", _ROOT + "/items/search", _READ, "Search calls and messages", search_items),
    Endpoint("POST", _ROOT + "/items/batch", _READ, "Read up to 100 items", batch_items),
    Endpoint("GET", _ITEM, _READ, "Read a call or message", get_item),
    Endpoint("PATCH", _ITEM + "/summary", _WRITE, "Rewrite the summary of a call", update_summary),
    Endpoint("POST", _ITEM + "/tags", _TAG, "Tag a call", add_tags),
    Endpoint("DELETE", _ITEM + "/tags/{tag}", _TAG, "Remove a tag from a call", remove_tag),
    Endpoint("PUT", _ROOT + "/{contact_number}/action", _WRITE, "Mark a conversation", mark),
)
