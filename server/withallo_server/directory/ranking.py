"""What a query asks for, and how well a person answers it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from withallo_server.directory.index import SHORTEST_PART, fields_of
from withallo_server.directory.words import CONNECTIVES, TITLES, initials, words
from withallo_tools.phone import looks_like_number, normal

EXACT = 100.0
WORTH_SHOWING = 45.0
_COMPANY, _EMAIL = 0.94, 0.9
_INITIAL, _INITIALS, _JOINED = 82.0, 86.0, 98.0
_PART_OF_A_NAME = 4.0
_LONGEST_QUERY = 200
_MOST_TOKENS = 6

Meaning = tuple[float, str]
"""How sure it is that a word of a person is what a word of the query means, and why."""


@dataclass(frozen=True, slots=True)
class Query:
    """A query taken apart.

    Attributes:
        tokens: Words that have to be found.
        hints: Words and letters that only help to choose: initials, titles, `de`.
        digits: Parts of numbers, each in the spellings a number may be kept in.
        number: The whole number in E.164 digits, where the query can be read as one.
        email: The query, where it is an e-mail address or a part of one.
    """

    text: str
    tokens: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    digits: tuple[tuple[str, ...], ...] = ()
    number: str = ""
    email: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """All words in the order they were written."""
        return words(self.text) if not self.email else ()


def parse(text: str, region: str) -> Query:
    """Take a query apart: a number, an e-mail address, or words with perhaps a part of a number between them."""
    text = text[:_LONGEST_QUERY].strip()
    if looks_like_number(text):
        read = normal(text, region)
        whole = re.sub(r"\D", "", read) if read.startswith("+") else ""
        return Query(text, digits=(_spellings(text, whole),), number=whole)
    if "@" in text and " " not in text:
        return Query(text, email=text.casefold())
    parts = re.sub(r"(?<=\d)[\s.\-()/]+(?=\d)", "", text)
    found = words(parts)
    digits = tuple(_spellings(part) for part in found if part.isdecimal() and len(part) >= SHORTEST_PART)
    names = [part for part in found if not (part.isdecimal() and len(part) >= SHORTEST_PART)]
    needed = [part for part in names if len(part) > 1 and part not in TITLES and part not in CONNECTIVES]
    if not needed and not digits:
        needed = ["".join(names)] if len(names) > 1 and all(len(part) == 1 for part in names) else names
    hints = tuple(part for part in names if part not in needed)
    return Query(text, tuple(needed[:_MOST_TOKENS]), hints, digits[:2])


def _spellings(written: str, whole: str = "") -> tuple[str, ...]:
    """A part of a number as it may stand inside a number kept with its country code."""
    digits = re.sub(r"\D", "", written)
    bare = digits.removeprefix("00") if digits.startswith("00") else digits.removeprefix("0")
    return tuple(dict.fromkeys(part for part in (whole, digits, bare) if len(part) >= SHORTEST_PART))


def rate(query: Query, meanings: Sequence[Mapping[str, Meaning]], text: str) -> Meaning:
    """How well a person with this search text answers the words of a query, 0 to 100, and what matched."""
    fields = fields_of(text)
    name = fields[0]
    used: set[int] = set()
    total = weight = 0.0
    reasons: list[Meaning] = []
    for token, meaning in zip(query.tokens, meanings, strict=True):
        score, why = _best(meaning, fields, used)
        size = float(min(max(len(token), 3), 10))
        total, weight = total + score * size, weight + size
        reasons.append((score, why))
    for hint in query.hints:
        if hint in TITLES and TITLES.isdisjoint(name):
            continue
        score = _hint(hint, name, used)
        size = 0.3 if hint in TITLES or len(hint) > 1 else 2.0
        total, weight = total + score * size, weight + size
        if size > 1:
            reasons.append((score, "initial"))
    if not weight:
        return 0.0, ""
    used.update(at for part in query.digits for at, word in enumerate(name) if word in part)
    whole = all(at in used or word in CONNECTIVES for at, word in enumerate(name))
    score = total / weight - (0.0 if whole else _PART_OF_A_NAME)
    if len(query.tokens) == 1 and len(query.tokens[0]) in (2, 3, 4) and initials(name) == query.tokens[0]:
        return max((score, _reason(reasons)), (_INITIALS, "initials"))
    return score - _disorder(query, name), _reason(reasons)


def _best(meaning: Mapping[str, Meaning], fields: Sequence[Sequence[str]], used: set[int]) -> Meaning:
    """The word of the person that fits best; a word of the name answers only one word of the query."""
    name, company, emails = fields
    place: tuple[int, ...] = ()
    best: Meaning = (0.0, "")
    for at, word in enumerate(name):
        score, why = meaning.get(word, best)
        if score > best[0] and at not in used:
            best, place = (score, why), (at,)
        pair = meaning.get(word + name[at + 1]) if at + 1 < len(name) else None
        if pair and min(pair[0], _JOINED) > best[0] and not used & {at, at + 1}:
            best, place = (min(pair[0], _JOINED), pair[1]), (at, at + 1)
    for words_there, factor, why in ((company, _COMPANY, "company"), (emails, _EMAIL, "e-mail")):
        score = max((meaning[word][0] * factor for word in words_there if word in meaning), default=0.0)
        if score > best[0]:
            best, place = (score, why), ()
    used.update(place)
    return best


def _hint(hint: str, name: Sequence[str], used: set[int]) -> float:
    """An initial or a small word found among what no other word of the query took."""
    for at, word in enumerate(name):
        if at not in used and (word == hint or (len(hint) == 1 and word.startswith(hint))):
            used.add(at)
            return EXACT if word == hint else _INITIAL
    return 0.0


def _disorder(query: Query, name: Sequence[str]) -> float:
    places = [name.index(token) for token in query.tokens if token in name]
    return 0.0 if places == sorted(places) else 1.0


def _reason(reasons: Sequence[Meaning]) -> str:
    """What matched least surely is what a person has to know."""
    score, why = min(reasons, default=(0.0, ""))
    return why if score else "some words"
