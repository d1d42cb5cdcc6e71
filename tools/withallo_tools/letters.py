"""Letters as they are compared: without what people leave out when they type."""

import unicodedata


def without_accents(text: str) -> str:
    """The letters alone: `é` becomes `e`, `ﬁ` becomes `fi`."""
    if text.isascii():
        return text
    return "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
