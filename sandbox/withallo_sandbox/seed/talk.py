"""What was said in a call: made from a script when asked for, always the same for the same script."""

from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Final, Literal

from withallo_sandbox.records import Promise, Source, Speech, Spoken
from withallo_sandbox.seed import dice
from withallo_sandbox.seed.english import ENGLISH
from withallo_sandbox.seed.french import FRENCH
from withallo_sandbox.seed.language import Exchange, Language, Topic

Kind = Literal["talk", "voicemail", "our_voicemail", "agent"]

AGREEMENT: Final = (
    "Twelve oak consoles at 4,200 dollars each, delivered on the 14th, thirty percent deposit, balance in thirty days."
)
"""What Sarah Whitfield and Atelier Nord agree on in the last minute of their 49-minute call."""

_LANGUAGES: Final[dict[str, Language]] = {"FR": FRENCH, "US": ENGLISH}
_WORDS_PER_SECOND = 2.4


@dataclass(frozen=True, slots=True)
class Script:
    """Who talks, in which language, about what, and for how long.

    Attributes:
        key: What the choices grow from.
        country: Decides the language.
        seconds: How long it takes.
        me: First name of the teammate.
        who: Name of the other party.
        agreed: Whether it ends with the agreement.
    """

    key: str
    kind: Kind
    country: str
    seconds: int
    me: str
    who: str
    agreed: bool = False


@dataclass(frozen=True, slots=True)
class Outline:
    """What is known about a call without writing it out."""

    topic: Topic
    slots: dict[str, str]
    summary: str
    tags: tuple[str, ...]


def outline(script: Script) -> Outline:
    """Topic, summary and tags of a call."""
    return _outline(script, dice(script.key))


def _outline(script: Script, rng: Random) -> Outline:
    language = _LANGUAGES[script.country]
    topic = language.topics[0] if script.agreed else rng.choice(language.topics)
    slots = language.slots(rng, script.me, script.who)
    talked = language.agreed_summary if script.agreed else topic.summary
    summaries = {"talk": talked, "agent": language.agent_summary}
    summary = summaries.get(script.kind, language.voicemail_summary).format_map(slots)
    return Outline(topic, slots, summary[0].upper() + summary[1:], topic.tags if rng.random() < 0.5 else ())


@lru_cache(maxsize=256)
def speak(script: Script) -> Speech:
    """The turns of a call, and the promises among them."""
    rng = dice(script.key)
    known = _outline(script, rng)
    talk = _Talk(_LANGUAGES[script.country], rng, known.slots)
    if script.kind == "talk":
        talk.hold(known.topic, int(script.seconds * _WORDS_PER_SECOND), agreed=script.agreed)
    elif script.kind == "agent":
        talk.assistant()
    elif script.kind == "voicemail":
        talk.say("EXTERNAL", rng.choice(talk.language.voicemail))
    else:
        talk.say("USER", rng.choice(talk.language.our_voicemail))
    return Speech(_timed(talk.turns, script.seconds), tuple(talk.promises))


class _Talk:
    """A conversation being written."""

    def __init__(self, language: Language, rng: Random, slots: dict[str, str]) -> None:
        self.language = language
        self.turns: list[tuple[Source, str]] = []
        self._words = 0
        self.promises: list[Promise] = []
        self._rng = rng
        self._slots = slots

    def hold(self, topic: Topic, budget: int, *, agreed: bool) -> None:
        """A conversation of about so many words."""
        language, rng = self.language, self._rng
        self.say("USER", rng.choice(language.hello))
        self.say("EXTERNAL", rng.choice(language.hello_back))
        self.say("EXTERNAL", rng.choice(topic.needs))
        for exchange in topic.exchanges:
            if self._words > budget - 45:
                break
            self._exchange(*exchange)
        self._chat(budget - (95 if agreed else 45))
        if agreed:
            self._agree()
        elif rng.random() < 0.6:
            self._promise(topic)
        self._exchange(*rng.choice(language.goodbye))

    def assistant(self) -> None:
        """A conversation with the AI receptionist."""
        for asked, answered in self.language.agent:
            self.say("AGENT", asked)
            self.say("EXTERNAL", answered)

    def say(self, source: Source, text: str) -> str:
        """One turn, its braces filled in."""
        spoken = text.format_map(self._slots)
        spoken = spoken[0].upper() + spoken[1:]
        self.turns.append((source, spoken))
        self._words += spoken.count(" ") + 1
        return spoken

    def _chat(self, budget: int) -> None:
        pool: list[Exchange] = []
        bridged = False
        while self._words < budget:
            if not pool:
                pool = [*self.language.chat, *self.language.decoys]
                self._rng.shuffle(pool)
            first, *others = pool.pop()
            self._slots |= self.language.fresh(self._rng.getrandbits(48))
            if not bridged:
                first, bridged = f"{self._rng.choice(self.language.bridge)} {first}", True
            self._exchange(first, *others)

    def _promise(self, topic: Topic) -> None:
        rng = self._rng
        sentence = rng.choice(topic.promises).format_map(self._slots)
        self.promises.append(Promise(sentence, "USER"))
        lead_in = rng.choice(self.language.lead_in)
        self.say("USER", f"{lead_in} {sentence}")
        answer = rng.choice(self.language.thanks)
        if rng.random() < 0.3:
            theirs = rng.choice(topic.counter).format_map(self._slots)
            self.promises.append(Promise(theirs, "EXTERNAL"))
            answer = f"{answer} {theirs}"
        self.say("EXTERNAL", answer)

    def _agree(self) -> None:
        contract, signature = "I'll send you the contract this afternoon.", "I'll sign it and send it back tomorrow."
        self._exchange("So, to sum up before we hang up.", "Please, I'm writing it down.")
        self._exchange(AGREEMENT, "Agreed. Twelve consoles, 4,200 each, on the 14th.")
        self._exchange(f"Great. {contract}", f"Perfect. {signature}")
        self.promises += [Promise(contract, "USER"), Promise(signature, "EXTERNAL")]

    def _exchange(self, *turns: str) -> None:
        for place, text in enumerate(turns):
            self.say("EXTERNAL" if place % 2 else "USER", text)


def _timed(turns: list[tuple[Source, str]], seconds: int) -> tuple[Spoken, ...]:
    weights = [text.count(" ") + 3 for _, text in turns]
    step = max(0.0, seconds - 1.5) / sum(weights)
    spoken, clock = [], 1.0
    for (source, text), weight in zip(turns, weights, strict=True):
        end = clock + weight * step
        spoken.append(Spoken(source, text, round(clock, 1), round(end - min(0.4, weight * step / 4), 1)))
        clock = end
    return tuple(spoken)
