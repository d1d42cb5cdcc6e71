"""Where in a call words were said: all of them in one turn, else each on its own, and which were never said."""

from collections.abc import Sequence
from dataclasses import dataclass

from withallo_tools.keywords import Keyword, plain
from withallo_tools.outline import COMMON
from withallo_tools.outsiders import clean
from withallo_tools.transcripts import Turn

_NEIGHBOURS = 1
_SHORTEST = 3
_LONGEST_LIST = 200


@dataclass(frozen=True, slots=True)
class Places:
    """Turns to show.

    Attributes:
        turns: Their indexes, those of their neighbours included.
        note: What was not found; empty where one turn holds all words.
    """

    turns: set[int]
    note: str = ""


def find_places(turns: Sequence[Turn], wanted: Sequence[Keyword], *, everywhere: bool) -> Places:
    """The turns that hold all words, else those that hold one of them; common words alone lead nowhere.

    Args:
        turns: Where to look.
        wanted: The words.
        everywhere: Whether these are all turns of the call.
    """
    folded = [(turn.index, plain(turn.text)) for turn in turns]
    holding = {keyword: [index for index, text in folded if keyword.is_in(text)] for keyword in wanted}
    known = {turn.index for turn in turns}
    together = set.intersection(*map(set, holding.values()))
    if together:
        return Places(_with_neighbours(together) & known)
    said = [keyword for keyword in wanted if holding[keyword]]
    telling = said if all(map(is_common, wanted)) else [keyword for keyword in said if not is_common(keyword)]
    places = [f"{_name(keyword)} ({len(holding[keyword])})" for keyword in telling]
    absent = [_name(keyword) for keyword in wanted if keyword not in said]
    common = [_name(keyword) for keyword in said if keyword not in telling]
    never = "Never said" if everywhere else "Not said in the part asked for"
    parts = (
        f"No turn holds all words; places of: {_listed(places)}." if places else "",
        f"{never}: {_listed(absent)} ({_listed(absent[:1])}* finds what begins so)." if absent else "",
        f"Too common to show alone: {_listed(common)}." if common else "",
    )
    found = {index for keyword in telling for index in holding[keyword]}
    return Places(_with_neighbours(found) & known, " ".join(filter(None, parts)))


def _with_neighbours(hits: set[int]) -> set[int]:
    return {near for hit in hits for near in range(hit - _NEIGHBOURS, hit + _NEIGHBOURS + 1)}


def is_common(keyword: Keyword) -> bool:
    """Whether a word occurs so often that its places tell nothing."""
    name = _name(keyword)
    return name.isalpha() and (len(name) < _SHORTEST or name in COMMON)


def _name(keyword: Keyword) -> str:
    return keyword.word or keyword.spellings[0]


def _listed(names: Sequence[str]) -> str:
    return clean(", ".join(names), _LONGEST_LIST)
