"""The inbox of each line as people see it in Allo, and its marks."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal

from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult
from pydantic import Field

from withallo_client import AlloClient, Conversation, ForbiddenError, ItemFilter, NotFoundError
from withallo_tools.answers import Answer, Facts, Row, refusal
from withallo_tools.lines import find_line, known_line_names, line_label, own_lines
from withallo_tools.moments import at_local, iso_local, span_words
from withallo_tools.names import beside, name_of, names_for, on_cards
from withallo_tools.newest import Batch, Position, Source, Wanted, newest, page_size
from withallo_tools.noise import is_noise
from withallo_tools.outsiders import EVERYBODY, RECORDS, OutsiderText, clean
from withallo_tools.paging import next_cursor, read_cursor
from withallo_tools.parameters import NO, Cursor, Limit, Line, WantedContact
from withallo_tools.phone import display
from withallo_tools.resolve import Party, find_exact
from withallo_tools.services import EventQuery, Services, Write, services
from withallo_tools.talk import Talk, talk_of_item
from withallo_tools.tally import tally
from withallo_tools.times import TimeRange
from withallo_tools.together import together
from withallo_tools.tool import Effect, ToolContext, tool
from withallo_tools.v2_access import v2_was_refused

_ACTIONS: Mapping[str, Literal["READ", "UNREAD", "ARCHIVE", "UNARCHIVE"]] = {
    "read": "READ",
    "unread": "UNREAD",
    "archive": "ARCHIVE",
    "unarchive": "UNARCHIVE",
}
_DONE: Mapping[str, str] = {
    "read": "Marked as read",
    "unread": "Marked as unread",
    "archive": "Archived",
    "unarchive": "Back from the archive",
}
_LAST_WORDS = 140
_MOST_UNREAD = 6_000


class ConversationRow(Row):
    """Everything with one number on one line."""

    contact: OutsiderText
    name: OutsiderText = ""
    line: str
    at: str | None = None
    unread: bool = False
    waiting: bool = Field(default=False, description="The last word is theirs, and more than thanks.")
    last: OutsiderText = ""


class Conversations(Facts):
    """Conversations, latest activity first."""

    conversations: tuple[ConversationRow, ...] = ()
    next_cursor: str = ""


class MarkedConversation(Facts):
    """A conversation that was marked."""

    state: str = Field(description="sent, replayed or dry_run")
    contact: OutsiderText
    action: str


@dataclass(frozen=True, slots=True)
class _Thread:
    """A conversation on a line, as `newest` sorts it."""

    line: str
    conversation: Conversation

    @property
    def id(self) -> str:
        return f"{self.line} {self.conversation.contact_number}"

    @property
    def at(self) -> datetime | None:
        return self.conversation.last_activity

    @property
    def last(self) -> Talk | None:
        return talk_of_item(self.conversation.last_item) if self.conversation.last_item else None

    @property
    def name(self) -> str:
        return on_cards(self.conversation.contacts)


@tool(title="List conversations", effect=Effect.READ, toolset="conversations", scopes=("CONVERSATIONS_READ",))
async def list_conversations(
    ctx: ToolContext,
    *,
    line: Line = "",
    unread: Annotated[bool, Field(description="Only unread."), NO] = False,
    limit: Limit = 20,
    cursor: Cursor = "",
) -> Annotated[CallToolResult, Conversations]:
    """List the inbox of one line or all: who, the last words, unread, waiting for you; latest activity first.

    Use list_follow_ups for what was left open, get_contact_conversation for one person, search_conversations for words.
    """
    reach = services(ctx)
    asked = {"inbox": [line, unread, limit]}
    after = Position.from_json(read_cursor("conversations", asked, cursor))
    chosen = await find_line(reach, line)
    numbers = [one.number for one in ([chosen] if chosen else await own_lines(reach)) if one.number]
    sources = [Source(partial(_page, reach.client, number, unread, page_size(limit))) for number in numbers]
    with _needs_v2(reach):
        found = await newest(sources, Wanted(TimeRange(), limit, lambda thread: True, after, shrinks=unread))
        waiting_to_be_read = set() if unread else await _unread(reach.client, found.rows)
    names = await names_for(reach, [thread.conversation.contact_number for thread in found.rows])
    lines = {} if chosen else await known_line_names(reach)
    rows = [
        _row(reach, thread, names, lines, unread=unread or thread.id in waiting_to_be_read) for thread in found.rows
    ]
    answer = Answer(reach.answer_budget).say("No conversations.")
    shown = answer.table(rows, EVERYBODY)
    found = found.cut(shown)
    more = next_cursor("conversations", asked, found.position.as_json()) if found.position else ""
    if rows:
        said = tally(shown, "conversation", found.total, more=bool(more), later=after is not None)
        answer.restate(f"{said}, latest first ({span_words(TimeRange(), reach)}):")
    answer.say(f"More: cursor={more}" if more else "")
    return answer.result(Conversations(conversations=tuple(row for _, row in rows[:shown]), next_cursor=more))


@tool(title="Mark a conversation", effect=Effect.UPDATE, toolset="conversations", scopes=("CONVERSATIONS_WRITE",))
async def mark_conversation(
    ctx: ToolContext,
    *,
    contact: WantedContact,
    action: Annotated[Literal["read", "unread", "archive", "unarchive"], Field(description="The mark.")],
    line: Line = "",
) -> Annotated[CallToolResult, MarkedConversation]:
    """Mark the conversation with one contact as read or unread, or archive it, for the whole team.

    read also marks its events in list_events. Nothing is sent to the contact.
    """
    reach = services(ctx)
    party = await find_exact(reach, contact)
    if not party.numbers:
        raise ToolError("contact: has no number, so there is no conversation to mark.")
    chosen = await find_line(reach, line)
    on_line = chosen.number if chosen else None
    with _needs_v2(reach):
        numbers = await _talked_on(reach, party, on_line)
    if not numbers:
        where = f" on {line_label(chosen)}" if chosen else ""
        raise refusal(f"contact: there is no conversation{where} with them, so nothing to mark.", [party.label])
    write = Write(
        tool="mark_conversation",
        action=f"Mark the conversation with {party.label} as {action}",
        details=(("Contact", party.label), ("Line", on_line or "all lines")),
        payload={"numbers": list(numbers), "action": action, **({"allo_number": on_line} if on_line else {})},
    )

    async def request(key: str) -> Mapping[str, Any]:
        for place, number in enumerate(numbers):
            await reach.client.conversations.mark(number, _ACTIONS[action], on_line, idempotency_key=f"{key}-{place}")
        return {}

    written = await reach.writes.submit(ctx, write, request)
    if action == "read" and written.state == "sent":
        await _read_events(reach, party)
    done = {"sent": _DONE[action], "replayed": "Marked earlier", "dry_run": "Dry run, not marked"}
    answer = Answer().say(f"{done[written.state]}:")
    answer.rows([party.label], RECORDS)
    return answer.result(MarkedConversation(state=written.state, contact=party.label, action=action))


@contextmanager
def _needs_v2(reach: Services) -> Iterator[None]:
    """Say what works instead where Allo refuses v2.

    Raises:
        ToolError: It does.
    """
    try:
        yield
    except (ForbiddenError, NotFoundError) as error:
        v2_was_refused(reach, error)
        raise ToolError(
            "Allo refuses this key v2, which alone has the inbox; get_account shows what the key may do. "
            "search_calls, get_contact_conversation and list_follow_ups work with v1 too."
        ) from error


async def _talked_on(reach: Services, party: Party, line: str | None) -> list[str]:
    """Those of a contact's numbers there was a call or text with."""
    searches = [
        partial(reach.client.conversations.search, ItemFilter(contact_number=number, allo_number=line), 1, 1)
        for number in party.numbers
    ]
    found = zip(party.numbers, await together(searches), strict=True)
    return [number for number, page in found if page.items]


