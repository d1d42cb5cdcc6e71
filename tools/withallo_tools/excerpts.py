"""Why something was found: the matching words in their place."""

import itertools
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from withallo_client import Item
from withallo_tools.call_facts import facts_of_item
from withallo_tools.gist import gist
from withallo_tools.keywords import Keyword, plain
from withallo_tools.outsiders import clean
from withallo_tools.transcripts import clock, turns_of
from withallo_tools.word_places import is_common

LENGTH = 200
_LONGEST = 20_000
_MOST_PARTS = 5
_MOST_PLACES = 20


@dataclass(frozen=True, slots=True)
class _Passage:
    """A turn, a summary or a text in which words occur.

    Attributes:
        label: Whose it is, for example `12:05 them: `.
        line: Its words, cleaned.
        places: Where which keyword begins and ends in the line, in order.
    """

    label: str
    line: str
    places: Sequence[tuple[int, int, Keyword]]

    def windows(self, width: int) -> Iterator[tuple[int, frozenset[Keyword]]]:
        """Stretches of this width, one for each place: where it begins and which keywords it shows whole."""
        for middle, _, keyword in self.places:
            first = max(0, min(middle - width // 3, len(self.line) - width))
            shown = (word for begin, end, word in self.places if first <= begin and end <= first + width)
            yield first, frozenset((keyword, *shown))

    def cut(self, first: int, width: int) -> str:
        """A stretch, marked where something stands before or after it."""
        before, after = "…" if first else "", "…" if first + width < len(self.line) else ""
        return f"{before}{self.line[first : first + width].strip()}{after}"


def excerpt(item: Item, wanted: Sequence[Keyword]) -> str:
    """About 200 characters with the telling words in place: `summary: …`, `12:05 them: … / 14:10 us: …`; cleaned.

    Without words, or where they cannot be seen, the gist of the item.
    """
    telling = [keyword for keyword in wanted if not is_common(keyword)] or wanted
    passages = list(_passages(item, telling)) if wanted else []
    if not passages:
        return gist(item.summary, LENGTH) if item.kind == "CALL" else clean(item.content or "", LENGTH)
    return _told(passages, *_chosen(passages))


def _passages(item: Item, wanted: Sequence[Keyword]) -> Iterator[_Passage]:
    if item.kind == "CALL":
        turns = turns_of(facts_of_item(item))
        texts = [(f"{clock(turn.start)} {turn.speaker}: ".lstrip(), turn.text) for turn in turns]
        texts.append(("summary: ", item.summary or ""))
    else:
        texts = [("", item.content or "")]
    for label, text in texts:
        folded = plain(text[:_LONGEST])
        if any(keyword.is_in(folded) for keyword in wanted):
            line = clean(text[:_LONGEST])
            if places := _places(line, wanted):
                yield _Passage(label, line, places)


def _places(line: str, wanted: Sequence[Keyword]) -> list[tuple[int, int, Keyword]]:
    """Folding makes some letters several, and some none: places are those of the line itself."""
    folded = plain(line)
    ends: Sequence[int] = range(1, len(line) + 1)
    if len(folded) != len(line):
        ends = list(itertools.accumulate(len(plain(letter)) for letter in line))
    found = [
        (bisect_right(ends, begin), bisect_right(ends, end - 1) + 1, keyword)
        for keyword in wanted
        for begin, end in itertools.islice(keyword.spans(folded), _MOST_PLACES)
    ]
    return sorted(found, key=lambda place: place[:2])


def _chosen(passages: Sequence[_Passage]) -> tuple[list[tuple[int, int]], int]:
    """The fewest stretches that show all keywords, as passage and beginning, and how wide each may be."""
    missing = {word for passage in passages for _, _, word in passage.places}
    chosen: list[tuple[int, int]] = []
    width, left = LENGTH, missing
    for parts in range(1, _MOST_PARTS + 1):
        width, left, chosen = LENGTH // parts, missing, []
        windows = [
            ((place, first), shown) for place, passage in enumerate(passages) for first, shown in passage.windows(width)
        ]
        while left and len(chosen) < parts:
            best, shown = max(windows, key=lambda window: len(window[1] & left))
            chosen.append(best)
            left = left - shown
        if not left:
            break
    return sorted(chosen), width


def _told(passages: Sequence[_Passage], chosen: Sequence[tuple[int, int]], width: int) -> str:
    by_passage = itertools.groupby(chosen, key=lambda each: each[0])
    return " / ".join(
        passages[place].label
        + " ".join(passages[place].cut(first, width) for _, first in stretches).replace("… …", " … ")
        for place, stretches in by_passage
    )
