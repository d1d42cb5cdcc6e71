"""Which events follow from what happened, in both dialects."""

from typing import TYPE_CHECKING

from withallo_sandbox.records import Call, Contact, Message
from withallo_sandbox.shapes import Json, events

if TYPE_CHECKING:
    from withallo_sandbox.state import State


def ringing(state: "State", call: Call) -> None:
    """The phone rings, here or at the other end."""
    topic = "call.received" if call.direction == "INBOUND" else "call.triggered"
    _v2(state, topic, events.ringing(call, state.account))


def answered(state: "State", call: Call) -> None:
    """Somebody picked up."""
    _v2(state, "call.answered", events.answered(call, state.account))


def completed(state: "State", call: Call) -> None:
    """A call is over."""
    _v2(state, "call.completed", events.completed(call, state.account, state.base_url))
    event = events.call_received(call, state.account, state.base_url)
    _v1(state, "CALL_RECEIVED", event, call.allo_number)


def message(state: "State", text: Message) -> None:
    """A text came in or went out; v1 has one topic for both."""
    event = events.sms(text, state.account)
    user = text.user or state.account.users[0]
    topic = "sms.received" if text.direction == "INBOUND" else "sms.sent"
    _v2(state, topic, {**event, "user_email": user.email})
    _v1(state, "SMS_RECEIVED", event, text.allo_number)


def contact(state: "State", changed: Contact, *, created: bool) -> None:
    """A contact is new, or another than before."""
    event = events.contact(changed)
    _v2(state, "contact.created" if created else "contact.updated", event)
    _v1(state, "CONTACT_CREATED" if created else "CONTACT_UPDATED", event, None)


def tag(state: "State", call: Call, name: str, *, added: bool) -> None:
    """A call has one tag more or less; the payload is a guess, as nobody has seen one."""
    _v2(state, "tag.added" if added else "tag.removed", {"id": f"cll_{call.key}", "tag": name})


def summary(state: "State", call: Call) -> None:
    """A summary was rewritten; the payload is a guess, as nobody has seen one."""
    _v2(state, "summary.updated", {"id": f"cll_{call.key}", "summary": call.summary, "version": call.summary_version})


def _v2(state: "State", topic: str, event: Json) -> None:
    state.sender.publish(topic, events.envelope(topic, event, state.clock.now()))


def _v1(state: "State", topic: str, event: Json, line: str | None) -> None:
    state.sender.publish(topic, {"topic": topic, "data": event}, v1=True, line=line)
