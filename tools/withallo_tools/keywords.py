"""Keywords as people mean them: a word in its usual English and French forms, an amount however it is written."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile

from withallo_tools.letters import without_accents

_GROUP = "[ ,.'\u2019]"
_CURRENCY = r"(?:euros?|dollars?|pounds?|livres?|eur|usd|gbp|[$€£])"
_CHAIN = r"(?P<chain>[0-9]+(?:[./-][0-9]+){2,})(?![\w*])"
_GROUPED = re.compile(r"[0-9]{1,3}(?:\.[0-9]{3})+")
_ELIDED = re.compile(r"\b(?:[cdjlmnst]|qu)['\u2019](?=\w)|(?<=\w)['\u2019](?:s|t|d|m|ll|re|ve)\b")
_PIECE = re.compile(
    rf"(?<![\w.,]){_CHAIN}|(?<![\w.,])(?:{_CURRENCY}\s?)?(?P<whole>[0-9]{{1,3}}(?:{_GROUP}[0-9]{{3}})+|[0-9]+)(?:[.,](?P<cents>[0-9]{{1,2}}))?"
    rf"(?:\s?{_CURRENCY})?(?![\w*])|(?P<word>\w+\*?)"
)
_PHRASE = re.compile('["\u201c\u201d\u00ab\u00bb]([^"\u201c\u201d\u00ab\u00bb]*)["\u201c\u201d\u00ab\u00bb]')
_FORMS = (
    "ements ement ments ment ations ation aisons aison erons eront erez erai era aient ions ings ing ies ait ais ons "
    "ent ers er ees ee es ed ez ai s x e y a"
)
_ENDINGS = tuple(sorted(_FORMS.split(), key=len, reverse=True))
_VOWELS = "aeiou"
_SHORTEST_STEM = 4
_FORMLESS = 2
_LONGEST_AMOUNT = 15
_GROUP_LENGTH = 3
_BETWEEN = r"[\s./-]?"
_DOUBLED = re.compile(r"([bcdfgklmnprstvz])\1$")


@dataclass(frozen=True, slots=True)
class Keyword:
    """One thing that must occur.

    Attributes:
        word: What was asked for, without case and accents.
        spellings: What to search Allo for; one is enough.
        pattern: Finds it, or what may be a form of it, in a text that went through `plain`: one group for each word.
        stems: Each word, to be found in other forms too; empty where the pattern says it all.
        is_exact: Whether Allo finds nothing else by it.
    """

    word: str
    spellings: tuple[str, ...]
    pattern: re.Pattern[str]
    stems: tuple[str, ...] = ("",)
    is_exact: bool = False

    def spans(self, folded: str) -> Iterator[tuple[int, int]]:
        """Where it begins and ends in a text that went through `plain`."""
        for found in self.pattern.finditer(folded):
            forms = zip(found.groups(), self.stems, strict=True)
            if all(not stem or not stems_of(word).isdisjoint(stems_of(stem)) for word, stem in forms):
                yield found.span()

    def is_in(self, folded: str) -> bool:
        """Whether it occurs in a text that went through `plain`."""
        return next(self.spans(folded), None) is not None


def keywords(query: str) -> tuple[Keyword, ...]:
    """The keywords of a query.

    `4,200`, `4 200 €` and `4200` are one and the same, `"delivery date"` are words side by side, `deliv*` is how a word
    begins.
    """
    folded = plain(query)
    phrases = [_phrase(parts) for phrase in _PHRASE.findall(folded) if (parts := _parts(phrase))]
    others = _PHRASE.sub(" ", folded)
    return tuple(dict.fromkeys((*phrases, *(_parts(_ELIDED.sub(" ", others)) or _parts(others)))))


def searches(wanted: Sequence[Keyword]) -> tuple[str, ...]:
    """What to ask Allo for, whose search requires every word and matches each from its beginning (API contract 6.7)."""
    styles = max((len(keyword.spellings) for keyword in wanted), default=0)
    return tuple(
        " ".join(keyword.spellings[min(style, len(keyword.spellings) - 1)] for keyword in wanted)
        for style in range(styles)
    )


def has_all(text: str, wanted: Sequence[Keyword]) -> bool:
    """Whether every keyword occurs in a text."""
    folded = plain(text)
    return all(keyword.is_in(folded) for keyword in wanted)


def plain(text: str) -> str:
    """Lower case without accents: how words are compared."""
    return without_accents(text.casefold())


@lru_cache(maxsize=8192)
def stems_of(word: str) -> frozenset[str]:
    """What the usual forms of a word share, whichever of its singulars it is a form of."""
    return frozenset(stem_of(form) for form in (word, *_singulars(word)))


def _singulars(word: str) -> tuple[str, ...]:
    if word.endswith("ies") and len(word) > _SHORTEST_STEM:
        return f"{word[:-3]}y", word[:-1]
    if word.endswith(("sses", "xes", "zes", "ches", "shes")):
        return word[:-2], word[:-1]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) >= _SHORTEST_STEM:
        return (word[:-1],)
    return ()


@lru_cache(maxsize=8192)
def stem_of(word: str) -> str:
    """What the usual forms of a word share: `price`, `prices`, `pricing`; `rappeler`, `rappelez`, `rappelle`."""
    for _ in range(2):
        endings = (end for end in _ENDINGS if word.endswith(end) and len(word) - len(end) >= _SHORTEST_STEM)
        word = word.removesuffix(next((end for end in endings if _is_ending(end, word)), ""))
    word = _DOUBLED.sub(r"\1", word)
    return f"{word[:-1]}i" if word.endswith("y") else word


def _is_ending(end: str, word: str) -> bool:
    return not (end == "y" and word[-2] in _VOWELS) and not (end == "s" and word.endswith("ss"))


def _parts(folded: str) -> list[Keyword]:
    return [_part(piece) for piece in _PIECE.finditer(folded)]


def _part(piece: re.Match[str]) -> Keyword:
    if piece["chain"]:
        is_amount = _GROUPED.fullmatch(piece["chain"])
        return _amount(piece["chain"]) if is_amount else _chain(piece["chain"])
    return _amount(piece["whole"], piece["cents"] or "") if piece["whole"] else _word(piece["word"])


def _chain(written: str) -> Keyword:
    """A date, a version, a number in pairs: `06.12.34.56.78` is `06 12 34 56 78` too."""
    groups = re.findall("[0-9]+", written)
    return Keyword(
        written,
        tuple(dict.fromkeys((written, " ".join(groups), "".join(groups)))),
        re.compile(rf"(?<!\d)({_BETWEEN.join(groups)})(?!\d)"),
    )


def _phrase(parts: Sequence[Keyword]) -> Keyword:
    """Keywords side by side as one."""
    if len(parts) == 1:
        return parts[0]
    return Keyword(
        " ".join(part.word for part in parts),
        searches(parts),
        re.compile(r"[^\w\n]+".join(part.pattern.pattern for part in parts)),
        tuple(stem for part in parts for stem in part.stems),
    )


def _word(word: str) -> Keyword:
    """A word in its forms: short ones, which many others begin with, with the commonest endings alone."""
    if word.endswith("*") or not word.isascii():
        begin = word.removesuffix("*")
        return Keyword(word, (begin,), re.compile(rf"\b({re.escape(begin)}\w*)"), is_exact=True)
    if word.isdecimal():
        return _amount(word)
    if len(word) > _SHORTEST_STEM and word.isalpha():
        return _long_word(word)
    endings = rf"(?:e?s|d|x|{word[-1]}?(?:ed|ings?))?" if len(word) > _FORMLESS else ""
    shared = word
    if _singulars(word):
        shared, endings = word[:-1], "s?"
    elif word.endswith("y") and word[-2:-1] not in _VOWELS and len(word) > _FORMLESS:
        shared, endings = word[:-1], "(?:y|ie[sd])"
    return Keyword(word, (shared,), re.compile(rf"\b({shared}{endings})\b"))


def _long_word(word: str) -> Keyword:
    stems = stems_of(word)
    same = takewhile(lambda letters: len(set(letters)) == 1, zip(word, *_singulars(word), *stems, strict=False))
    shared = sum(1 for _ in same)
    if any(stem.endswith("i") and (word.endswith("ies") or stem[-2] in _VOWELS) for stem in stems):
        shared = min(shared, min(map(len, stems)) - 1)
    return Keyword(word, (word[:shared],), re.compile(rf"\b({word[:shared]}\w*)"), (word,))


def _amount(written: str, cents: str = "") -> Keyword:
    """A number that ends where it ends: 50 is neither 5067 nor 50,000."""
    digits = re.sub(r"\D", "", written)
    is_grouped = not digits.startswith("0") and len(digits) <= _LONGEST_AMOUNT
    grouped = f"{int(digits):,}" if is_grouped else digits
    spaced = grouped.replace(",", " ")
    apart = grouped.replace(",", rf"(?:\s|{_GROUP})?")
    marks = "[.,'\u2019]"
    before = rf"(?<!\d{marks})" if len(digits) % 3 == 0 else r"(?<!\d[.,])" if len(digits) < _GROUP_LENGTH else ""
    if len(digits) == _GROUP_LENGTH:
        before += r"(?<!\b\d\s)(?<!\b\d\d\s)(?<!\b\d\d\d\s)"
    behind = rf"(?!{_GROUP}\d{{3}}(?!\d))" if len(digits) <= _GROUP_LENGTH else ""
    after = rf"[.,]{cents}" if cents.strip("0") else ""
    return Keyword(
        f"{digits}.{cents}" if after else digits,
        tuple(dict.fromkeys((digits, grouped, spaced))),
        re.compile(rf"(?<!\d){before}({apart}{after})(?!\d){behind}"),
    )
