"""Which recipients a list of the operator means."""

from collections.abc import Awaitable, Callable, Sequence

from withallo_server.guardrails.settings import CONTACTS

IsContact = Callable[[str], Awaitable[bool]]


async def covers(patterns: Sequence[str], number: str, is_contact: IsContact) -> bool:
    """Whether a number is in a list of numbers, prefixes and the word `contacts`."""
    if any(_matches(pattern, number) for pattern in patterns):
        return True
    return CONTACTS in patterns and await is_contact(number)


def _matches(pattern: str, number: str) -> bool:
    return number.startswith(pattern[:-1]) if pattern.endswith("*") else number == pattern
