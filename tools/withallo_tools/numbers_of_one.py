"""Which numbers are one person's, so that what was done on one of them counts for the others."""

from collections.abc import Callable, Iterable

from withallo_tools.names import OR
from withallo_tools.phone import normal
from withallo_tools.resolve import Party
from withallo_tools.services import Services


async def one_key_per_person(
    reach: Services, numbers: Iterable[str | None], party: Party | None
) -> Callable[[str], str]:
    """Gives every number a key, the same for all that belong to one person alone; nothing is asked of Allo.

    Args:
        reach: For the directory.
        numbers: All that will be asked about.
        party: Whose numbers they are, where that is known.
    """
    keys = {number: normal(number, reach.region) for number in numbers if number}
    names = await reach.people.names({*keys.values(), *(party.numbers if party else ())})
    if party:
        alone = [number for number in party.numbers if OR not in names.get(number, "")]
        owners = dict.fromkeys(alone, party.contact_id)
    else:
        owners = await _owners(reach, names)
    return lambda number: owners.get(key := keys[number], key)


async def _owners(reach: Services, names: dict[str, str]) -> dict[str, str]:
    """The only owner of each number; looked up where several numbers go by one name, for the others stand alone."""
    named: dict[str, list[str]] = {}
    for number, name in names.items():
        named.setdefault(name, []).append(number)
    owners: dict[str, str] = {}
    for number in (number for numbers in named.values() if len(numbers) > 1 for number in numbers):
        people = (await reach.people.resolve(number)).candidates
        having = [one for one in people if number in {normal(other, reach.region) for other in one.numbers}]
        if len(having) == 1:
            owners[number] = having[0].contact_id
    return owners
