"""What an answer must hold, compared as a person would compare it."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from withallo_sandbox import Sandbox

_SEPARATOR = re.compile(r"(?<=\d)[,. \u00a0\u202f](?=\d{3})")
_COUNTS = (
    "zero|no|none",
    "one|single|un|une",
    "two|deux",
    "three|trois",
    "four|quatre",
    "five|cinq",
    "six",
    "seven|sept",
)

Check = Callable[[str], bool]


@dataclass(frozen=True)
class Fact:
    """Something an answer must hold, or must not.

    Attributes:
        name: How the report calls it.
        check: Looks for it in the whole answer.
    """

    name: str
    check: Check


Facts = Callable[[Sandbox], list[Fact]]


def plain(text: str) -> str:
    """Lower case, no accents, one space between words, typographic signs as typed."""
    letters = unicodedata.normalize("NFKD", text.casefold().replace("\u2019", "'"))
    return " ".join("".join(letter for letter in letters if not unicodedata.combining(letter)).split())


def says(*ways: str) -> Fact:
    """One of these wordings, as regular expressions over the plain text."""
    pattern = re.compile("|".join(f"(?:{plain(way)})" for way in ways))
    return Fact(ways[0], lambda answer: bool(pattern.search(plain(answer))))


def number(e164: str) -> Fact:
    """A phone number in any spelling: its last nine digits in a row."""
    tail = e164[-9:]
    return Fact(e164, lambda answer: tail in re.sub(r"\D", "", answer))


def amount(digits: str) -> Fact:
    """A figure, whatever separates its thousands."""
    whole = re.compile(rf"(?<!\d){digits}(?!\d)")
    return Fact(digits, lambda answer: bool(whole.search(_SEPARATOR.sub("", answer))))


def count(value: int) -> Fact:
    """How many, as a figure or a word."""
    word = _COUNTS[value] if value < len(_COUNTS) else str(value)
    return says(rf"\b{value}\b", rf"\b(?:{word})\b")


def never(fact: Fact) -> Fact:
    """The opposite of a fact."""
    return Fact(f"not: {fact.name}", lambda answer: not fact.check(answer))


def always(*facts: Fact) -> Facts:
    """Facts that hold whenever the question is asked."""
    return lambda _: list(facts)
