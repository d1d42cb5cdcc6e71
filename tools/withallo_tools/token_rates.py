"""What writing costs a model, measured with the tokenizer o200k_base on prose and on random signs.

A tokenizer learnt whole pieces of common words; the more a text looks like chance, the more it costs: codes, digits
read one by one, signs of rare scripts. So letters that are rare in words begin a piece of their own here, and what
goes on for longer than words do is taken for chance.
"""

import re
from bisect import bisect_right

PIECE = re.compile(
    r"""
    (?=[\x00-\x7fÀ-ÿ])(?:
        (?<=[A-Za-z]{16})[A-Za-z][acdeilmnorstu]?
      | [ ']?[A-Z][ACDEILMNORSTU]{1,2}(?![a-z])
      | (?:[ '][A-Za-z]h?[acdeilmnorstu]{0,5}|[A-Za-z]h?[acdeilmnorstu]{0,4})(?:[ghy](?![a-z]))?
      | [À-ÿ][acdeilmnorstu]{0,2}
      | [0-9]{1,3}
      | [ ]?(?:","|":"|":|",|\{"|"\}|\},?|\[")
      | [ ]?([!-/:-@\[-`{-~])\1{0,15}
      | \s{1,2}(?!\S) | \s(?![^\x00-\x7f]) | [ ](?=[À-ÿ]) | [\x00-\x1f\x7f]
    )
    """,
    re.VERBOSE,
)
"""Each match is about one token; signs beyond Western European writing have their rates instead."""

BEYOND = re.compile(r" ?[^\x00-\x7fÀ-ÿ]")
"""A sign that has a rate, with the space before it."""

_SPACE, _SPACE_IN_RARE, _RARE = 0.5, 1.0, 2.0
_COMMON = {
    "аеиоунтрслвкмдпя": 0.5,
    "αοιετσνυρηκπλμς": 0.5,
    "ايلمونترهبدعسف": 0.55,
    "ěğıłńňőœřśşšťůűźżžơư": 1.0,
}
"""Tokens for each letter that makes up most words of its script."""

_BLOCKS = (
    *((0x80, 1.0), (0x11A, 1.6), (0x180, 2.0)),  # Latin
    *((0x386, 1.15), (0x3CF, 2.0), (0x410, 1.0), (0x458, 2.0)),  # Greek, Cyrillic
    *((0x561, 0.75), (0x588, 2.0), (0x5D0, 0.72), (0x5EB, 2.0)),  # Armenian, Hebrew
    *((0x621, 1.2), (0x64B, 1.5), (0x700, 2.0), (0x800, 3.0)),  # Arabic, Syriac
    *((0x900, 1.1), (0xB00, 1.5), (0xB80, 1.1), (0xC00, 1.2), (0xD80, 1.4)),  # India, Sri Lanka
    *((0xE00, 1.05), (0xE4F, 2.0), (0x1000, 1.25), (0x1050, 2.0)),  # Thai, Lao, Tibetan, Burmese
    *((0x10D0, 0.9), (0x10F1, 2.0), (0x1100, 3.0), (0x1200, 2.0), (0x1380, 3.0)),  # Georgian, Ethiopic
    *((0x1780, 1.4), (0x1800, 3.0), (0x1E00, 2.0), (0x1EA0, 1.15), (0x1EFA, 2.0)),  # Khmer, Vietnamese
    *((0x1F80, 3.0), (0x1FC0, 2.0), (0x2010, 1.0), (0x2027, 2.0)),  # quotation marks and dashes
    *((0x2340, 3.0), (0x2440, 2.0), (0x26C0, 3.0), (0x2700, 2.0), (0x27C0, 3.0)),  # symbols
    *((0x3000, 1.4), (0x3041, 1.2), (0x3100, 2.0), (0x3180, 3.0)),  # Kana
    *((0x4E00, 1.9), (0xA000, 3.0), (0xAC00, 2.2), (0xD7A4, 3.0)),  # Chinese, Korean
    *((0xFE00, 2.0), (0xFE70, 3.0), (0xFF01, 1.4), (0xFF5F, 1.9), (0xFFA0, 3.0)),  # full width
    *((0x10000, 4.0), (0x1F000, 3.0), (0x1FB00, 4.0)),  # emoji
)
"""First sign of a block, tokens for each of its signs."""

_FIRST_SIGNS = [first for first, _ in _BLOCKS]


class _Rates(dict[str, float]):
    """Tokens for each match of `BEYOND`, found once for each sign."""

    def __missing__(self, sign: str) -> float:
        if len(sign) > 1:
            rate = self[sign[-1]]
            rate += _SPACE if rate < _RARE else _SPACE_IN_RARE
        else:
            rate = _BLOCKS[bisect_right(_FIRST_SIGNS, ord(sign)) - 1][1]
        self[sign] = rate
        return rate


RATES = _Rates({letter: rate for letters, rate in _COMMON.items() for letter in letters})
