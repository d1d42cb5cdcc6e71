"""Ids that look random, need no table, and differ by family for one and the same human (API contract 6.10)."""

from zlib import crc32

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_SPACE = 2**40
_LENGTH = 8


def token(family: str, ordinal: int) -> str:
    """Eight characters for the place of a record in its family."""
    value = (ordinal * _multiplier(family) + crc32(family.encode())) % _SPACE
    return "".join(_ALPHABET[(value >> shift) & 31] for shift in range(0, 40, 5))


def ordinal(family: str, text: str) -> int | None:
    """The place a token stands for, or nothing when no token reads so. May lie outside of the family."""
    if len(text) != _LENGTH or any(character not in _ALPHABET for character in text):
        return None
    value = sum(_ALPHABET.index(character) << (5 * place) for place, character in enumerate(text))
    return (value - crc32(family.encode())) * pow(_multiplier(family), -1, _SPACE) % _SPACE


def _multiplier(family: str) -> int:
    return crc32(f"{family}*".encode()) * 257 | 1
