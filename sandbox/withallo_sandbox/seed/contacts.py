"""Contacts made one by one when somebody looks at them."""

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from unicodedata import normalize

from withallo_sandbox.people import PEOPLE, company
from withallo_sandbox.records import Company, Contact
from withallo_sandbox.seed import dice, names, numbers

_COMPANIES = 400
_SPAN = timedelta(days=540)


def contact(seed: int, ordinal: int, size: int, now: datetime) -> Contact:
    """The contact in this place of an account with so many; always the same for the same arguments."""
    if ordinal < len(PEOPLE):
        return PEOPLE[ordinal]
    rng = dice(seed, "contact", ordinal)
    french = ordinal % 2 == 0
    first, last = names.french_name(rng) if french else names.english_name(rng)
    works_at = _company(seed, rng, french=french)
    added = now - timedelta(days=600) + _SPAN * (ordinal / size)
    second = numbers.second_number(ordinal)
    person = Contact(
        ordinal=ordinal,
        name=first,
        last_name=last,
        numbers=(numbers.main_number(ordinal), *((second,) if second else ())),
        emails=_emails(rng, first, last, works_at),
        company=works_at,
        job_title=_job(rng, french=french) if works_at else None,
        website=f"https://{_host(works_at)}" if works_at and rng.random() < 0.4 else None,
        created_at=added.replace(microsecond=0),
        updated_at=(added + timedelta(days=rng.randrange(50))).replace(microsecond=0),
    )
    return replace(person, last_name=None) if rng.random() < 0.04 else person


def _company(seed: int, rng: Random, *, french: bool) -> Company | None:
    if rng.random() > 0.55:
        return None
    place = 100 + rng.randrange(_COMPANIES) * 2 + (0 if french else 1)
    named = dice(seed, "company", place)
    return company(place, names.french_company(named) if french else names.english_company(named))


def _job(rng: Random, *, french: bool) -> str | None:
    return rng.choice(names.FRENCH_JOBS if french else names.ENGLISH_JOBS) if rng.random() < 0.7 else None


def _emails(rng: Random, first: str, last: str, works_at: Company | None) -> tuple[str, ...]:
    if rng.random() < 0.25:
        return ()
    host = _host(works_at) if works_at else rng.choice(("mailbox.example", "courrier.example", "post.example"))
    return (f"{_plain(first)}.{_plain(last)}@{host}",)


def _host(works_at: Company) -> str:
    return f"{_plain(works_at.name)}.example"


def _plain(text: str) -> str:
    bare = normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return "-".join("".join(letter if letter.isalnum() else " " for letter in bare).split())
