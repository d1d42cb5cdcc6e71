"""Addresses of the inbox's resources."""

from urllib.parse import quote

from withallo_tools.services import InboxEvent

RECENT = "allo://events/recent"
INBOX = "allo://inbox"
EVENT = "allo://events/{event_id}"
TOPIC = "allo://events/topics/{topic}"
CONTACT = "allo://contacts/{contact_id}/events"
AS_TEXT = "?format=text"
"""After any of these: the same for people to read."""


def topic_address(topic: str) -> str:
    """Where the events of a topic are."""
    return TOPIC.format(topic=quote(topic, safe=""))


def contact_address(contact_id: str) -> str:
    """Where the events of a contact are."""
    return CONTACT.format(contact_id=quote(contact_id, safe=""))


def touched_by(event: InboxEvent) -> list[str]:
    """The resources that read differently after an event, those of contacts aside."""
    own = EVENT.format(event_id=quote(event.event_id, safe=":"))
    addresses = (RECENT, INBOX, own, topic_address(event.topic))
    return [f"{address}{form}" for address in addresses for form in ("", AS_TEXT)]
