"""Names beside numbers."""

from collections.abc import Iterable, Mapping

from withallo_tools.outsiders import clean
from withallo_tools.phone import display, normal
from withallo_tools.services import Services


async def names_for(services: Services, numbers: Iterable[str | None]) -> dict[str, str]:
    """The known names of these numbers, by the number as it was written; cleaned."""
    written = {number for number in numbers if number}
    if not written:
        return {}
    keys = {number: normal(number, services.region) for number in written}
    names = await services.people.names(set(keys.values()))
    return {number: clean(names[key], 60) for number, key in keys.items() if names.get(key)}


def beside(number: str | None, names: Mapping[str, str], name: str = "") -> str:
    """A number with its name: `+33612345678 Marie Dupont`."""
    return " ".join(filter(None, (display(number), clean(name, 60) or names.get(number or "", ""))))
