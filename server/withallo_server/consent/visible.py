"""Text as a human has to see it before saying yes: complete, with nothing hidden in it and nothing out of its place."""

import re
import unicodedata

_JOINER = "\N{ZERO WIDTH JOINER}"
_STYLES = {"\N{VARIATION SELECTOR-15}", "\N{VARIATION SELECTOR-16}"}
_SPACES = {"\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}", "\N{IDEOGRAPHIC SPACE}"}
_BLANK = set("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
_MOST_MARKS = 3
_MARK = re.compile(r"⟨U\+([0-9A-F]{4,5}|10[0-9A-F]{4})⟩")
_LETTERS = r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]+"
_RIGHT_TO_LEFT = re.compile(rf"{_LETTERS}(?:[\s.,'-]+{_LETTERS})*")


def visible(text: str) -> str:
    """The same text with every character that would not show, or would reorder others, written as `⟨U+202E⟩`."""
    if text.isascii() and text.isprintable():
        return text
    shown, marks = [], 0
    for place, character in enumerate(text):
        marks = marks + 1 if unicodedata.category(character) in {"Mn", "Me"} else 0
        hides = marks > _MOST_MARKS or _hides(character, text[place - 1 : place], text[place + 1 : place + 2])
        shown.append(f"⟨U+{ord(character):04X}⟩" if hides else character)
    return "".join(shown)


def as_meant(edited: str, original: str) -> str:
    """What a human made of a text that was shown to them: a mark they left in it is what it stands for."""
    return _MARK.sub(lambda mark: character if (character := _marked(mark)) in original else mark[0], edited)


def one_line(text: str) -> str:
    """The same for a label or name: no line breaks, and words from right to left keep what follows in its place."""
    line = visible(" ".join(text.split()))
    return _RIGHT_TO_LEFT.sub(lambda run: f"\N{FIRST STRONG ISOLATE}{run[0]}\N{POP DIRECTIONAL ISOLATE}", line)


def _marked(mark: re.Match[str]) -> str:
    return chr(int(mark[1], 16))


def _hides(character: str, before: str, after: str) -> bool:
    if character == "\n" or (character.isascii() and character.isprintable()):
        return False
    if character in _STYLES:
        return not (_is_symbol(before) or before in set("0123456789#*"))
    if character == _JOINER:
        return not ((_is_symbol(before) or before in _STYLES) and _is_symbol(after))
    category = unicodedata.category(character)
    if category == "Zs":
        return character not in _SPACES
    is_selector = 0xFE00 <= ord(character) <= 0xFE0F or 0xE0100 <= ord(character) <= 0xE01EF
    return category in {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"} or is_selector or character in _BLANK


def _is_symbol(character: str) -> bool:
    return bool(character) and unicodedata.category(character) in {"So", "Sk"}
