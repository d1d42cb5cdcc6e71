"""Whether a search found one human, or several of whom somebody has to choose."""

from collections.abc import Sequence

from withallo_server.directory.ranking import EXACT, Query
from withallo_server.directory.words import CONNECTIVES, TITLES, name_words, titles
from withallo_tools.services import Person, Resolution

_CLEAR_LEAD = 8.0
_LIKELY = 75.0
_AS_WRITTEN = 95.0
_NEAR_THE_BEST = 15.0
_CERTAIN = frozenset(("id", "number", "e-mail"))


def decide(query: Query, found: Sequence[Person], *, complete: bool) -> Resolution:
    """Judge the people a search found, best first.

    Reading may go on with `best`. Only `exact` is good enough to send: a whole name, number, address or id that
    belongs to one human, while nobody else's name holds the same words and the directory knows everybody.
    """
    if not found:
        return Resolution(best=None, candidates=(), exact=False, complete=complete)
    top = found[0].score
    near = [person for person in found if person.score >= top - _NEAR_THE_BEST]
    rivals = [person for person in near if not _same_human(person, found[0])]
    lead = top - max((person.score for person in rivals), default=0.0)
    clear = top >= _LIKELY and lead >= _CLEAR_LEAD
    sure = _certain(query, found[0], rivals)
    return Resolution(
        best=found[0] if clear or sure else None,
        candidates=tuple(near),
        exact=sure and complete,
        complete=complete,
    )


def _certain(query: Query, best: Person, rivals: Sequence[Person]) -> bool:
    if best.matched in _CERTAIN:
        return best.score >= EXACT and all(rival.score < EXACT for rival in rivals)
    if best.name == best.company and any(rival.company == best.company for rival in rivals):
        return False
    asked, theirs = titles(query.text), titles(best.name)
    if asked and theirs and asked.isdisjoint(theirs):
        return False
    written = sorted(word for word in query.names if word not in TITLES)
    return sorted(name_words(best.name)) == written and all(rival.score < _AS_WRITTEN for rival in rivals)


def _same_human(person: Person, other: Person) -> bool:
    """The same contact entered twice is no choice to make."""
    if person.contact_id and person.contact_id == other.contact_id:
        return True
    words = [[word for word in name_words(one.name) if word not in CONNECTIVES] for one in (person, other)]
    return words[0] == words[1] and bool(person.numbers) and set(person.numbers) == set(other.numbers)
