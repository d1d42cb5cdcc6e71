"""Calls and texts of some minutes ago, added to the embedded account as if they had happened."""

import itertools
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from withallo_sandbox.records import Call, Message, Speech, Spoken

if TYPE_CHECKING:
    from tests.tools.conftest import World

PARIS = "+33199000100"
_keys = itertools.count()


def add_call(
    world: "World",
    number: str,
    minutes: int,
    result: Literal["ANSWERED", "MISSED"],
    said: str = "",
    *,
    ours: bool = False,
) -> Call:
    """A call of some minutes ago."""
    turns = (Spoken("USER", said, 65.0, 80.0),) if said else ()
    call = Call(
        key=f"added{next(_keys)}",
        direction="OUTBOUND" if ours else "INBOUND",
        allo_number=PARIS,
        contact_number=number,
        user=None,
        date=world.sandbox.clock.now() - timedelta(minutes=minutes),
        seconds=90 if result == "ANSWERED" else 0,
        result=result,
        summary=None,
        speech=lambda: Speech(turns),
    )
    world.sandbox.account.timeline.add(call)
    return call


def add_text(world: "World", number: str, minutes: int, content: str, *, ours: bool = False) -> None:
    """A text of some minutes ago."""
    text = Message(
        key=f"added{next(_keys)}",
        direction="OUTBOUND" if ours else "INBOUND",
        allo_number=PARIS,
        contact_number=number,
        user=None,
        date=world.sandbox.clock.now() - timedelta(minutes=minutes),
        content=content,
    )
    world.sandbox.account.timeline.add(text)
