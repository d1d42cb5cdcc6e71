"""Keywords as people mean them: a word in its usual English and French forms, an amount however it is written."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile

from withallo_tools.letters import without_accents

_GROUP = "[ ,.'\u2019\u00a0\u202f]"
_AMOUNT = re.compile(rf"(?<![\w.,])\d{{1,3}}(?:{_GROUP}\d{{3}})+(?![\d])|(?<![\w.,])\d{{4,}}(?!\d)")
_CENTS = re.compile(r"[.,]\d{1,2}(?!\d)")
_CURRENCY = re.compile(r"\s?(?:euros?|dollars?|pounds?|livres?|eur|usd|gbp|[$€£])(?!\w)", re.IGNORECASE)
_WORD = re.compile(r"\w+")
_FORMS = (
    "ements ement ments ment ations ation aisons aison erons eront erez erai era aient ions ings ing ies ait ais ons "
    "ent ers er ees ee es ed ez ai s x e y a"
)
_ENDINGS = tuple(sorted(_FORMS.split(), key=len, reverse=True))
_VOWELS = "aeiou"
_SHORTEST_STEM = 4
_DOUBLED = re.compile(r"([bcdfgklmnprstvz])\1$")


@dataclass(frozen=True, slots=True)
class Keyword:
    """One thing that must occur.

    Attributes:
        spellings: What to search Allo for; one is enough.
        pattern: Finds it, or what may be a form of it, in a text that went through `plain`.
        stem: What other forms of the word have in common with it; empty where the pattern says it all.
        word: The word as it was asked for.
    """

    spellings: tuple[str, ...]
    pattern: re.Pattern[str]
    stem: str = ""
    word: str = ""

    @property
    def is_exact(self) -> bool:
        """Whether Allo finds nothing else by it."""
        return len(self.spellings) == 1 and self.spellings[0] == (self.word or self.spellings[0])

    def places(self, folded: str) -> Iterator[int]:
        """Where it occurs in a text that went through `plain`."""
        for found in self.pattern.finditer(folded):
            if not self.stem or found[0].startswith(self.word) or stem_of(found[0]) == self.stem:
                yield found.start()

    def is_in(self, folded: str) -> bool:
        """Whether it occurs in a text that went through `plain`."""
        return next(self.places(folded), None) is not None


def keywords(query: str) -> tuple[Keyword, ...]:
    """The keywords of a query; `4,200`, `4 200 €` and `4200` are one and the same."""
    found: list[Keyword] = []
    rest, after = "", 0
    for match in _AMOUNT.finditer(query):
        found.append(_amount(re.sub(r"\D", "", match[0])))
        rest += query[after : match.start()] + " "
        after = match.end()
        for behind in (_CENTS, _CURRENCY):
            more = behind.match(query, after)
            after = more.end() if more else after
    return (*found, *(_word(word) for word in dict.fromkeys(_WORD.findall(plain(rest + query[after:])))))


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
def stem_of(word: str) -> str:
    """What the usual forms of a word share: `price`, `prices`, `pricing`; `rappeler`, `rappelez`, `rappelle`."""
    for _ in range(2):
        endings = (end for end in _ENDINGS if word.endswith(end) and len(word) - len(end) >= _SHORTEST_STEM)
        word = word.removesuffix(next((end for end in endings if end != "y" or word[-2] not in _VOWELS), ""))
    word = _DOUBLED.sub(r"\1", word)
    return f"{word[:-1]}i" if word.endswith("y") else word


def _word(word: str) -> Keyword:
    stem = stem_of(word) if word.isalpha() else word
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(word, stem, strict=False)))
    if stem.endswith("i") and (word.endswith("ies") or stem[-2:-1] in _VOWELS):
        shared = min(shared, len(stem) - 1)
    if not word.isalpha() or shared < _SHORTEST_STEM - 1:
        return Keyword((word,), re.compile(rf"\b{re.escape(word)}"))
    return Keyword((word[:shared],), re.compile(rf"\b{re.escape(word[:shared])}\w*"), stem, word)


def _amount(digits: str) -> Keyword:
    grouped = f"{int(digits):,}" if not digits.startswith("0") else digits
    spaced = grouped.replace(",", " ")
    apart = spaced.replace(" ", r"[\s,.'\u2019]?")
    return Keyword(tuple(dict.fromkeys((digits, grouped, spaced))), re.compile(rf"\b{digits}|(?<!\d){apart}(?!\d)"))
