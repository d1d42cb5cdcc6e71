"""How many segments a text takes: 160 or 153 characters each in GSM-7, 70 or 67 in UCS-2 (API contract 8)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")


@dataclass(frozen=True, slots=True)
class Segments:
    """What a text costs to send.

    Attributes:
        count: Segments a carrier will send and bill.
        encoding: `GSM-7`, or `UCS-2` once a single character is not in GSM-7.
    """

    count: int
    encoding: Literal["GSM-7", "UCS-2"]

    def __str__(self) -> str:
        return f"{self.count} segment{'s' if self.count != 1 else ''}, {self.encoding}"


def count_segments(text: str) -> Segments:
    """Count the segments of a text; GSM-7 extension characters and those beyond 16 bits count two, never apart."""
    if all(character in _BASIC or character in _EXTENSION for character in text):
        return Segments(_split([1 + (character in _EXTENSION) for character in text], 160, 153), "GSM-7")
    return Segments(_split([1 + (ord(character) > 0xFFFF) for character in text], 70, 67), "UCS-2")


def _split(sizes: Sequence[int], single: int, multi: int) -> int:
    if sum(sizes) <= single:
        return 1
    count, room = 1, multi
    for size in sizes:
        if size > room:
            count, room = count + 1, multi
        room -= size
    return count
