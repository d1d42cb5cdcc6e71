"""Tells clients which resources changed with an event."""

import logging
from collections.abc import Sequence

from withallo_server.inbox.addresses import AS_TEXT, contact_address, touched_by
from withallo_server.notifier import Notifier
from withallo_tools.services import InboxEvent, People

logger = logging.getLogger(__name__)


class Announcer:
    """Sends `updated` for each resource that events touch, and `list_changed` when a topic is new.

    What came in a burst is announced once for each resource.
    """

    def __init__(self, notifier: Notifier, people: People) -> None:
        self._notifier = notifier
        self._people = people
        self._topics: set[str] = set()

    async def tell(self, events: Sequence[InboxEvent]) -> None:
        """Announce events that were stored."""
        for address in dict.fromkeys(address for event in events for address in touched_by(event)):
            await self._notifier.resource_updated(address, here=True)
        topics = {event.topic for event in events}
        if topics - self._topics:
            self._topics |= topics
            await self._notifier.resources_changed(here=True)

    async def tell_of_contacts(self, events: Sequence[InboxEvent]) -> None:
        """Announce what changed for the contacts they are about; asks the directory, which may have to ask Allo."""
        for address in await _contacts(events, self._people):
            await self._notifier.resource_updated(address, here=True)
            await self._notifier.resource_updated(address + AS_TEXT, here=True)


async def _contacts(events: Sequence[InboxEvent], people: People) -> list[str]:
    """Addresses of the contacts that events are about, as far as the directory knows them."""
    numbers = dict.fromkeys(event.contact_number for event in events if event.contact_number)
    try:
        found = [person for number in numbers for person in (await people.resolve(number)).candidates]
    except Exception as error:  # noqa: BLE001  # the directory is another room; its trouble must not silence the inbox
        logger.warning("Who an event is about stays unknown for now: %s", type(error).__name__)
        return []
    return [contact_address(person.contact_id) for person in found if person.contact_id]
