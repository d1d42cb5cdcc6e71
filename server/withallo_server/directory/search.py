"""Finds candidates on disk and puts them in order."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from string import digits
from typing import Any

from sqlalchemy import Connection

from withallo_server.directory.nicknames import also_called
from withallo_server.directory.ranking import EXACT, WORTH_SHOWING, Meaning, Query, rate
from withallo_server.directory.statements import (
    Wanted,
    beginning,
    beyond,
    candidates,
    counted,
    near_words,
    values,
    words_beginning,
)
from withallo_server.directory.words import spellings, typo_score

_ENOUGH = 60
_WHOLE = 99.0
_PART_OF_AN_ADDRESS = 90.0
_MOST_CANDIDATES = 100
_MOST_SCANNED = 3000
_EVERYBODY = 2**31
_ANOTHER_NUMBER = 70.0
_MOST_MEANINGS = 60
_MOST_BEGINNINGS = 400


@dataclass(frozen=True, slots=True)
class Hit:
    """Somebody who may be meant."""

    person: int
    score: float
    matched: str


@dataclass(frozen=True, slots=True)
class Hits:
    """Who was found.

    Attributes:
        hits: Those worth showing, best first; of very many, those of the latest contact.
        total: How many match in all.
        rest: The others in the order of the latest contact: from which on, and how many.
    """

    hits: tuple[Hit, ...]
    total: int
    rest: Callable[[int, int], Sequence[Hit]] = lambda _skipped, _most: ()

    def page(self, offset: int, limit: int) -> Sequence[Hit]:
        """A part of the whole; all parts together show everybody once."""
        first = self.hits[offset : offset + limit]
        missing = min(limit, self.total - offset) - len(first)
        return (*first, *self.rest(max(0, offset - len(self.hits)), missing)) if missing > 0 else first


def find(connection: Connection, account_id: int, query: Query) -> Hits:
    """Everybody who may be meant by a query."""
    search = _Search(connection, account_id)
    if query.email:
        return search.by_email(query.email)
    if query.number or (query.digits and not query.tokens):
        return search.by_number(query)
    found = search.by_words(query)
    if (not found.hits or found.hits[0].score < 90.0) and len(query.tokens) > 1:
        others = [search.by_words(other) for other in _written_together(query)]
        found = max((found, *others), key=lambda hits: hits.hits[0].score if hits.hits else 0.0)
    return found


def _written_together(query: Query) -> Iterable[Query]:
    for at in range(len(query.tokens) - 1):
        one = query.tokens[at] + query.tokens[at + 1]
        yield Query(query.text, (*query.tokens[:at], one, *query.tokens[at + 2 :]), query.hints, query.digits)


class _Search:
    def __init__(self, connection: Connection, account_id: int) -> None:
        self._connection = connection
        self._account_id = account_id

    def by_email(self, email: str) -> Hits:
        """An address or the beginning of one; else who has all its words."""
        exact = self._alike([Wanted(keys=(f"@{email}",))], EXACT, "e-mail")
        if exact.hits:
            return exact
        started = self._alike([Wanted(beginnings=(f"@{email}",))], _PART_OF_AN_ADDRESS, "e-mail")
        if started.hits:
            return started
        parts = Query(email, tuple(part for part in email.replace("@", ".").split(".") if len(part) > 1)[:4])
        return self.by_words(parts) if parts.tokens else Hits((), 0)

    def by_number(self, query: Query) -> Hits:
        """A whole number, else any part of one."""
        owners = self._owners(query.number) if query.number else None
        if owners and owners.hits:
            return owners
        score = min(50.0 + 4.0 * max((len(part) for part in query.digits[0]), default=0), 95.0)
        return self._alike([_digits(part) for part in query.digits if part], score, "number")

    def _owners(self, number: str) -> Hits:
        """Who has just this number; a key also ends longer ones, which have a digit more before it."""
        found = self._alike([Wanted(keys=(f"n{number}",))], EXACT, "number")
        longer = {person for person, _ in self._having([Wanted(keys=tuple(f"n{digit}{number}" for digit in digits))])}
        hits = tuple(hit for hit in found.hits if hit.person not in longer)
        return replace(found, hits=hits, total=found.total - len(found.hits) + len(hits))

    def _alike(self, conditions: Sequence[Wanted], score: float, matched: str) -> Hits:
        """People who are all found for the same reason."""
        hits = tuple(Hit(person, score, matched) for person, _ in self._having(conditions))
        total = self._total(conditions, len(hits)) or len(hits)
        return Hits(hits, total, self._rest(conditions, hits, lambda _: (score, matched)))

    def by_words(self, query: Query) -> Hits:
        """People whose words mean what the query says: as written first, then nicknames, beginnings and typos."""
        meanings = self._meanings(query.tokens)
        ratings: dict[int, Hit] = {}
        total = 0
        for surest in (EXACT, 0.0):
            conditions = _conditions(query, meanings, surest)
            found = self._having(conditions, query.hints)
            for person, text in found:
                if person not in ratings:
                    ratings[person] = Hit(person, *rate(query, meanings, text))
            total = self._total(conditions, len(found))
            whole = len(query.tokens) > 1 and any(hit.score >= _WHOLE for hit in ratings.values())
            if whole or len(ratings) >= _ENOUGH:
                break
        if not ratings and len(query.tokens) + len(query.digits) > 1:
            ratings = self._all_but_one(query, meanings)
        hits = [hit for hit in ratings.values() if hit.score >= WORTH_SHOWING]
        hits.sort(key=lambda hit: -round(hit.score, 1))
        total = max(total - len(ratings), 0) + len(hits)
        rest = self._rest(conditions, tuple(ratings.values()), partial(rate, query, meanings), query.hints)
        return Hits(tuple(hits), total, rest)

    def _all_but_one(self, query: Query, meanings: Sequence[Mapping[str, Meaning]]) -> dict[int, Hit]:
        """People who lack one word of the query, which may be of no use for finding them; a number is never of none."""
        conditions = _conditions(query, meanings, 0.0)
        ratings: dict[int, Hit] = {}
        for left_out in range(len(conditions)):
            most = EXACT if left_out < len(query.tokens) else _ANOTHER_NUMBER
            for person, text in self._having(conditions[:left_out] + conditions[left_out + 1 :], query.hints):
                score, why = rate(query, meanings, text)
                ratings[person] = Hit(person, min(score, most), why)
        return ratings

    def _meanings(self, tokens: Sequence[str]) -> list[dict[str, Meaning]]:
        """For each word of a query the words in use that it may stand for."""
        spelled = sorted({key for token in tokens for key in spellings(token)})
        bound = {"account": self._account_id, "keys": spelled}
        near = set(self._connection.scalars(near_words(), bound)) if spelled else set()
        return [self._meaning(token, near) for token in tokens]

    def _meaning(self, token: str, near: Iterable[str]) -> dict[str, Meaning]:
        found: dict[str, Meaning] = {
            word: (score, "similar name") for word in near if (score := typo_score(token, word))
        }
        for word in self._beginning_with(token) if len(token) > 1 else ():
            score = 74.0 + 20.0 * len(token) / len(word)
            found[word] = max(found.get(word, (0.0, "")), (score, "beginning"))
        for word, score in also_called(token).items():
            found[word] = max(found.get(word, (0.0, "")), (score, "nickname"))
        best = sorted(found.items(), key=lambda item: -item[1][0])[:_MOST_MEANINGS]
        return {**dict(best), token: (EXACT, "name")}

    def _beginning_with(self, token: str) -> Sequence[str]:
        bound = {"account": self._account_id, "most": _MOST_BEGINNINGS, **beginning(f"={token}")}
        return self._connection.scalars(words_beginning(), bound).all()

    def _having(self, conditions: Sequence[Wanted], hints: Sequence[str] = ()) -> Sequence[tuple[int, str]]:
        """People who meet every condition, with the text that ranking looks at."""
        if not conditions:
            return []
        limits = {"account": self._account_id, "most": _MOST_CANDIDATES, "scanned": _MOST_SCANNED}
        statement = candidates(tuple(wanted.shape for wanted in conditions), len(hints))
        rows = self._connection.execute(statement, {**limits, **values(conditions, hints)})
        return [(row.person, row.search_text) for row in rows]

    def _rest(
        self,
        conditions: Sequence[Wanted],
        shown: Sequence[Hit],
        judge: Callable[[str], Meaning],
        hints: Sequence[str] = (),
    ) -> Callable[[int, int], Sequence[Hit]]:
        """Reads who else meets every condition."""

        def read(skipped: int, most: int) -> Sequence[Hit]:
            statement = beyond(tuple(wanted.shape for wanted in conditions), len(hints))
            window: dict[str, Any] = {"account": self._account_id, "scanned": _EVERYBODY}
            window |= {"skipped": skipped, "most": most, "shown": [hit.person for hit in shown]}
            rows = self._connection.execute(statement, {**window, **values(conditions, hints)})
            return [Hit(row.person, *judge(row.search_text)) for row in rows]

        return read

    def _total(self, conditions: Sequence[Wanted], found: int) -> int:
        """How many meet every condition, where more do than were taken; else nothing."""
        if found < _MOST_CANDIDATES:
            return 0
        statement = counted(tuple(wanted.shape for wanted in conditions))
        return self._connection.scalar(statement, {"account": self._account_id, **values(conditions)}) or 0


def _conditions(query: Query, meanings: Sequence[Mapping[str, Meaning]], surest: float) -> list[Wanted]:
    conditions = []
    for token, meaning in zip(query.tokens, meanings, strict=True):
        meant = [word for word, (score, _) in meaning.items() if score >= surest]
        wanted = [f"{field}{word}" for word in meant for field in "wcm"]
        wanted += [f"k{token}"] if len(token) <= 4 and not surest else []
        conditions.append(Wanted(keys=tuple(wanted)))
    return conditions + [_digits(part, "wc") for part in query.digits]


def _digits(part: Sequence[str], fields: str = "") -> Wanted:
    """A part of a number, or a word of the name or company (`fields`) that is written in digits."""
    keys = tuple(f"{field}{spelling}" for field in fields for spelling in part)
    return Wanted(keys, beginnings=tuple(f"n{spelling}" for spelling in part))
