"""What arrives from outside when a control asks for it."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from withallo_sandbox import notify
from withallo_sandbox.errors import invalid
from withallo_sandbox.people import MARIE
from withallo_sandbox.records import ANONYMOUS, Call, Line, Message, Result, Source, Speech, Spoken
from withallo_sandbox.requests import E164, Body

if TYPE_CHECKING:
    from withallo_sandbox.state import State

Emit = Literal["now", "on-time", "never"]


class InboundSms(Body):
    """A text from outside. Without numbers it comes from Marie Dupont, to the line of the sender's country."""

    content: str = Field(min_length=1, max_length=10_000)
    from_number: str = MARIE.numbers[0]
    to_number: str | None = None
    emit: Literal["now", "never"] = "now"
    delay_seconds: float = Field(0, ge=0, le=864_000)


class Turn(Body):
    """One turn of a transcript."""

    source: Source
    text: str = Field(max_length=10_000)


class InboundCall(Body):
    """A call from outside.

    With `emit` at `now` it has just ended and all its events leave at once; `on-time` lets it ring now and sends each
    event when the clock gets there; `never` loses the events, so that only polling finds the call. `delay_seconds` is
    how long after the hang-up `call.completed` leaves.
    """

    from_number: str = MARIE.numbers[0]
    to_number: str | None = None
    duration_seconds: int = Field(95, ge=0, le=86_400)
    ring_seconds: int = Field(8, ge=0, le=120)
    result: Result = "ANSWERED"
    summary: str | None = Field(None, max_length=100_000)
    transcript: list[Turn] = Field(default_factory=list, max_length=5_000)
    emit: Emit = "now"
    delay_seconds: float = Field(0, ge=0, le=864_000)


def text_arrives(state: "State", body: InboundSms) -> Message:
    """Put a text into the account, and send its event."""
    message = Message(
        key=state.account.new_key("msg"),
        direction="INBOUND",
        allo_number=_line(state, body.from_number, body.to_number, "SMS").number,
        contact_number=_caller(body.from_number),
        user=None,
        date=state.clock.now(),
        content=body.content,
        read=False,
    )
    state.account.timeline.add(message)
    if body.emit == "now":
        _at(state, body.delay_seconds, lambda: notify.message(state, message))
    return message


def call_arrives(state: "State", body: InboundCall) -> Call:
    """Put a call into the account, and send its events."""
    line = _line(state, body.from_number, body.to_number, "VOICE")
    spoken = _spoken(body)
    whole = body.ring_seconds + body.duration_seconds
    started = state.clock.now() - timedelta(seconds=0 if body.emit == "on-time" else whole)
    call = Call(
        key=state.account.new_key("cll"),
        direction="INBOUND",
        allo_number=line.number,
        contact_number=_caller(body.from_number),
        user=line.users[0] if body.result == "ANSWERED" else None,
        date=started,
        seconds=body.duration_seconds,
        result=body.result,
        summary=body.summary,
        recorded=body.result == "ANSWERED",
        read=False,
        speech=lambda: spoken,
        ring_seconds=body.ring_seconds,
    )
    if body.emit == "on-time":
        notify.ringing(state, call)
        if body.result == "ANSWERED":
            _at(state, body.ring_seconds, lambda: notify.answered(state, call))
        _at(state, whole, lambda: state.account.timeline.add(call))
        _at(state, whole + body.delay_seconds, lambda: notify.completed(state, call))
        return call
    state.account.timeline.add(call)
    if body.emit == "now":
        notify.ringing(state, call)
        if body.result == "ANSWERED":
            notify.answered(state, call)
        _at(state, body.delay_seconds, lambda: notify.completed(state, call))
    return call


def _at(state: "State", seconds: float, action: Callable[[], None]) -> None:
    if seconds:
        state.sender.later(state.clock.now() + timedelta(seconds=seconds), action)
    else:
        action()


def _caller(number: str) -> str:
    if number != ANONYMOUS and not E164.fullmatch(number):
        raise invalid("from_number", f"from_number must be E.164 or {ANONYMOUS}.")
    return number


def _line(state: "State", caller: str, number: str | None, capability: str) -> Line:
    lines = [line for line in state.account.lines if capability in line.capabilities]
    if number is None:
        french = caller.startswith("+33")
        return next(line for line in lines if (line.country == "FR") == french)
    line = next((line for line in lines if line.number == number), None)
    if line is None:
        able = ", ".join(line.number for line in lines)
        raise invalid("to_number", f"to_number must be a line with {capability}: {able}.")
    return line


def _spoken(body: InboundCall) -> Speech:
    step = body.duration_seconds / max(1, len(body.transcript))
    turns = tuple(
        Spoken(turn.source, turn.text, round(place * step, 1), round((place + 1) * step, 1))
        for place, turn in enumerate(body.transcript)
    )
    return Speech(turns)
