"""Sixty days of calls at hours people work."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from random import Random
from typing import Final

from withallo_sandbox import ids
from withallo_sandbox.contacts import ContactBook
from withallo_sandbox.records import ANONYMOUS, Call, Direction, Line, Result
from withallo_sandbox.seed import dice
from withallo_sandbox.seed.people_pool import Callers, at_work, moment
from withallo_sandbox.seed.talk import Kind, Script, outline, speak

_INBOUND: Final[dict[Result, int]] = {
    "ANSWERED": 70,
    "MISSED": 9,
    "VOICEMAIL": 10,
    "TRANSFERRED_AI": 7,
    "TRANSFERRED_EXTERNAL": 2,
    "BLOCKED": 2,
}
_AFTER_HOURS: Final[dict[Result, int]] = {"VOICEMAIL": 40, "TRANSFERRED_AI": 45, "MISSED": 15}
_OUTBOUND: Final[dict[Result, int]] = {"ANSWERED": 74, "VOICEMAIL": 17, "FAILED": 9}
_KINDS: Final[dict[tuple[Direction, Result], Kind]] = {
    ("INBOUND", "ANSWERED"): "talk",
    ("OUTBOUND", "ANSWERED"): "talk",
    ("INBOUND", "TRANSFERRED_EXTERNAL"): "talk",
    ("INBOUND", "TRANSFERRED_AI"): "agent",
    ("INBOUND", "VOICEMAIL"): "voicemail",
    ("OUTBOUND", "VOICEMAIL"): "our_voicemail",
}


def draw_calls(seed: int, lines: tuple[Line, ...], book: ContactBook, count: int, now: datetime) -> Iterator[Call]:
    """So many calls, in no order."""
    rng = dice(seed, "calls")
    callers = {country: Callers(book, country) for country in ("FR", "US")}
    for place in range(count):
        line = rng.choice(lines)
        after_hours = rng.random() < 0.07
        inbound = after_hours or rng.random() < 0.6
        chances = _AFTER_HOURS if after_hours else _INBOUND if inbound else _OUTBOUND
        result = rng.choices([*chances], [*chances.values()])[0]
        number, name = _party(rng, callers[line.country], inbound=inbound, blocked=result == "BLOCKED")
        when = moment(rng, line, now, after_hours=after_hours)
        direction: Direction = "INBOUND" if inbound else "OUTBOUND"
        yield make_call(seed, Plan(place, direction, result, line, number, name, when), rng)


def _party(rng: Random, callers: Callers, *, inbound: bool, blocked: bool) -> tuple[str, str]:
    if blocked or rng.random() < 0.12:
        return callers.stranger(rng)
    if inbound and rng.random() < 0.03:
        return ANONYMOUS, callers.stranger(rng)[1]
    return callers.known(rng)


@dataclass(frozen=True, slots=True)
class Plan:
    """A call that is to have happened; `place` makes its id."""

    place: int
    direction: Direction
    result: Result
    line: Line
    number: str
    name: str
    when: datetime
    seconds: int | None = None
    agreed: bool = False


def make_call(seed: int, plan: Plan, rng: Random) -> Call:
    """One call, whose words are written when somebody asks for them."""
    line, result = plan.line, plan.result
    kind = _KINDS.get((plan.direction, result))
    user = rng.choice(line.users) if plan.direction == "OUTBOUND" or result == "ANSWERED" else None
    key, ring = ids.token("cll", plan.place), rng.randrange(3, 25)
    call = Call(key, plan.direction, line.number, plan.number, user, plan.when, 0, result, ring_seconds=ring)
    if kind is None:
        return call
    call.seconds = plan.seconds or _duration(rng, kind)
    who = plan.name or ("un client" if line.country == "FR" else "a customer")
    me = (user or line.users[0]).name.partition(" ")[0]
    script = Script(f"{seed}:call:{plan.place}", kind, line.country, call.seconds, me, who, plan.agreed)
    known = outline(script)
    call.speech = partial(speak, script)
    call.summary = known.summary if kind != "our_voicemail" else None
    call.recorded = kind != "agent" and rng.random() < 0.9
    if kind == "talk":
        call.tags = list(known.tags)
    if kind == "agent":
        call.extras = _collected(plan.name, known.slots)
    return call


def _duration(rng: Random, kind: Kind) -> int:
    if kind != "talk":
        return rng.randrange(14, 55)
    shortest, longest = rng.choices(((45, 180), (180, 600), (600, 1300), (1300, 2200)), (58, 34, 7, 1))[0]
    return rng.randrange(shortest, longest)


def _collected(name: str, slots: dict[str, str]) -> dict[str, object]:
    """What the AI receptionist wrote down; what it did not hear is the text `null` (API contract 6.7)."""
    contact = {"name": name or "null", "emails": "null", "address": "null", "company": "null", "website": "null"}
    return {
        "extracted_data": {"contact": {**contact, "job_title": "null"}},
        "data_collected": {"reason": slots["item"], "callback": slots["time"], "email": "null"},
    }


def result_for(line: Line, when: datetime, wanted: Result) -> Result:
    """The result wanted, unless nobody would have been there to pick up."""
    return wanted if at_work(line, when) or wanted not in {"ANSWERED", "TRANSFERRED_EXTERNAL"} else "TRANSFERRED_AI"
