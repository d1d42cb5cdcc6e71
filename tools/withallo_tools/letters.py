"""Letters as they are compared: without what people leave out when they type."""

import unicodedata

_ACCENTED = (range(0x250), range(0x370, 0x400), range(0x1E00, 0x2000))


def without_accents(text: str) -> str:
    """The letters alone: `é` becomes `e`, `ﬁ` becomes `fi`. Marks of other scripts are letters: `が` is not `か`."""
    if text.isascii():
        return text
    kept, base = [], "a"
    for letter in unicodedata.normalize("NFKD", text):
        is_mark = unicodedata.combining(letter) > 0
        base = base if is_mark else letter
        if not is_mark or not any(ord(base) in script for script in _ACCENTED):
            kept.append(letter)
    return unicodedata.normalize("NFC", "".join(kept))
