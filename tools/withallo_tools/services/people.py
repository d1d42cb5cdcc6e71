"""Who is who, as a tool may ask for it."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

CONTACT_IDS = ("cnt_", "cnt-", "per-", "con_")
"""How the ids of a contact begin: one human has another in each family, and no two in one."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in the contact directory.

    Attributes:
        contact_id: The v1 id (`cnt_…`) where known, else the id of another family.
        name: Full name, or the company, or an empty string.
        matched: What made a search find this person, for example `name` or `number`.
        score: 0 to 100, how well the search matched.
    """

    contact_id: str
    name: str
    company: str | None
    numbers: tuple[str, ...]
    emails: tuple[str, ...]
    job_title: str | None = None
    last_activity_at: datetime | None = None
    matched: str = ""
    score: float = 100.0


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """People found, best first.

    Attributes:
        total: How many match in all.
        complete: False while the directory fills, or had to leave contacts out: somebody may be missing.
    """

    people: tuple[Person, ...]
    total: int
    complete: bool


@dataclass(frozen=True, slots=True)
class Resolution:
    """Who is meant by a name, a number, an e-mail address or an id.

    Attributes:
        best: The one person that reading may go on with, saying whom it took; none when a human has to choose.
        candidates: Everybody who may be meant, best first.
        exact: Whether `best` is certain enough to send to.
        complete: False while the directory fills, or had to leave contacts out: then nobody is certain.
    """

    best: Person | None
    candidates: tuple[Person, ...]
    exact: bool
    complete: bool = True


Progress = Callable[[int, int | None], Awaitable[None]]
"""Told how many contacts were read so far, and of how many."""


class People(Protocol):
    """The contact directory."""

    async def search(self, query: str, *, limit: int, offset: int = 0, progress: Progress | None = None) -> PeoplePage:
        """Find people by name, company, e-mail or any part of a number; an empty query lists everybody.

        While a short first fill runs this waits for it, at most four seconds, and tells `progress`.
        """

    async def resolve(self, text: str, *, certain: bool = False, progress: Progress | None = None) -> Resolution:
        """Find out who is meant by a name, a number, an e-mail address or an id.

        Args:
            text: The name, number, address or id.
            certain: Wait for a first fill as long as it gets on, at most 20 seconds: nobody is certain before.
            progress: Told how far that fill is.
        """

    async def names(self, numbers: Collection[str]) -> dict[str, str]:
        """The known name of each number, as far as there is one. Never waits for the API."""

    async def remember(self, people: Sequence[Person], *, whole: bool = False) -> None:
        """Take in what another answer showed.

        Args:
            people: Whoever it named.
            whole: It showed all of their numbers and addresses: those that are missing now are gone.
        """
