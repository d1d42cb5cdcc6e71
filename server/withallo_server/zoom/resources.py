"""Calls and conversations as MCP resources."""

import functools
import json
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

import anyio
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceNotFoundError, ToolError
from mcp.server.mcpserver.resources.templates import ResourceSecurity
from mcp.types import Annotations, CallToolResult, Resource, TextContent

from withallo_client import InvalidArgumentError, NotFoundError, ValidationError
from withallo_server import errors
from withallo_server.inbox.addresses import AS_TEXT
from withallo_server.media import Media, Text, written_by
from withallo_server.zoom.recent import RecentCalls
from withallo_server.zoom.recordings import read_recording
from withallo_server.zoom.transcripts import as_markdown, as_subtitles
from withallo_tools.call_facts import CallFacts
from withallo_tools.call_reading import get_call
from withallo_tools.call_rows import call_rows
from withallo_tools.call_search import read_call
from withallo_tools.contacts import get_contact_conversation
from withallo_tools.lines import known_line_names
from withallo_tools.moments import at_local, span_words
from withallo_tools.outsiders import clean
from withallo_tools.resolve import find_reading
from withallo_tools.services import Services, services
from withallo_tools.times import TimeRange

if TYPE_CHECKING:
    from withallo_server.mcp_server import AlloServer

CALL = "allo://calls/{call_id}"
TRANSCRIPT = "allo://calls/{call_id}/transcript"
SUBTITLES = TRANSCRIPT + "?format=vtt"
RECORDING = "allo://calls/{call_id}/recording{?first,last}"
TALK = "allo://conversations/{contact}"

LISTED = 10
ROWS = 50
_LISTING_SECONDS = 2.0
_ANYBODY = ResourceSecurity(exempt_params=frozenset({"contact"}))

AnyContext = Context[Any, Any]


class Zoom:
    """Reads calls and conversations; the docstrings of the public methods describe the resources."""

    def __init__(self, server: "AlloServer") -> None:
        self._server = server
        self._recent = RecentCalls()

    async def call(self, call_id: str, ctx: AnyContext) -> Text:
        """One call: who, when, its summary and how it ended, and what shows the rest."""
        answer = await get_call(ctx, call_id=call_id)
        return Text(as_json(answer), _said_in(answer))

    async def call_text(self, call_id: str, ctx: AnyContext) -> Text:
        """One call: who, when, its summary and how it ended, and what shows the rest."""
        answer = await get_call(ctx, call_id=call_id)
        return Text(as_text(answer), _said_in(answer))

    async def transcript(self, call_id: str, ctx: AnyContext) -> Text:
        """Every word of one call, with offsets and speakers."""
        call, head = await _spoken(services(ctx), call_id)
        return Text(as_markdown(call, head, span_words(TimeRange(), services(ctx))), written_by(call.number))

    async def subtitles(self, call_id: str, ctx: AnyContext) -> Text:
        """Every word of one call as subtitles for its recording."""
        call, head = await _spoken(services(ctx), call_id)
        return Text(as_subtitles(call, head), written_by(call.number))

    async def recording(self, call_id: str, ctx: AnyContext, first: str = "", last: str = "") -> Media:
        """The audio of one call; first and last are byte offsets, both included, for a part of it."""
        reach = services(ctx)
        return await read_recording(reach.client, await read_call(reach, call_id, transcript=False), first, last)

    async def talk(self, contact: str, ctx: AnyContext) -> Text:
        """The newest calls and texts with one person, by name, number, e-mail or contact id."""
        answer = await get_contact_conversation(ctx, contact=contact, limit=ROWS)
        return Text(as_json(answer, _going_on(answer)), await _said_with(ctx, contact))

    async def talk_text(self, contact: str, ctx: AnyContext) -> Text:
        """The newest calls and texts with one person, by name, number, e-mail or contact id."""
        answer = await get_contact_conversation(ctx, contact=contact, limit=ROWS)
        said = "\n".join(filter(None, (as_text(answer), _going_on(answer))))
        return Text(said, await _said_with(ctx, contact))

    async def ids_like(self, typed: str) -> Iterable[str]:
        """Ids of recent calls by what people type: a name, a number, the beginning of an id."""
        return await self._recent.ids_like(self._server.runtime.current, typed)

    async def contacts_like(self, typed: str) -> Iterable[str]:
        """Names that mean one person, else numbers or ids."""
        return await contacts_like(self._server.runtime.current, typed)

    async def list_recent(self, listed: list[Resource]) -> list[Resource]:
        """List the newest calls, unless Allo is slow to tell."""
        reach = self._server.runtime.current
        with anyio.move_on_after(_LISTING_SECONDS):
            return [*listed, *(_listed(reach, call) for call in (await self._recent.of(reach))[:LISTED])]
        return listed


