"""Finds candidates on disk and puts them in order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Select, and_, desc, func, or_, select

from withallo_server.directory.nicknames import also_called
from withallo_server.directory.ranking import EXACT, WORTH_SHOWING, Meaning, Query, rate
from withallo_server.directory.tables import keys, people, words
from withallo_server.directory.words import spellings, typo_score

ENOUGH = 60
_MOST_CANDIDATES = 200
_MOST_SCANNED = 3000
_MOST_MEANINGS = 60
_MOST_BEGINNINGS = 400
_LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Hit:
    """Somebody who may be meant."""

    person: int
    score: float
    matched: str


@dataclass(frozen=True, slots=True)
class Hits:
    """Those worth showing, best first, and how many match in all."""

    hits: tuple[Hit, ...]
    total: int


def find(connection: Connection, account_id: int, query: Query, at_least: int = 0) -> Hits:
    """Everybody who may be meant by a query; of very many, the best known few hundred or `at_least` so many."""
    search = _Search(connection, account_id, at_least)
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
    def __init__(self, connection: Connection, account_id: int, at_least: int) -> None:
        self._connection = connection
        self._account_id = account_id
        self._most = max(_MOST_CANDIDATES, at_least)

    def by_email(self, email: str) -> Hits:
        """An address or the beginning of one; else who has all its words."""
        exact = self._having([self._keys(keys.c.key == f"@{email}")])
        if exact:
            return Hits(tuple(Hit(person, EXACT, "e-mail") for person, _ in exact), len(exact))
        started = self._having([self._keys(_begins(f"@{email}"))])
        if started:
            return Hits(tuple(Hit(person, 90.0, "e-mail") for person, _ in started), len(started))
        parts = Query(email, tuple(part for part in email.replace("@", ".").split(".") if len(part) > 1)[:4])
        return self.by_words(parts) if parts.tokens else Hits((), 0)

    def by_number(self, query: Query) -> Hits:
        """A whole number, else any part of one."""
        if query.number:
            exact = [person for person, _ in self._having([self._keys(keys.c.key == f"n{query.number}")])]
            if exact:
                return Hits(tuple(Hit(person, EXACT, "number") for person in exact), len(exact))
        conditions = [self._digits(part) for part in query.digits if part]
        if not conditions:
            return Hits((), 0)
        found = self._having(conditions)
        size = max(len(part) for part in query.digits[0])
        score = min(50.0 + 4.0 * size, 95.0)
        hits = tuple(Hit(person, max(score, WORTH_SHOWING), "number") for person, _ in found)
        return Hits(hits, self._count(conditions) if len(found) >= self._most else len(hits))

    def by_words(self, query: Query) -> Hits:
        """People whose words mean what the query says: as written first, then nicknames, beginnings and typos."""
        meanings = self._meanings(query.tokens)
        ratings: dict[int, Hit] = {}
        total = 0
        for surest in (EXACT, 0.0):
            conditions = self._conditions(query, meanings, surest)
            found = self._having(conditions, query.hints)
            for person, text in found:
                if person not in ratings:
                    ratings[person] = Hit(person, *rate(query, meanings, text))
            total = self._count(conditions) if len(found) >= self._most else 0
            if len(ratings) >= ENOUGH:
                break
        if not ratings and len(query.tokens) + len(query.digits) > 1:
            ratings = self._all_but_one(query, meanings)
        hits = [hit for hit in ratings.values() if hit.score >= WORTH_SHOWING]
        hits.sort(key=lambda hit: -round(hit.score, 1))
        return Hits(tuple(hits), max(total, len(hits)))

    def _all_but_one(self, query: Query, meanings: Sequence[Mapping[str, Meaning]]) -> dict[int, Hit]:
        """People who lack one word of the query, which may be of no use for finding them."""
        conditions = self._conditions(query, meanings, 0.0)
        ratings: dict[int, Hit] = {}
        for left_out in range(len(conditions)):
            for person, text in self._having(conditions[:left_out] + conditions[left_out + 1 :], query.hints):
                ratings[person] = Hit(person, *rate(query, meanings, text))
        return ratings

    def _conditions(
        self, query: Query, meanings: Sequence[Mapping[str, Meaning]], surest: float
    ) -> list[Select[tuple[int]]]:
        conditions = []
        for token, meaning in zip(query.tokens, meanings, strict=True):
            meant = [word for word, (score, _) in meaning.items() if score >= surest]
            wanted = [f"{field}{word}" for word in meant for field in "wcm"]
            wanted += [f"k{token}"] if len(token) <= 4 and not surest else []
            conditions.append(self._keys(keys.c.key.in_(wanted)))
        return conditions + [self._digits(part) for part in query.digits]

    def _meanings(self, tokens: Sequence[str]) -> list[dict[str, Meaning]]:
        """For each word of a query the words in use that it may stand for."""
        wanted = {key for token in tokens for key in spellings(token)}
        in_use: set[str] = set()
        if wanted:
            near = select(words.c.word).where(words.c.account_id == self._account_id, words.c.key.in_(wanted))
            in_use.update(self._connection.scalars(near.distinct()))
        return [self._meaning(token, in_use) for token in tokens]

    def _meaning(self, token: str, in_use: set[str]) -> dict[str, Meaning]:
        found: dict[str, Meaning] = {
            word: (score, "similar name") for word in in_use if (score := typo_score(token, word))
        }
        if len(token) > 1:
            for word in self._beginning_with(token):
                score = 74.0 + 20.0 * len(token) / len(word)
                found[word] = max(found.get(word, (0.0, "")), (score, "beginning"))
        for word, score in also_called(token).items():
            found[word] = max(found.get(word, (0.0, "")), (score, "nickname"))
        best = sorted(found.items(), key=lambda item: -item[1][0])[:_MOST_MEANINGS]
        return {**dict(best), token: (EXACT, "name")}

    def _beginning_with(self, token: str) -> Sequence[str]:
        start = select(words.c.word).where(
            words.c.account_id == self._account_id, words.c.key > f"={token}", words.c.key < f"={token}{_LAST}"
        )
        shortest_first = start.order_by(func.length(words.c.word)).limit(_MOST_BEGINNINGS)
        return self._connection.scalars(shortest_first).all()

    def _keys(self, condition: ColumnElement[bool]) -> Select[tuple[int]]:
        return select(keys.c.person).where(keys.c.account_id == self._account_id, condition)

    def _digits(self, spellings_of_part: Sequence[str]) -> Select[tuple[int]]:
        return self._keys(or_(*(_begins(f"n{part}") for part in spellings_of_part)))

    def _having(self, conditions: Sequence[Select[tuple[int]]], hints: Sequence[str] = ()) -> Sequence[tuple[int, str]]:
        """People who meet every condition, those with fitting initials and the latest contact first."""
        if not conditions:
            return []
        matching = _together(conditions).limit(max(_MOST_SCANNED, self._most)).subquery()
        found = (
            select(people.c.person, people.c.search_text)
            .join(matching, matching.c.person == people.c.person)
            .where(people.c.account_id == self._account_id)
            .order_by(
                *map(_fits, hints), people.c.last_activity.desc().nulls_last(), people.c.sort_name, people.c.person
            )
            .limit(self._most)
        )
        return [(row.person, row.search_text) for row in self._connection.execute(found)]

    def _count(self, conditions: Sequence[Select[tuple[int]]]) -> int:
        return self._connection.scalar(select(func.count()).select_from(_together(conditions).subquery())) or 0


def _together(conditions: Sequence[Select[tuple[int]]]) -> Select[tuple[int]]:
    first, *others = conditions
    for other in others:
        first = first.where(keys.c.person.in_(other))
    return first.distinct()


def _begins(prefix: str) -> ColumnElement[bool]:
    return and_(keys.c.key >= prefix, keys.c.key < prefix + _LAST)


def _fits(hint: str) -> ColumnElement[bool]:
    padded = " " + people.c.search_text
    return desc(padded.like(f"% {hint}%"))
