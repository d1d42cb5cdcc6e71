"""Whom a caller means by a name, a number, an e-mail address or an id.

Reading takes a clear best match and says whom it took. Writing takes only what cannot mean anybody else.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mcp.server.mcpserver.exceptions import ToolError

from withallo_client import ForbiddenError, NotFoundError
from withallo_tools.answers import LISTED, refusal, several
from withallo_tools.contact_card import person_of
from withallo_tools.lines import read_number
from withallo_tools.names import OR
from withallo_tools.outsiders import clean
from withallo_tools.phone import NumberPart, display, looks_like_number, normal
from withallo_tools.services import CONTACT_IDS, Person, Progress, Services
from withallo_tools.tool import ToolContext

_ID = re.compile(rf"(?:{'|'.join(CONTACT_IDS)})[\w-]+")


class UncertainError(ToolError):
    """Several people, or several numbers of one, may be meant.

    Attributes:
        people: Everybody who may be meant, best first.
    """

    def __init__(self, text: str, people: Sequence[Person]) -> None:
        super().__init__(text)
        self.people = tuple(people)


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody, as far as known: a bare number has neither id nor name.

    Attributes:
        contact_id: The v1 id where known, else that of another family, else empty.
        name: Full name; written by outsiders.
        numbers: In E.164 where they can be read, the one that was meant first.
        sharing: Everybody who has one of the numbers, where others do; written by outsiders.
    """

    contact_id: str
    name: str
    numbers: tuple[str, ...]
    sharing: str = ""

    @property
    def label(self) -> str:
        """Name and first number, and who shares a number with them; cleaned."""
        number = display(self.numbers[0]) if self.numbers else ""
        shared = f"(a number is shared: {clean(self.sharing, 90)})" if self.sharing else ""
        return " ".join(filter(None, (clean(self.name, 60), number, shared))) or clean(self.contact_id)


def first_fill(ctx: ToolContext) -> Progress:
    """Tells the client of a call how far the first fill of the directory is."""

    async def progress(done: int, total: int | None) -> None:
        await ctx.report_progress(done, total, "Reading the contacts for the first time")

    return progress


async def find_reading(services: Services, text: str) -> Party:
    """The person to read about; a clear best match will do, and so does a part of one number.

    Raises:
        ToolError: Nobody matches, or several do; the error lists them.
        NotFoundError: No contact has this id.
    """
    part = await part_of_number(services, text)
    found = None if part else await _by_number_or_id(services, text)
    if found:
        return found
    meant = await services.people.resolve(text)
    if part:
        numbers = {one for person in meant.candidates for one in _numbers(services, person) if part.is_in(one)}
        if len(numbers) == 1:
            return await _by_number(services, numbers.pop())
    if meant.best:
        return await _with_sharing(services, _party(services, meant.best))
    if part and not meant.candidates:
        await read_number(services, text)
    if not meant.candidates:
        raise _nobody(text, complete=meant.complete)
    raise await _ambiguous(services, text, meant.candidates)


async def find_talking(services: Services, text: str) -> Party:
    """The same, for what is found by number: calls, texts and events.

    Raises:
        ToolError: Also where they have no number.
    """
    party = await find_reading(services, text)
    if not party.numbers:
        raise refusal("contact: has no number, so there are no calls or texts with them.", [party.label])
    return party


async def _with_sharing(services: Services, party: Party) -> Party:
    return replace(party, sharing=await sharing(services, party.numbers))


async def sharing(services: Services, numbers: Sequence[str]) -> str:
    """Everybody who has one of these numbers, where several people do; else nothing. Written by outsiders."""
    names = await services.people.names(_normal(services, numbers))
    return next((name for name in names.values() if OR in name), "")


async def part_of_number(services: Services, text: str) -> NumberPart | None:
    """What looks like a part of a number and is none by itself; nothing for anything else."""
    if not looks_like_number(text):
        return None
    try:
        is_part = (await read_number(services, text)).kind == "short"
    except ToolError:
        is_part = True
    return NumberPart.read(text, services.region) if is_part else None


async def find_exact(services: Services, text: str, progress: Progress | None = None) -> Party:
    """The person to write to or about: only an id, a number, or an e-mail address or full name that one person has.

    A first fill of the directory that gets on is waited for, and `progress` told of it. Who was found is read once
    more at Allo, for the directory may know them as they were hours ago.

    Raises:
        ToolError: It is not certain who is meant; the error lists who could be.
        NotFoundError: No contact has this id.
    """
    found = await _exact(services, text, progress)
    read: set[str] = set()
    while not looks_like_number(text) and found.contact_id not in read and await read_again(services, found, text):
        read.add(found.contact_id)
        found = await _exact(services, text, progress)
    return found


