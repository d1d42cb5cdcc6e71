"""Who may be texted from where: checked before any request (API contract 8)."""

from collections.abc import Sequence
from dataclasses import dataclass

from mcp.server.mcpserver.exceptions import ToolError

from withallo_client import ForbiddenError, NotFoundError, Number
from withallo_tools.answers import refusal
from withallo_tools.lines import line_label, read_number
from withallo_tools.outsiders import clean
from withallo_tools.phone import Phone, display, looks_like_number, normal, parse_phone
from withallo_tools.resolve import Party, UncertainError, find_exact, sharing
from withallo_tools.services import Person, Progress, Services
from withallo_tools.talk_search import conversation_with

_UNTEXTABLE = {
    "landline": "a landline, which receives no texts",
    "toll-free": "a toll-free number, which receives no texts",
    "short": "a short number; only full numbers of people can be texted",
}


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets a text: the person as far as known, and the one number.

    Attributes:
        by_number: Whether the number is what was asked for.
        shared: Everybody who has this number, where others do.
    """

    party: Party
    phone: Phone
    by_number: bool = False
    shared: str = ""

    @property
    def label(self) -> str:
        """Name and number, cleaned."""
        return " ".join(filter(None, (clean(self.party.name, 60), self.phone.e164)))

    @property
    def needs_sender_id(self) -> bool:
        """French mobiles take business texts from a sender ID only."""
        return self.phone.country == "FR" and self.phone.kind == "mobile"


async def find_recipient(reach: Services, to: str, progress: Progress | None = None) -> Recipient:
    """The one number a text goes to; `progress` is told of a first fill that is waited for.

    Raises:
        UncertainError: It is not certain who is meant, or which number.
        ToolError: The number cannot be texted.
    """
    if looks_like_number(to):
        phone = await read_number(reach, to)
        _refuse_untextable(phone)
        return Recipient(await find_exact(reach, to), phone, by_number=True)
    party = await find_exact(reach, to, progress)
    phones = _phones(party.numbers, reach.region)
    textable = [phone for phone in phones if phone.kind not in _UNTEXTABLE]
    if len(textable) == 1:
        return Recipient(party, textable[0], shared=clean(await sharing(reach, [textable[0].e164]), 120))
    if len(phones) == 1:
        _refuse_untextable(phones[0])
    rows = [f"{clean(party.name, 60)} | {display(number)}" for number in party.numbers]
    if textable:
        listed = refusal("to: this person has several numbers. Ask which one, then pass that number.", rows)
        raise UncertainError(str(listed), [Person(party.contact_id, party.name, None, party.numbers, ())])
    raise refusal("to: this person has no number that can be texted.", rows)


async def is_still_theirs(reach: Services, recipient: Recipient) -> bool:
    """Whether somebody who was meant by name still has that name and number, a human having thought meanwhile."""
    if recipient.by_number or not recipient.party.contact_id:
        return True
    try:
        party = await find_exact(reach, recipient.party.contact_id)
    except ToolError:
        return False
    return party.name == recipient.party.name and recipient.phone.e164 in party.numbers


def possible_recipients(reach: Services, people: Sequence[Person]) -> dict[str, Recipient]:
    """Every number of these people that can be texted, by what tells it from the others: name, company, number."""
    return {
        ", ".join(filter(None, (clean(person.name, 60), clean(person.company or "", 40), phone.e164))): Recipient(
            Party(person.contact_id, person.name, person.numbers), phone
        )
        for person in people
        for phone in _phones(person.numbers, reach.region)
        if phone.kind not in _UNTEXTABLE
    }


async def find_sender(reach: Services, recipient: Recipient, wanted: str) -> Number:
    """The line or sender ID a text leaves from.

    Args:
        reach: For the account's numbers.
        recipient: Decides whether a line or a sender ID is needed, and which country.
        wanted: What the caller named; nothing leaves the choice to the account.

    Raises:
        ToolError: What was named cannot text this recipient, or nothing can.
    """
    try:
        own = await reach.numbers()
    except ForbiddenError:
        return await _unchecked(reach, recipient, wanted)
    fitting = [number for number in own if _fits(number, recipient, reach.region)]
    if wanted.strip():
        named = [number for number in own if _is_named(number, wanted, reach.region)]
        for number in named:
            if number in fitting:
                return number
        problem = "cannot text this recipient" if named else "is no line or sender ID of yours"
        raise ToolError(f"sender: '{clean(wanted, 60)}' {problem}. {_rule(recipient)} {_offer(fitting)}")
    if not fitting:
        raise ToolError(f"No line of yours can text {recipient.phone.e164}. {_rule(recipient)} {_offer(fitting)}")
    return fitting[0] if len(fitting) == 1 else await _usual(reach, recipient, fitting)


def _phones(numbers: Sequence[str], region: str) -> list[Phone]:
    phones = []
    for number in numbers:
        try:
            phones.append(parse_phone(number, region))
        except ToolError:
            continue
    return list({phone.e164: phone for phone in phones}.values())


def _refuse_untextable(phone: Phone) -> None:
    if reason := _UNTEXTABLE.get(phone.kind):
        raise ToolError(f"Not sent: {phone.e164} is {reason}.")


def _fits(number: Number, recipient: Recipient, region: str) -> bool:
    if number.is_sender_id or recipient.needs_sender_id:
        return number.is_sender_id and recipient.needs_sender_id and bool(number.name)
    can_text = not number.capabilities or "SMS" in number.capabilities
    return can_text and bool(number.number) and _country(number, region) == recipient.phone.country


def _country(number: Number, region: str) -> str:
    """The country of a line: what its number says, for Canada and the United States share a prefix."""
    try:
        return parse_phone(number.number or "", region).country
    except ToolError:
        return number.country or ""


def _is_named(number: Number, wanted: str, region: str) -> bool:
    if number.number and looks_like_number(wanted):
        return normal(number.number, region) == normal(wanted, region)
    return (number.name or "").casefold() == wanted.strip().casefold()


async def _usual(reach: Services, recipient: Recipient, fitting: Sequence[Number]) -> Number:
    """The line this person knows from the last call or text, else the first."""
    try:
        latest = await conversation_with(reach, recipient.party, 1)
    except (ForbiddenError, NotFoundError):
        return fitting[0]
    known = [talk.line for talk in latest.rows]
    return next((number for number in fitting if number.number in known), fitting[0])


async def _unchecked(reach: Services, recipient: Recipient, wanted: str) -> Number:
    """The sender of a key that may send but not see its lines: Allo checks it."""
    if not wanted.strip():
        raise ToolError(
            "sender: this key cannot list your lines (scope PHONE_NUMBERS_READ or CONVERSATIONS_READ), so say which: "
            + ("a sender ID, since it is a French mobile." if recipient.needs_sender_id else "the line's number.")
        )
    if recipient.needs_sender_id:
        return Number(name=wanted.strip(), type="SENDER_ID")
    line = await read_number(reach, wanted)
    if line.country != recipient.phone.country:
        raise ToolError(f"sender: {line.e164} cannot text this recipient. {_rule(recipient)}")
    return Number(number=line.e164, type="NUMBER")


def _rule(recipient: Recipient) -> str:
    if recipient.needs_sender_id:
        return "French mobiles (+33 6, +33 7) take texts from a verified sender ID only."
    return (
        f"Texts stay within one country: a line in {recipient.phone.country or 'that country'} that can text is needed."
    )


def _offer(fitting: Sequence[Number]) -> str:
    return f"Possible: {', '.join(map(line_label, fitting))}." if fitting else "You have none; list_numbers shows all."
