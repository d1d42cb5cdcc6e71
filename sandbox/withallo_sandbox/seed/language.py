"""What a conversation is made of, in whichever language."""

from dataclasses import dataclass
from random import Random

Exchange = tuple[str, ...]
"""What our side says and what the other party answers, in turns; words in braces are filled in."""


@dataclass(frozen=True, slots=True)
class Topic:
    """What a call can be about.

    Attributes:
        tags: Tags the call may get.
        needs: How the other party says what it is about.
        exchanges: How it goes on, in order.
        promises: What our side commits to.
        counter: What the other party commits to.
        summary: What the AI makes of it.
    """

    tags: tuple[str, ...]
    needs: tuple[str, ...]
    exchanges: tuple[Exchange, ...]
    promises: tuple[str, ...]
    counter: tuple[str, ...]
    summary: str


@dataclass(frozen=True, slots=True)
class Language:
    """Everything needed to invent calls and texts in one language.

    Attributes:
        fill: Words for each brace.
        chat: What can be talked about at any length, begun with one of `bridge`.
        decoys: What sounds like a promise and is none, said by our side or the other.
        threads: Exchanges of texts, beginning with the other party; `>` marks ours.
    """

    fill: dict[str, tuple[str, ...]]
    hello: tuple[str, ...]
    hello_back: tuple[str, ...]
    topics: tuple[Topic, ...]
    chat: tuple[Exchange, ...]
    bridge: tuple[str, ...]
    lead_in: tuple[str, ...]
    thanks: tuple[str, ...]
    decoys: tuple[Exchange, ...]
    goodbye: tuple[Exchange, ...]
    voicemail: tuple[str, ...]
    our_voicemail: tuple[str, ...]
    agent: tuple[tuple[str, ...], ...]
    agreed_summary: str
    voicemail_summary: str
    agent_summary: str
    threads: tuple[tuple[str, ...], ...]

    def fresh(self, draw: int) -> dict[str, str]:
        """A word for each brace, from one draw of 48 bits."""
        chosen = {
            name: words[(draw >> 4 * place) % len(words)] for place, (name, words) in enumerate(self.fill.items())
        }
        return {**chosen, "qty": str(2 + draw % 17)}

    def slots(self, rng: Random, me: str, who: str) -> dict[str, str]:
        """A word for each brace, the names included."""
        order = str(rng.randrange(2100, 9900))
        return {**self.fresh(rng.getrandbits(48)), "order": order, "me": me, "who": who}
