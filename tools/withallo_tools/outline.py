"""The shape of a call without a model: who spoke how long, and where it turns to something else."""

import itertools
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from withallo_tools.gist import gist
from withallo_tools.keywords import plain
from withallo_tools.transcripts import Turn, clock

_WINDOW = 6
_MOST_SECTIONS = 12
_SECTION_TURNS = 8
_WORD = re.compile(r"[^\W\d_]{4,}|\d[\d.,]*\d|\d")
COMMON = frozenset(
    re.findall(
        r"\w+",
        "all and are but can did for get got had has her him his how its let not now our out say she the too was who "
        "why yes yet you aux car ces des est eux ici ils les lui mes moi nos non oui ont par pas peu que qui ses son "
        "sur tes toi ton une vos "
        "about after also avec avez aussi been bien cela cette come comme could dans dire donc elle elles encore etes "
        "fait faire from have here into just know leur like mais meme more nous notre okay onto parce peut plus pour "
        "quand quel quelle really right sais sans should some sont sorry sure tell than that their them then there "
        "they thing this toujours tout tous tres vais vers very vont votre vous want well were what when which will "
        "with would yeah your yours etre etait",
    )
)
"""Words that tell nothing about what a call is about, folded."""


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch about one thing.

    Attributes:
        words: What it is about: words that are frequent here and rare elsewhere in the call.
        opening: How its longest early turn begins.
    """

    start: float | None
    first: int
    last: int
    words: tuple[str, ...]
    opening: str

    @property
    def line(self) -> str:
        """`12:05 kitchen, oak: I wanted to ask…`."""
        return f"{clock(self.start) or f'turn {self.first + 1}'} {', '.join(self.words)}: {self.opening}".strip()


def talk_time(turns: Sequence[Turn], seconds: int | None) -> dict[str, int]:
    """Seconds each side spoke: what was measured where turns have offsets, else by the number of words."""
    if not turns:
        return {}
    spoken: Counter[str] = Counter()
    for turn, following in zip(turns, [*turns[1:], None], strict=True):
        end = following.start if following else seconds
        if turn.start is not None and end is not None and end > turn.start:
            spoken[turn.speaker] += round(end - turn.start)
    if spoken:
        return dict(spoken)
    words = Counter[str]()
    for turn in turns:
        words[turn.speaker] += len(turn.text.split())
    whole = sum(words.values()) or 1
    return {speaker: round((seconds or 0) * count / whole) for speaker, count in words.items()}


def sections(turns: Sequence[Turn]) -> list[Section]:
    """Cut the call where the words before and after have least in common."""
    bags = [_bag(turn.text) for turn in turns]
    most = min(_MOST_SECTIONS, max(1, len(turns) // _SECTION_TURNS))
    even = len(turns) / most
    near = int(even / 3)
    cuts = [
        min(range(middle - near, middle + near + 1), key=lambda place: _alike(bags, place))
        for middle in (round(even * number) for number in range(1, most))
    ]
    bounds = [0, *cuts, len(turns)]
    whole = Counter[str]()
    for bag in bags:
        whole.update(bag)
    return [
        _section(turns[first:last], bags[first:last], whole)
        for first, last in itertools.pairwise(bounds)
        if last > first
    ]


def _bag(text: str) -> Counter[str]:
    return Counter(word for word in _WORD.findall(plain(text)) if word not in COMMON)


def _alike(bags: Sequence[Counter[str]], place: int) -> float:
    before, after = Counter[str](), Counter[str]()
    for bag in bags[max(0, place - _WINDOW) : place]:
        before.update(bag)
    for bag in bags[place : place + _WINDOW]:
        after.update(bag)
    size = math.sqrt(sum(n * n for n in before.values()) * sum(n * n for n in after.values()))
    return sum(before[word] * after[word] for word in before) / size if size else 0.0


def _section(turns: Sequence[Turn], bags: Sequence[Counter[str]], whole: Counter[str]) -> Section:
    here = Counter[str]()
    for bag in bags:
        here.update(bag)
    telling = sorted(here, key=lambda word: (-here[word] * here[word] / whole[word], word))
    opening = max(turns[:3], key=lambda turn: len(turn.text))
    return Section(turns[0].start, turns[0].index, turns[-1].index, tuple(telling[:4]), gist(opening.text, 90))