@dataclass(frozen=True, slots=True)
class _Entry:
    """One resource."""

    address: str
    name: str
    title: str
    mime_type: str
    audience: Literal["user", "assistant"]
    priority: float
    read: Callable[..., Awaitable[Text | Media]]


def register(server: "AlloServer") -> None:
    """Offer calls and conversations, with completion for their arguments."""
    zoom = Zoom(server)
    for entry in (
        _Entry(CALL, "call", "Call", "application/json", "assistant", 0.6, zoom.call),
        _Entry(CALL + AS_TEXT, "call_text", "Call, to read", "text/plain", "user", 0.6, zoom.call_text),
        _Entry(TRANSCRIPT, "transcript", "Transcript of a call", "text/markdown", "user", 0.5, zoom.transcript),
        _Entry(SUBTITLES, "subtitles", "Subtitles of a call", "text/vtt", "user", 0.2, zoom.subtitles),
        _Entry(RECORDING, "recording", "Recording of a call", "audio/*", "user", 0.2, zoom.recording),
        _Entry(TALK, "conversation", "Conversation", "application/json", "assistant", 0.6, zoom.talk),
        _Entry(TALK + AS_TEXT, "conversation_text", "Conversation, to read", "text/plain", "user", 0.6, zoom.talk_text),
    ):
        _offer(server, entry)
        if "{contact}" in entry.address:
            server.add_completer(entry.address, "contact", zoom.contacts_like)
        else:
            server.add_completer(entry.address, "call_id", zoom.ids_like)
    server.add_amender(zoom.list_recent)


async def contacts_like(reach: Services, typed: str) -> list[str]:
    """Who may be meant by what was typed so far: a name that means one person, else a number or an id."""
    people = (await reach.people.search(typed, limit=100)).people
    names = [person.name for person in people]
    return [
        person.name
        if person.name and names.count(person.name) == 1 and clean(person.name) == person.name
        else (*person.numbers, person.contact_id)[0]
        for person in people
    ]


def _offer(server: "AlloServer", entry: _Entry) -> None:
    @functools.wraps(entry.read)
    async def read(*arguments: Any, **named: Any) -> Text | Media:
        with _explained():
            return await entry.read(*arguments, **named)

    server.resource(
        entry.address,
        name=entry.name,
        title=entry.title,
        description=entry.read.__doc__,
        mime_type=entry.mime_type,
        annotations=Annotations(audience=[entry.audience], priority=entry.priority),
        security=_ANYBODY,
    )(read)


@contextmanager
def _explained() -> Iterator[None]:
    """What the address got wrong is an error of the request (-32602) that says what to do."""
    try:
        yield
    except (NotFoundError, ValidationError, InvalidArgumentError, ToolError) as error:
        raise ResourceNotFoundError(errors.explain(error)) from error


async def _spoken(reach: Services, call_id: str) -> tuple[CallFacts, str]:
    """A call with its transcript, and the line that says who and when."""
    call = await read_call(reach, call_id, transcript=True)
    [(head, _)] = await call_rows(reach, [call], await known_line_names(reach), gist_length=0)
    return call, head


def _said_in(answer: CallToolResult) -> dict[str, list[str]]:
    return written_by((answer.structured_content or {}).get("call", {}).get("number"))


async def _said_with(ctx: AnyContext, contact: str) -> dict[str, list[str]]:
    return written_by(*(await find_reading(services(ctx), contact)).numbers)


def _going_on(answer: CallToolResult) -> str:
    """What takes the cursor of a conversation, which is good for as many rows as this resource has only."""
    more = (answer.structured_content or {}).get("next_cursor")
    return f"get_contact_conversation takes that cursor, with limit={ROWS}." if more else ""


def as_json(answer: CallToolResult, more: str = "") -> str:
    """The structured content of a tool's answer, and what shows the rest where it does not say so itself."""
    content = {**(answer.structured_content or {}), **({"more": more} if more else {})}
    return json.dumps(content, ensure_ascii=False, indent=2)


def as_text(answer: CallToolResult) -> str:
    """The text of a tool's answer."""
    return "\n".join(part.text for part in answer.content if isinstance(part, TextContent))


def _listed(reach: Services, call: CallFacts) -> Resource:
    who = clean(call.name, 60) or clean(call.number or "a hidden number", 60)
    how = " ".join(filter(None, (call.way, "call,", call.how, call.length)))
    ended = call.at + timedelta(seconds=call.seconds or 0) if call.at else None
    return Resource(
        uri=CALL.format(call_id=quote(call.id, safe="")) + AS_TEXT,
        name=clean(call.id, 60),
        title=f"{at_local(call.at, reach)} {who}: {how}",
        mime_type="text/plain",
        annotations=Annotations(audience=["user"], priority=0.4, last_modified=ended.isoformat() if ended else None),
    )
