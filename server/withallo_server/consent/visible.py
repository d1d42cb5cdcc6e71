"""Text as a human has to see it before saying yes: complete, with nothing hidden in it."""

import unicodedata

_JOINER = "\N{ZERO WIDTH JOINER}"
_STYLES = {"\N{VARIATION SELECTOR-15}", "\N{VARIATION SELECTOR-16}"}
_BLANK = set("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")


def visible(text: str) -> str:
    """The same text with every character that would not show, or would reorder others, written as `⟨U+202E⟩`."""
    shown = []
    for position, character in enumerate(text):
        before = text[position - 1] if position else ""
        shown.append(f"⟨U+{ord(character):04X}⟩" if _hides(character, before) else character)
    return "".join(shown)


def one_line(text: str) -> str:
    """The same for a label or name, which has no business having line breaks."""
    return visible(" ".join(text.split()))


def _hides(character: str, before: str) -> bool:
    if character == "\n" or (character.isascii() and character.isprintable()):
        return False
    if character == _JOINER or character in _STYLES:
        return not _is_symbol(before)
    category = unicodedata.category(character)
    return category in {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"} or character in _BLANK


def _is_symbol(character: str) -> bool:
    return bool(character) and (
        unicodedata.category(character) in {"So", "Sk"} or character in _STYLES or character in "0123456789#*"
    )
