"""Phone numbers: read as people write them, kept as E.164, shown even when odd."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mcp.server.mcpserver.exceptions import ToolError

from withallo_tools.outsiders import clean

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

Kind = Literal["mobile", "landline", "mobile or landline", "premium", "toll-free", "short", "other"]

_WRITTEN = re.compile(r"[+(\d][\d\s().\-/\u00a0\u2010-\u2013]*(?:(?:ext|x)\.?\s?\d{1,6})?")
_E164 = re.compile(r"\+[1-9]\d{5,14}")
_US_TERRITORIES = {"PR", "GU", "VI", "AS", "MP"}


@dataclass(frozen=True, slots=True)
class Phone:
    """A number that was understood.

    Attributes:
        e164: For example `+33612345678`; a short number stays as written.
        country: ISO 3166-1 alpha-2, empty where it cannot be told.
        kind: What answers there, as far as the numbering plan says.
    """

    e164: str
    country: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class NumberPart:
    """Digits of a number, such as its end.

    Attributes:
        inside: What the digits of the number hold.
        beginning: How they may begin instead: `01 99` is how the French write the beginning of +33199.
    """

    inside: str
    beginning: str

    @classmethod
    def read(cls, text: str, region: str) -> "NumberPart":
        """What somebody in this country writes."""
        import phonenumbers

        digits = re.sub(r"\D", "", text)
        country = phonenumbers.country_code_for_region(region)
        if digits.startswith("00"):
            return cls(digits, digits[2:])
        return cls(digits, f"{country}{digits[1:]}" if digits.startswith("0") and country else digits)

    def is_in(self, number: str | None) -> bool:
        """Whether a number holds this part."""
        digits = re.sub(r"\D", "", number or "")
        return self.inside in digits or digits.startswith(self.beginning)


def looks_like_number(text: str) -> bool:
    """Whether somebody who writes this means a phone number rather than a name."""
    return bool(_WRITTEN.fullmatch(text.strip())) and sum(character.isdigit() for character in text) >= 3


def parse_phone(text: str, region: str) -> Phone:
    """Read a number in any usual spelling.

    Args:
        text: For example `06 12 34 56 78`, `(415) 555-0100` or `+33 6 12 34 56 78`.
        region: ISO country that a number without a country code belongs to.

    Raises:
        ToolError: It cannot be read; the error says what it was read as.
    """
    import phonenumbers

    written = text.strip()
    international = written.startswith(("+", "00"))
    try:
        number = phonenumbers.parse("+" + written[2:] if written.startswith("00") else written, region)
    except phonenumbers.NumberParseException as error:
        raise _unreadable(text, "no phone number", region) from error
    country = _country(number)
    if not international and phonenumbers.is_valid_short_number(number):
        return Phone(re.sub(r"\D", "", written), region, "short")
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if not phonenumbers.is_possible_number(number) or not (
        phonenumbers.is_valid_number(number) or _may_be_fictional(number, international=international)
    ):
        raise _unreadable(text, f"{e164} ({country or 'unknown country'}), which is not a possible number", region)
    return Phone(e164, country, _kind(number))


def normal(number: str, region: str) -> str:
    """A key to compare numbers by: E.164 where it can be read, else what was given."""
    if _E164.fullmatch(number):
        return number
    try:
        return parse_phone(number, region).e164
    except ToolError:
        return number


def country_of(number: str) -> str:
    """The ISO country of a number with its country code, empty where it cannot be told."""
    try:
        return parse_phone(number, "ZZ").country
    except ToolError:
        return ""


def display(number: str | None) -> str:
    """A number as an answer shows it; odd ones, and words such as `anonymous`, are shown as outsiders' words."""
    if not number:
        return "unknown number"
    return number if _E164.fullmatch(number) else clean(number, 30)


def _country(number: "PhoneNumber") -> str:
    import phonenumbers

    found = phonenumbers.region_code_for_number(number)
    if found is None:
        regions = phonenumbers.region_codes_for_country_code(number.country_code or 0)
        found = regions[0] if regions and regions[0] != "001" else ""
    return "US" if found in _US_TERRITORIES else found


def _kind(number: "PhoneNumber") -> Kind:
    import phonenumbers

    types = phonenumbers.PhoneNumberType
    kinds: dict[int, Kind] = {
        types.MOBILE: "mobile",
        types.FIXED_LINE: "landline",
        types.FIXED_LINE_OR_MOBILE: "mobile or landline",
        types.PREMIUM_RATE: "premium",
        types.SHARED_COST: "premium",
        types.TOLL_FREE: "toll-free",
    }
    if _is_french_mobile(number):
        return "mobile"
    return kinds.get(phonenumbers.number_type(number), "other")


def _is_french_mobile(number: "PhoneNumber") -> bool:
    return number.country_code == 33 and str(number.national_number)[0] in "67"


def _may_be_fictional(number: "PhoneNumber", *, international: bool) -> bool:
    """Ranges reserved for films and demonstrations are in no numbering plan, yet people try things with them."""
    return _is_french_mobile(number) or (international and number.country_code != 1)


def _unreadable(text: str, read_as: str, region: str) -> ToolError:
    return ToolError(
        f"'{clean(text, 40)}' was read as {read_as}. Write the number with its country code, for example "
        f"+33612345678; without one it is taken as a number of {region}."
    )
