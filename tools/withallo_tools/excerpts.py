"""Why something was found: the matching words in their place."""

import re
from collections.abc import Sequence

from withallo_client import Item
from withallo_tools.call_facts import facts_of_item
from withallo_tools.gist import gist
from withallo_tools.outsiders import clean
from withallo_tools.transcripts import clock, has_words, plain, turns_of

LENGTH = 200
_LONGEST = 20_000


def excerpt(item: Item, words: Sequence[str]) -> str:
    """About 200 characters around the words, with where they are: `summary: …`, `12:05 them: …`; cleaned.

    Without words, or where they cannot be seen, the gist of the item.
    """
    if item.kind != "CALL":
        return _around(item.content or "", words) if words else clean(item.content or "", LENGTH)
    if not words:
        return gist(item.summary, LENGTH)
    turns = turns_of(facts_of_item(item))
    said = [turn for turn in turns if has_words(turn.text, words)]
    if not said and item.summary and has_words(item.summary, words):
        return f"summary: {_around(item.summary, words)}"
    said = said or [turn for turn in turns if any(has_words(turn.text, [word]) for word in words)]
    if said:
        best = max(said, key=lambda turn: sum(has_words(turn.text, [word]) for word in words))
        return f"{clock(best.start)} {best.speaker}: {_around(best.text, words)}".strip()
    return gist(item.summary, LENGTH)


def _around(text: str, words: Sequence[str]) -> str:
    """The stretch around the first of the words."""
    line = clean(text[:_LONGEST])
    if len(line) <= LENGTH:
        return line
    folded = plain(line)
    places = [match.start() for word in words if (match := re.search(rf"\b{re.escape(plain(word))}", folded))]
    middle = min(places, default=0) if len(folded) == len(line) else 0
    first = max(0, min(middle - LENGTH // 3, len(line) - LENGTH))
    before, after = "…" if first else "", "…" if first + LENGTH < len(line) else ""
    return f"{before}{line[first : first + LENGTH].strip()}{after}"