async def read_again(services: Services, party: Party, text: str) -> bool:
    """Bring what the directory knows of one person up to date; whether anything was different.

    Raises:
        ToolError: Allo has them no more, or not with a number or the address that was asked for.
    """
    try:
        person = await _read(services, party.contact_id)
    except NotFoundError as error:
        raise ToolError(f"contact: {party.label} is no longer among Allo's contacts.") from error
    except ForbiddenError:
        return False
    if person is None:
        return False
    asked = text.strip().casefold()
    if "@" in asked and asked not in {email.casefold() for email in person.emails}:
        raise refusal("contact: by now this person has another e-mail address. Ask who is meant.", [person_row(person)])
    if party.numbers and not person.numbers:
        raise refusal("contact: by now this person has no number.", [person_row(person)])
    if person.name == party.name and set(_numbers(services, person)) == set(party.numbers):
        return False
    await services.people.remember([person], whole=True)
    return True


async def _read(services: Services, contact_id: str) -> Person | None:
    """Somebody as Allo has them now; nothing for an id that only events know."""
    if contact_id.startswith("cnt_"):
        return person_of(await services.client.contacts.get(contact_id))
    return person_of(await services.client.people.get(contact_id)) if contact_id.startswith("per") else None


async def _exact(services: Services, text: str, progress: Progress | None) -> Party:
    found = await _by_number_or_id(services, text)
    if found:
        return found
    meant = await services.people.resolve(text, certain=True, progress=progress)
    if meant.best and meant.exact:
        return _party(services, meant.best)
    if not meant.candidates:
        raise _nobody(text, complete=meant.complete)
    filling = "" if meant.complete else "not every contact was read yet, so somebody else may have that name"
    raise await _ambiguous(services, text, meant.candidates, filling)


async def _by_number_or_id(services: Services, text: str) -> Party | None:
    text = text.strip()
    if not text:
        raise ToolError("contact: say who, by name, number, e-mail or contact id.")
    if looks_like_number(text):
        return await _by_number(services, (await read_number(services, text)).e164)
    return await _by_id(services, text) if _ID.fullmatch(text) else None


async def _by_number(services: Services, e164: str) -> Party:
    people = (await services.people.resolve(e164)).candidates
    owners = [person for person in people if e164 in _numbers(services, person)]
    if len(owners) == 1:
        others = [number for number in _numbers(services, owners[0]) if number != e164]
        return Party(owners[0].contact_id, owners[0].name, (e164, *others))
    shared_by = (await services.people.names([e164])).get(e164, "")
    return Party(owners[0].contact_id if owners else "", shared_by, (e164,))


def _numbers(services: Services, person: Person) -> tuple[str, ...]:
    return _normal(services, person.numbers)


def _normal(services: Services, numbers: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(normal(number, services.region) for number in numbers))


async def _by_id(services: Services, contact_id: str) -> Party:
    meant = await services.people.resolve(contact_id)
    if meant.best:
        return _party(services, meant.best)
    person = await _read(services, contact_id)
    if person is None:
        raise ToolError(f"contact: no contact has the id {clean(contact_id, 60)}. search_contacts finds people.")
    return _party(services, person)


def _party(services: Services, person: Person) -> Party:
    return Party(person.contact_id, person.name, _numbers(services, person))


def person_row(person: Person) -> str:
    """One person on one line: name, numbers, company, e-mail, id."""
    parts = (
        clean(person.name, 60) or "no name",
        several([*map(display, person.numbers)], 3),
        clean(person.company or "", 40),
        several([clean(email, 60) for email in person.emails], 2),
        clean(person.contact_id, 40),
    )
    return " | ".join(filter(None, parts))


def _nobody(text: str, *, complete: bool) -> ToolError:
    filling = "" if complete else " Not every contact was read yet: try again shortly, or pass the number."
    return ToolError(f"contact: nobody matches '{clean(text, 60)}'.{filling} search_contacts finds people.")


async def _ambiguous(services: Services, text: str, people: Sequence[Person], why: str = "") -> UncertainError:
    reason = why or ("several people match" if len(people) > 1 else "only this person comes close")
    many = len(people) > LISTED
    listed = refusal(
        f"contact: '{clean(text, 60)}' is not certain: {reason}. Ask which one is meant, then pass the number or id.",
        [person_row(person) for person in people],
        "search_contacts lists them." if many else "",
        total=(await services.people.search(text, limit=1)).total if many else 0,
    )
    return UncertainError(str(listed), people)
