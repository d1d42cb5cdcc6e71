"""The statements of a search, built once for each shape of a query: building them costs more than running them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    bindparam,
    false,
    func,
    select,
    union_all,
)

from withallo_server.directory.tables import keys, people, words

_LAST = "\U0010ffff"
_ACCOUNT: BindParameter[int] = bindparam("account")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Leads to people by any of these keys, or by keys that begin like this."""

    keys: tuple[str, ...] = ()
    beginnings: tuple[str, ...] = ()

    @property
    def shape(self) -> "Shape":
        """What the statement depends on."""
        return bool(self.keys), len(self.beginnings)


Shape = tuple[bool, int]


@lru_cache(maxsize=512)
def candidates(shapes: tuple[Shape, ...], hints: int) -> "Select[int, str]":
    """People whom every condition leads to: those with fitting initials and the latest contact first."""
    matching = _together(shapes).limit(bindparam("scanned")).subquery()
    padded = " " + people.c.search_text
    fitting = [padded.like(bindparam(f"hint{at}")).desc() for at in range(hints)]
    return (
        select(people.c.person, people.c.search_text)
        .join(matching, matching.c.person == people.c.person)
        .where(people.c.account_id == _ACCOUNT)
        .order_by(*fitting, people.c.last_activity.desc().nulls_last(), people.c.person)
        .limit(bindparam("most"))
    )


@lru_cache(maxsize=512)
def beyond(shapes: tuple[Shape, ...], hints: int) -> "Select[int, str]":
    """The same people in the same order without those `shown`, from any place on."""
    others = people.c.person.not_in(bindparam("shown", expanding=True))
    return candidates(shapes, hints).where(others).offset(bindparam("skipped"))


@lru_cache(maxsize=512)
def counted(shapes: tuple[Shape, ...]) -> "Select[int]":
    """How many people every condition leads to."""
    return select(func.count()).select_from(_together(shapes).subquery())


@lru_cache(maxsize=1)
def near_words() -> "Select[str]":
    """Words in use with any of the spellings `keys`."""
    wanted = words.c.key.in_(bindparam("keys", expanding=True))
    return select(words.c.word).where(words.c.account_id == _ACCOUNT, wanted).distinct()


@lru_cache(maxsize=1)
def words_beginning() -> "Select[str]":
    """The shortest words in use that begin like `first`."""
    between = and_(words.c.key > bindparam("first"), words.c.key < bindparam("last"))
    found = select(words.c.word).where(words.c.account_id == _ACCOUNT, between)
    return found.order_by(func.length(words.c.word)).limit(bindparam("most"))


def beginning(prefix: str) -> dict[str, str]:
    """The values of a scan over everything that begins with a prefix."""
    return {"first": prefix, "last": prefix + _LAST}


def values(conditions: Sequence[Wanted], hints: Sequence[str] = ()) -> dict[str, Any]:
    """What the conditions bind in a statement of their shape."""
    bound: dict[str, Any] = {f"hint{at}": f"% {hint}%" for at, hint in enumerate(hints)}
    for place, wanted in enumerate(conditions):
        if wanted.keys:
            bound[f"keys{place}"] = list(wanted.keys)
        for at, prefix in enumerate(wanted.beginnings):
            bound |= {f"{name}{place}_{at}": value for name, value in beginning(prefix).items()}
    return bound


def _together(shapes: Sequence[Shape]) -> "Select[int]":
    first, *others = (_people(place, shape) for place, shape in enumerate(shapes))
    person = first.subquery().c.person
    return select(person).where(*(person.in_(other) for other in others)).distinct()


def _people(place: int, shape: Shape) -> "Select[int] | CompoundSelect[int]":
    """One scan for each way: joined by OR, SQLite would read every key of the account."""
    with_keys, beginnings = shape
    ways: list[ColumnElement[bool]] = [
        and_(keys.c.key >= bindparam(f"first{place}_{at}"), keys.c.key < bindparam(f"last{place}_{at}"))
        for at in range(beginnings)
    ]
    if with_keys:
        ways.append(keys.c.key.in_(bindparam(f"keys{place}", expanding=True)))
    scans = [select(keys.c.person).where(keys.c.account_id == _ACCOUNT, way) for way in ways or [false()]]
    return union_all(*scans) if len(scans) > 1 else scans[0]
