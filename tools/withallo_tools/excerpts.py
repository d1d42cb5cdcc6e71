"""Why something was found: the matching words in their place."""

import itertools
from collections.abc import Sequence

from withallo_client import Item
from withallo_tools.call_facts import facts_of_item
from withallo_tools.gist import gist
from withallo_tools.keywords import Keyword, has_all, plain
from withallo_tools.outsiders import clean
from withallo_tools.transcripts import clock, turns_of

LENGTH = 200
_LONGEST = 20_000


def excerpt(item: Item, wanted: Sequence[Keyword]) -> str:
    """About 200 characters around the words, with where they are: `summary: …`, `12:05 them: …`; cleaned.

    Without words, or where they cannot be seen, the gist of the item.
    """
    if item.kind != "CALL":
        return _around(item.content or "", wanted) if wanted else clean(item.content or "", LENGTH)
    if not wanted:
        return gist(item.summary, LENGTH)
    turns = turns_of(facts_of_item(item))
    said = [turn for turn in turns if has_all(turn.text, wanted)]
    if not said and item.summary and has_all(item.summary, wanted):
        return f"summary: {_around(item.summary, wanted)}"
    said = said or [turn for turn in turns if any(has_all(turn.text, [keyword]) for keyword in wanted)]
    if said:
        best = max(said, key=lambda turn: sum(has_all(turn.text, [keyword]) for keyword in wanted))
        return f"{clock(best.start)} {best.speaker}: {_around(best.text, wanted)}".strip()
    return gist(item.summary, LENGTH)


def _around(text: str, wanted: Sequence[Keyword]) -> str:
    """The stretch around the first of the words."""
    line = clean(text[:_LONGEST])
    if len(line) <= LENGTH:
        return line
    folded = plain(line)
    places = [place for keyword in wanted if (place := next(keyword.places(folded), None)) is not None]
    middle = _origin(line, min(places, default=0))
    first = max(0, min(middle - LENGTH // 3, len(line) - LENGTH))
    before, after = "…" if first else "", "…" if first + LENGTH < len(line) else ""
    return f"{before}{line[first : first + LENGTH].strip()}{after}"


def _origin(line: str, place: int) -> int:
    """Where a place of the folded line is in the line itself: folding makes some letters several, and some none."""
    ends = itertools.accumulate(len(plain(letter)) for letter in line)
    return next((index for index, end in enumerate(ends) if end > place), 0)
