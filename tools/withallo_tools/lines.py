"""The account's own lines and sender IDs."""

from collections.abc import Sequence
from contextlib import suppress

from mcp.server.mcpserver.exceptions import ToolError

from withallo_client import Number, WithalloError
from withallo_tools.outsiders import clean
from withallo_tools.phone import Phone, looks_like_number, normal, parse_phone
from withallo_tools.services import Services


async def own_lines(services: Services) -> list[Number]:
    """The lines that have a number, in the account's order."""
    return [number for number in await services.numbers() if number.number and not number.is_sender_id]


async def read_number(services: Services, text: str) -> Phone:
    """Read a number as one of the account's region, else of another country where it has a line.

    Raises:
        ToolError: It is a number of none of them; the error says what it was read as.
    """
    try:
        return parse_phone(text, services.region)
    except ToolError:
        for country in await _countries(services):
            with suppress(ToolError):
                return parse_phone(text, country)
        raise


async def find_line(services: Services, text: str) -> Number | None:
    """The line somebody means by a number or a name; None when nothing was said.

    Raises:
        ToolError: No line, or several, answer to it; the error lists the lines there are.
    """
    if not text.strip():
        return None
    lines = await own_lines(services)
    if looks_like_number(text):
        wanted = normal(text, services.region)
        found = [line for line in lines if line.number and normal(line.number, services.region) == wanted]
    else:
        found = [line for line in lines if (line.name or "").casefold() == text.strip().casefold()]
        found = found or [line for line in lines if text.strip().casefold() in (line.name or "").casefold()]
    if len(found) == 1:
        return found[0]
    problem = "several lines match" if found else "no line of yours is"
    raise ToolError(f"line: {problem} '{clean(text, 60)}'. Yours: {', '.join(map(line_label, lines)) or 'none'}.")


async def _countries(services: Services) -> list[str]:
    """Countries of the account's lines besides its region."""
    try:
        numbers = await services.numbers()
    except WithalloError:
        return []
    found = dict.fromkeys(number.country.upper() for number in numbers if number.country)
    return [country for country in found if country != services.region]


def line_label(line: Number) -> str:
    """A line or sender ID as answers show it: `Paris +33123456789`."""
    return " ".join(filter(None, (clean(line.name or "", 40), line.number)))


async def known_line_names(services: Services) -> dict[str, str]:
    """How rows name each line; nothing where there is one line only, or the key may not see them."""
    try:
        lines = await own_lines(services)
    except WithalloError:
        return {}
    return line_names(lines) if len(lines) > 1 else {}


def line_names(lines: Sequence[Number]) -> dict[str, str]:
    """How rows name each line: shortly, by its name where it has one of its own."""
    names = [clean(line.name or "", 20) for line in lines]
    return {
        line.number: name if name and names.count(name) == 1 else line.number
        for line, name in zip(lines, names, strict=True)
        if line.number
    }
