"""What people call each other: `Bob` for `Robert`, `Manu` for `Emmanuel`."""

from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from withallo_server.directory.words import fold

ANOTHER_SPELLING = 94.0
NICKNAME = 92.0
SAME_NAME_BEHIND = 80.0


@cache
def _table() -> Mapping[str, Mapping[str, float]]:
    """Each name with the names that may mean the same person, and how sure that is."""
    table: dict[str, dict[str, float]] = defaultdict(dict)
    lines = files("withallo_server.directory").joinpath("nicknames.txt").read_text(encoding="utf-8").splitlines()
    for line in lines:
        if line.startswith("#") or ":" not in line:
            continue
        names, called = (tuple(fold(name).replace(" ", "") for name in part.split()) for part in line.split(":"))
        pairs = (
            *((name, other, ANOTHER_SPELLING) for name in names for other in names),
            *((name, other, NICKNAME) for name in names for other in called),
            *((name, other, NICKNAME) for name in called for other in names),
            *((name, other, SAME_NAME_BEHIND) for name in called for other in called),
        )
        for name, other, score in pairs:
            if name != other:
                table[name][other] = max(score, table[name].get(other, 0.0))
    return {name: dict(others) for name, others in table.items()}


def also_called(word: str) -> Mapping[str, float]:
    """Names that may mean the bearer of this one, with how sure that is (up to 94)."""
    return _table().get(word, {})
