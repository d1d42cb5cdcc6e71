"""What is still to be done about calls and texts, computed from them alone: no model decides anything here."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from withallo_tools.talk import Talk

_REACHABLE = re.compile(r"\+?\d{6,15}")
_WORD = re.compile(r"[^\W\d_]+|\d+")
_COURTESY_WORDS = (
    "ok okay oki thanks thank thx ty cheers great perfect super awesome good fine cool noted got it received yes yep "
    "oui see you then soon tomorrow later bye for everything all the so very much a lot and too no problem worries "
    "merci beaucoup bien parfait d accord top entendu noté ça marche nickel reçu bonne journée soirée à demain bientôt "
    "lundi mardi mercredi jeudi vendredi samedi au revoir pour le rappel tout vous aussi de rien et stop"
)
_COURTESIES = frozenset(_COURTESY_WORDS.split())
_LONGEST_COURTESY = 10

Side = Literal["us", "them"]
_SIDES: dict[str | None, Side] = {"USER": "us", "AGENT": "us", "EXTERNAL": "them"}


@dataclass(frozen=True, slots=True)
class MissedCall:
    """A number that called, was not answered, and has not been in touch with us since.

    Attributes:
        last: The latest of its missed calls.
        count: How many there were in a row.
    """

    last: Talk
    count: int


@dataclass(frozen=True, slots=True)
class UnansweredText:
    """Texts of a number that nobody answered.

    Attributes:
        last: The latest of them.
        count: How many there were in a row.
        courtesy: Whether they only say thanks, fine or goodbye.
    """

    last: Talk
    count: int
    courtesy: bool


@dataclass(frozen=True, slots=True)
class Promise:
    """A sentence of a call in which somebody committed to do something.

    Attributes:
        call: The call it is from.
        by: Who committed: `us`, or `them`, the other party.
        sentence: The words, written by outsiders.
        start: Seconds from the start of the call, where the transcript tells.
        contact_since: How many times we called or wrote after that call, which may have kept the promise.
    """

    call: Talk
    by: Side
    sentence: str
    start: float | None
    contact_since: int


@dataclass(frozen=True, slots=True)
class FollowUps:
    """Everything open, the latest first.

    Attributes:
        unreachable: Missed calls of hidden numbers, which nobody can return.
    """

    missed: tuple[MissedCall, ...]
    unanswered: tuple[UnansweredText, ...]
    promises: tuple[Promise, ...]
    unreachable: int


def follow_ups(
    talks: Iterable[Talk], *, since: datetime | None = None, same: Callable[[str], str] = lambda number: number
) -> FollowUps:
    """Find missed calls nobody returned, texts nobody answered, and promises.

    A missed call is returned, and a text answered, by any later call or text of ours that did not fail, or by a later
    call in which we spoke.

    Args:
        talks: Calls and texts in any order, later ones than the range included: they may have settled something.
        since: Only what happened from here on.
        same: Gives numbers of one person one name.
    """
    # In one second, what we did is taken for the reaction.
    ordered = sorted((talk for talk in talks if talk.at), key=lambda talk: (_moment(talk), talk.way == "outbound"))
    by_party: dict[str, list[Talk]] = {}
    unreachable = 0
    for talk in ordered:
        if talk.number and _REACHABLE.fullmatch(talk.number):
            by_party.setdefault(same(talk.number), []).append(talk)
        elif _is_missed(talk) and _in_range(talk, since):
            unreachable += 1
    missed: list[MissedCall] = []
    unanswered: list[UnansweredText] = []
    promises: list[Promise] = []
    for history in by_party.values():
        pending = _pending(history)
        calls = [talk for talk in pending if _is_missed(talk)]
        texts = [talk for talk in pending if talk.call is None and talk.way == "inbound"]
        if calls and _in_range(calls[-1], since):
            missed.append(MissedCall(calls[-1], len(calls)))
        if texts and _in_range(texts[-1], since):
            courtesy = all(_is_courtesy(text.words or "") for text in texts)
            unanswered.append(UnansweredText(texts[-1], len(texts), courtesy))
        promises += [promise for promise in _promises(history) if _in_range(promise.call, since)]
    return FollowUps(
        tuple(sorted(missed, key=lambda one: _moment(one.last), reverse=True)),
        tuple(sorted(unanswered, key=lambda one: _moment(one.last), reverse=True)),
        tuple(sorted(promises, key=lambda one: _moment(one.call), reverse=True)),
        unreachable,
    )


def _pending(history: Sequence[Talk]) -> list[Talk]:
    """What came after the last time we were in touch."""
    settled = max((place for place, talk in enumerate(history) if _settles(talk)), default=-1)
    return list(history[settled + 1 :])


def _settles(talk: Talk) -> bool:
    if talk.call is None:
        return talk.way == "outbound" and talk.status != "failed"
    if talk.way == "outbound":
        return talk.call.how not in ("failed", "blocked")
    return talk.call.how == "answered"


def _is_missed(talk: Talk) -> bool:
    return talk.call is not None and talk.call.was_missed


def _is_courtesy(text: str) -> bool:
    said = _WORD.findall(text.casefold())
    return "?" not in text and len(said) <= _LONGEST_COURTESY and all(word in _COURTESIES for word in said)


def _promises(history: Sequence[Talk]) -> Iterator[Promise]:
    from withallo_tools.promises import promises_in

    for place, talk in enumerate(history):
        if talk.call is None:
            continue
        since = sum(later.way == "outbound" and _settles(later) for later in history[place + 1 :])
        for line in talk.call.transcript or ():
            for sentence in promises_in(line.text):
                yield Promise(talk, _SIDES.get(line.source, "them"), sentence, line.start_seconds, since)


def _in_range(talk: Talk, since: datetime | None) -> bool:
    return since is None or (talk.at is not None and talk.at >= since)


def _moment(talk: Talk) -> float:
    return talk.at.timestamp() if talk.at else 0.0
