"""How names are compared: folded words, the spellings of a word that find it, and how much two words are alike."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import pairwise

from withallo_tools.letters import without_accents

_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "\u0131": "i"})
_MOST_WORDS = 12
_LONGEST_WORD = 32
_FUZZY_FROM = 4

_TITLE_WORDS = "m mr mrs ms miss mme mlle dr me mx monsieur madame mademoiselle maitre docteur doctor sir"
_SMALL_WORDS = "de du des la le les da di el von van der den chez from at of and et the a"
TITLES = frozenset(_TITLE_WORDS.split())
CONNECTIVES = frozenset(_SMALL_WORDS.split())
_SAME_TITLES = {
    **dict.fromkeys(("mr", "monsieur", "sir"), "m"),
    **dict.fromkeys(("madame", "mrs", "ms"), "mme"),
    **dict.fromkeys(("mademoiselle", "miss"), "mlle"),
    **dict.fromkeys(("docteur", "doctor"), "dr"),
    "me": "maitre",
}

_SOUNDS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"ph", "f"),
        (r"ch(?=[rl])|ck|qu?", "k"),
        (r"sch|sh", "ch"),
        (r"c(?=[eiy])", "s"),
        (r"c(?!h)", "k"),
        (r"g(?=[eiy])", "j"),
        (r"(?<!c)h", ""),
        (r"eau|au", "o"),
        (r"a[iy]|e[iy]", "e"),
        (r"y|ie", "i"),
        (r"w", "v"),
        (r"z", "s"),
        (r"x", "ks"),
        (r"(.)\1+", r"\1"),
        (r"(?<=..)l?[tdspe]+$", ""),
    )
)


def fold(text: str) -> str:
    """Lower case, no accents, everything but letters, their marks and digits a space."""
    letters = without_accents(text.casefold().translate(_LETTERS))
    kept = (letter if letter.isalnum() or unicodedata.category(letter)[0] == "M" else " " for letter in letters)
    return " ".join("".join(kept).split())


def words(text: str | None) -> tuple[str, ...]:
    """The folded words of a text; a hostile one yields no more than a long name has."""
    return tuple(word[:_LONGEST_WORD] for word in fold((text or "")[:400]).split()[:_MOST_WORDS])


def name_words(name: str) -> tuple[str, ...]:
    """The words of a person's name without titles, unless there is nothing else."""
    found = words(name)
    return tuple(word for word in found if word not in TITLES) or found


def titles(name_or_query: str) -> frozenset[str]:
    """The titles in a text, in one spelling each."""
    return frozenset(_SAME_TITLES.get(word, word) for word in words(name_or_query) if word in TITLES)


def joined(parts: tuple[str, ...]) -> Iterator[str]:
    """Neighbouring words written as one: `jean pierre martin` as `jeanpierre` and `pierremartin`."""
    return (first + second for first, second in pairwise(parts))


def initials(parts: Iterable[str]) -> str:
    """First letters of a name's words, connectives left out."""
    return "".join(part[0] for part in parts if part not in CONNECTIVES)[:6]


def sound(word: str) -> str:
    """A rough key of how French and English speakers would say a word: `dupond` and `dupont` share one."""
    for pattern, replacement in _SOUNDS:
        word = pattern.sub(replacement, word)
    return word


def spellings(word: str) -> set[str]:
    """Keys under which a word can be found when it is mistyped: each letter left out, and its sound."""
    if len(word) < _FUZZY_FROM - 1 or not word.isalpha():
        return set()
    keys = {f"~{sound(word)}"}
    if len(word) >= _FUZZY_FROM:
        keys |= {f"-{word[:at]}{word[at + 1 :]}" for at in range(len(word))} | {f"-{word}"}
    return keys


def typo_score(written: str, word: str) -> float:
    """How well a mistyped word fits, 0 where it does not, else up to 94; letters swapped count once."""
    from rapidfuzz.distance import OSA

    longest = max(len(written), len(word))
    distance = OSA.distance(written, word, score_cutoff=2)
    if distance == 0:
        return 100.0
    if longest >= _FUZZY_FROM and distance <= (2 if longest >= 7 else 1):
        return 94.0 - 60.0 * distance / longest
    return 84.0 if sound(written) == sound(word) else 0.0
