"""Names beside numbers."""

from collections.abc import Iterable, Mapping

from withallo_client import ContactCard
from withallo_tools.outsiders import clean
from withallo_tools.phone import display, normal
from withallo_tools.services import Services

_LONGEST = 90
_MOST = 3
OR = " or "
"""Between the names of people who share a number."""


def on_cards(cards: Iterable[ContactCard]) -> str:
    """The names of everybody whom an answer shows with one number: a shared landline has several."""
    names = dict.fromkeys(card.name.strip() for card in cards if card.name and card.name.strip())
    return OR.join(list(names)[:_MOST])


async def names_for(services: Services, numbers: Iterable[str | None]) -> dict[str, str]:
    """The known names of these numbers, by the number as it was written; cleaned."""
    written = {number for number in numbers if number}
    if not written:
        return {}
    keys = {number: normal(number, services.region) for number in written}
    names = await services.people.names(set(keys.values()))
    return {number: clean(names[key], _LONGEST) for number, key in keys.items() if names.get(key)}


def name_of(number: str | None, names: Mapping[str, str], name: str = "") -> str:
    """Who has a number: as the answer says, unless more people are known to share it; cleaned."""
    known, said = names.get(number or "", ""), clean(name, _LONGEST)
    return known if not said or known.count(OR) > said.count(OR) else said


def beside(number: str | None, names: Mapping[str, str], name: str = "") -> str:
    """A number with its name: `+33612345678 Marie Dupont`."""
    return " ".join(filter(None, (display(number), name_of(number, names, name))))