async def _page(client: AlloClient, line: str, unread: bool, size: int, page: int) -> Batch[_Thread]:
    found = await client.conversations.list(line, unread=unread or None, page=page + 1, size=size)
    return Batch([_Thread(line, conversation) for conversation in found.items], found.has_more)


async def _unread(client: AlloClient, threads: Sequence[_Thread]) -> set[str]:
    """Which of these are unread; Allo tells only by listing the unread ones of a line."""
    oldest = min((thread.at for thread in threads if thread.at), default=None)
    sources = [Source(partial(_page, client, line, True, 100)) for line in dict.fromkeys(one.line for one in threads)]
    found = await newest(sources, Wanted(TimeRange(oldest), _MOST_UNREAD, lambda thread: True))
    return {thread.id for thread in found.rows}


def _row(
    reach: Services, thread: _Thread, names: Mapping[str, str], lines: Mapping[str, str], *, unread: bool
) -> tuple[str, ConversationRow]:
    last = thread.last
    waiting = last is not None and _waits(last)
    number = thread.conversation.contact_number
    words = _last_words(last) if last else ""
    marks = ", ".join(mark for mark, on in (("unread", unread), ("waiting", waiting)) if on)
    head = ", ".join(filter(None, (at_local(thread.at, reach), lines.get(thread.line, ""), marks)))
    row = ConversationRow(
        contact=display(number),
        name=name_of(number, names, thread.name),
        line=clean(thread.line, 40),
        at=iso_local(thread.at, reach),
        unread=unread,
        waiting=waiting,
        last=words,
    )
    return " | ".join(filter(None, (head, beside(number, names, thread.name), words))), row


def _waits(last: Talk) -> bool:
    """Whether the other party expects us to react to what came last."""
    if last.way != "inbound":
        return False
    if last.call:
        return last.call.was_missed
    return not is_noise(last.words or "", stranger=not last.name)


def _last_words(last: Talk) -> str:
    if last.call:
        return " ".join(filter(None, (last.way, "call,", last.call.how, last.call.length)))
    return f"{'you' if last.way == 'outbound' else 'they'}: {clean(last.words or '', _LAST_WORDS)}"


async def _read_events(reach: Services, party: Party) -> None:
    unread = EventQuery(contact_numbers=party.numbers, unread=True, limit=100)
    while events := (await reach.inbox.list(unread)).events:
        if not await reach.inbox.mark_read([event.event_id for event in events]):
            return
