"""The inbox as MCP resources: JSON for programs, and the same as text for people."""

import functools
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from mcp.server.mcpserver.exceptions import ResourceNotFoundError
from mcp.server.mcpserver.resources.templates import ResourceSecurity
from mcp.types import Annotations, Resource

from withallo_server.inbox import rendering
from withallo_server.inbox.addresses import AS_TEXT, CONTACT, EVENT, INBOX, RECENT, TOPIC, topic_address
from withallo_tools.outsiders import clean
from withallo_tools.services import EventPage, EventQuery, InboxEvent, Services

if TYPE_CHECKING:
    from withallo_server.inbox.digest import Digest
    from withallo_server.inbox.inbox import AccountInbox
    from withallo_server.mcp_server import AlloServer

Content = TypeVar("Content")

MOST = 50
_ANY_WORD = ResourceSecurity(exempt_params=frozenset({"event_id", "topic", "contact_id"}))


class InboxResources:
    """Reads the inbox of whoever is asking; the docstrings of the public methods describe the resources."""

    def __init__(self, server: "AlloServer") -> None:
        self._server = server

    @property
    def reach(self) -> Services:
        """The services of whoever is asking."""
        return self._server.runtime.current

    async def digest(self) -> "Digest":
        """What wants somebody: unread events by kind, missed calls not returned, texts not answered."""
        return await (await self._inbox()).digest(self.reach.now())

    async def recent(self) -> EventPage:
        """The newest 50 events: calls, texts and changes of contacts as they came in."""
        return await self.reach.inbox.list(EventQuery(limit=MOST))

    async def topic(self, topic: str) -> EventPage:
        """The newest 50 events of one topic, for example sms.received."""
        return await self.reach.inbox.list(EventQuery(topics=(topic,), limit=MOST))

    async def contact(self, contact_id: str) -> EventPage:
        """The newest 50 events of one contact, over all numbers of that contact."""
        found = (await self.reach.people.resolve(contact_id)).best
        numbers = found.numbers if found else (await self.reach.client.contacts.get(contact_id)).numbers
        if not numbers:
            return EventPage((), 0, 0)
        return await self.reach.inbox.list(EventQuery(contact_numbers=tuple(numbers), limit=MOST))

    async def event(self, event_id: str) -> InboxEvent:
        """One event with its whole payload; a finished call with its ringing."""
        event = await self.reach.inbox.get(event_id)
        if event is None:
            raise ResourceNotFoundError("There is no such event; it may have been pruned.")
        return event

    async def topics_like(self, start: str) -> Iterable[str]:
        """Topics that begin with some letters."""
        return [topic for topic in await self.reach.inbox.topics() if topic.startswith(start)]

    async def ids_like(self, start: str) -> Iterable[str]:
        """Event ids that begin with some letters."""
        return await (await self._inbox()).ids_like(start)

    async def contacts_like(self, start: str) -> Iterable[str]:
        """Ids of contacts by what people would type: a name or a number."""
        found = await self.reach.people.search(start, limit=100)
        return [person.contact_id for person in found.people if person.contact_id]

    async def detail(self, listed: list[Resource]) -> list[Resource]:
        """Give the listed resources their size and time of change, and list one for each topic there is."""
        page, digest = await self.recent(), await self.digest()
        contents = {
            RECENT: await rendering.page_json(self.reach, page),
            RECENT + AS_TEXT: await rendering.page_text(self.reach, page),
            INBOX: await rendering.digest_json(self.reach, digest),
            INBOX + AS_TEXT: await rendering.digest_text(self.reach, digest),
        }
        changed = max((event.received_at.isoformat() for event in page.events), default=None)
        detailed = [_detailed(each, contents.get(each.uri), changed) for each in listed]
        return [*detailed, *map(_listed_topic, await self.reach.inbox.topics())]

    async def _inbox(self) -> "AccountInbox":
        from withallo_server.inbox.inbox import AccountInbox

        return AccountInbox(await self._server.runtime.store(), await self._server.runtime.current.name())


@dataclass(frozen=True, slots=True)
class _Entry:
    """A resource in both forms."""

    address: str
    name: str
    title: str
    priority: float
    read: Callable[..., Awaitable[Any]]
    as_json: Callable[[Services, Any], Awaitable[str]]
    as_text: Callable[[Services, Any], Awaitable[str]]


def register(server: "AlloServer") -> None:
    """Offer the inbox as resources, with completion for their arguments."""
    inbox = InboxResources(server)
    page, event, digest = rendering.page_json, rendering.event_json, rendering.digest_json
    page_text, event_text, digest_text = rendering.page_text, rendering.event_text, rendering.digest_text
    for entry in (
        _Entry(INBOX, "inbox", "Inbox: what wants you", 0.9, inbox.digest, digest, digest_text),
        _Entry(RECENT, "recent_events", "Recent events", 0.8, inbox.recent, page, page_text),
        _Entry(TOPIC, "events_of_topic", "Events of a topic", 0.5, inbox.topic, page, page_text),
        _Entry(CONTACT, "events_of_contact", "Events of a contact", 0.6, inbox.contact, page, page_text),
        _Entry(EVENT, "event", "One event", 0.5, inbox.event, event, event_text),
    ):
        _add(server, inbox, entry)
    for form in ("", AS_TEXT):
        server.add_completer(TOPIC + form, "topic", inbox.topics_like)
        server.add_completer(EVENT + form, "event_id", inbox.ids_like)
        server.add_completer(CONTACT + form, "contact_id", inbox.contacts_like)
    server.add_amender(inbox.detail)


def _add(server: "AlloServer", inbox: InboxResources, entry: _Entry) -> None:
    def rendered(render: Callable[[Services, Any], Awaitable[str]]) -> Callable[..., Awaitable[str]]:
        @functools.wraps(entry.read)
        async def read(*arguments: Any, **named: Any) -> str:
            return await render(inbox.reach, await entry.read(*arguments, **named))

        read.__annotations__["return"] = str
        return read

    def offer(address: str, name: str, title: str, mime_type: str, audience: list[Literal["user", "assistant"]]) -> Any:
        return server.resource(
            address,
            name=name,
            title=title,
            description=entry.read.__doc__,
            mime_type=mime_type,
            annotations=Annotations(audience=audience, priority=entry.priority),
            security=_ANY_WORD if "{" in address else None,
        )

    offer(entry.address, entry.name, entry.title, "application/json", ["assistant"])(rendered(entry.as_json))
    text_title = f"{entry.title}, to read"
    offer(entry.address + AS_TEXT, f"{entry.name}_text", text_title, "text/plain", ["user"])(rendered(entry.as_text))


def _detailed(listed: Resource, content: str | None, changed: str | None) -> Resource:
    if content is None:
        return listed
    annotations = (listed.annotations or Annotations()).model_copy(update={"last_modified": changed})
    return listed.model_copy(update={"size": len(content.encode()), "annotations": annotations})


def _listed_topic(topic: str) -> Resource:
    return Resource(
        uri=topic_address(topic),
        name=f"events_of_{clean(topic, 60)}",
        title=f"Events: {clean(topic, 60)}",
        mime_type="application/json",
        annotations=Annotations(audience=["assistant"], priority=0.4),
    )
