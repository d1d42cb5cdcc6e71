"""What is still to be done about calls and texts, computed from them alone: no model decides anything here."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from withallo_tools.heard import NOTHING, Heard, Side, hear
from withallo_tools.noise import asks, is_noise
from withallo_tools.talk import Talk

_REACHABLE = re.compile(r"\+?\d{6,15}")
_SPAM = "spam"


@dataclass(frozen=True, slots=True)
class MissedCall:
    """A number that called, spoke with none of us, and has not been in touch with us since.

    Attributes:
        last: The latest of its calls.
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
        needs_none: Whether they only say thanks or goodbye, are spam, or the like.
    """

    last: Talk
    count: int
    needs_none: bool


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
    """Everything open, the latest first; promises after which there was no contact come before the others.

    Attributes:
        missed: Calls that nobody took.
        by_ai: Calls that Allo's AI receptionist took, and nobody of us after it.
        unreachable: Calls of hidden numbers, which nobody can return.
    """

    missed: tuple[MissedCall, ...]
    by_ai: tuple[MissedCall, ...]
    unanswered: tuple[UnansweredText, ...]
    promises: tuple[Promise, ...]
    unreachable: int


Open = TypeVar("Open", MissedCall, UnansweredText)


def follow_ups(
    talks: Iterable[Talk],
    *,
    since: datetime | None = None,
    same: Callable[[str], str] = lambda number: number,
    heard: Mapping[str, Heard] | None = None,
) -> FollowUps:
    """Find calls nobody returned, texts nobody answered, and promises.

    A call is returned, and a text answered, by any later call or text of ours that did not fail, or by a later call in
    which we spoke.

    Args:
        talks: Calls and texts in any order, later ones than the range included: they may have settled something.
        since: Only what happened from here on.
        same: Gives numbers of one person one name.
        heard: What was heard in calls, by id, where their transcripts are not with them.
    """
    unreachable = 0
    by_party: dict[str, list[_Told]] = {}
    for talk in _in_order(talks):
        told = _Told(talk, _heard_in(talk, heard or {}))
        if talk.number and _REACHABLE.fullmatch(talk.number):
            by_party.setdefault(same(talk.number), []).append(told)
        elif (told.is_missed or told.is_by_ai) and _in_range(talk, since):
            unreachable += 1
    missed, by_ai = list[MissedCall](), list[MissedCall]()
    unanswered, promises = list[UnansweredText](), list[Promise]()
    for history in by_party.values():
        settled = max((place for place, told in enumerate(history) if told.settles), default=-1)
        pending = history[settled + 1 :]
        missed += _calls([told.talk for told in pending if told.is_missed], since)
        by_ai += _calls([told.talk for told in pending if told.is_by_ai], since)
        unanswered += _texts(history[: settled + 1], [told.talk for told in pending if told.is_their_text], since)
        promises += [promise for promise in _promises(history) if _in_range(promise.call, since)]
    promises.sort(key=lambda one: (one.contact_since == 0, _moment(one.call)), reverse=True)
    return FollowUps(_latest(missed), _latest(by_ai), _latest(unanswered), tuple(promises), unreachable)


@dataclass(frozen=True, slots=True)
class _Told:
    """A call or text, with what was heard in it."""

    talk: Talk
    heard: Heard

    @property
    def is_missed(self) -> bool:
        return self.talk.call is not None and self.talk.call.was_missed and not self._is_spam

    @property
    def is_by_ai(self) -> bool:
        return self._ai_answered and not self._is_spam

    @property
    def is_their_text(self) -> bool:
        return self.talk.call is None and self.talk.way == "inbound"

    @property
    def is_ours(self) -> bool:
        """Whether we called or wrote, and it did not fail."""
        if self.talk.call is None:
            return self.talk.way == "outbound" and self.talk.status != "failed"
        return self.talk.way == "outbound" and self.talk.call.how not in ("failed", "blocked")

    @property
    def settles(self) -> bool:
        """Whether we were in touch."""
        call = self.talk.call
        if call is None or self.talk.way == "outbound":
            return self.is_ours
        return not self._ai_answered and (call.how == "answered" or "USER" in self.heard.speakers)

    @property
    def _ai_answered(self) -> bool:
        return self.talk.call is not None and self.talk.way == "inbound" and self.heard.only_ai_answered

    @property
    def _is_spam(self) -> bool:
        return self.talk.call is not None and _SPAM in (tag.casefold() for tag in self.talk.call.tags)


def _heard_in(talk: Talk, heard: Mapping[str, Heard]) -> Heard:
    if talk.call is None:
        return NOTHING
    return heard.get(talk.id) or (hear(talk.call) if talk.call.transcript else NOTHING)


def _in_order(talks: Iterable[Talk]) -> list[Talk]:
    """By time; in one second, what we did is taken for the reaction."""
    return sorted((talk for talk in talks if talk.at), key=lambda talk: (_moment(talk), talk.way == "outbound"))


def _calls(pending: Sequence[Talk], since: datetime | None) -> list[MissedCall]:
    return [MissedCall(pending[-1], len(pending))] if pending and _in_range(pending[-1], since) else []


def _texts(before: Sequence[_Told], pending: Sequence[Talk], since: datetime | None) -> list[UnansweredText]:
    if not pending or not _in_range(pending[-1], since):
        return []
    last = next((told for told in reversed(before) if told.talk.call is None or told.talk.call.how == "answered"), None)
    answers = last is not None and last.is_ours and last.talk.call is None and asks(last.talk.words or "")
    stranger = not before and not pending[-1].name
    noise = all(is_noise(text.words or "", stranger=stranger, answers=answers) for text in pending)
    return [UnansweredText(pending[-1], len(pending), noise)]


def _promises(history: Sequence[_Told]) -> Iterator[Promise]:
    for place, told in enumerate(history):
        if told.heard.promises:
            since = sum(later.is_ours for later in history[place + 1 :])
            for said in told.heard.promises:
                yield Promise(told.talk, said.by, said.sentence, said.start, since)


def _latest(found: list[Open]) -> tuple[Open, ...]:
    return tuple(sorted(found, key=lambda one: _moment(one.last), reverse=True))


def _in_range(talk: Talk, since: datetime | None) -> bool:
    return since is None or (talk.at is not None and talk.at >= since)


def _moment(talk: Talk) -> float:
    return talk.at.timestamp() if talk.at else 0.0
