"""What a person can be found by.

Each key is a letter and a text: `w` a word of the name, `c` of the company, `m` of an e-mail address, `k` initials,
`@` an e-mail address, `n` the end of a phone number from any digit on. The end of a number has the searched part at
its beginning, and a name has its word, so every search is a scan over neighbouring keys.
"""

from withallo_server.directory.words import fold, initials, joined, name_words, words
from withallo_tools.phone import normal
from withallo_tools.services import Person

SHORTEST_PART = 3
_FIELDS = "\t"


def digits_of(number: str, region: str) -> str:
    """The digits of a number with its country code, as far as it can be read."""
    return "".join(digit for digit in normal(number, region) if digit.isdecimal())[:20]


def keys_of(person: Person, region: str) -> frozenset[str]:
    """Every key that leads to this person."""
    name, company = name_words(person.name), words(person.company)
    keys = {f"w{word}" for word in (*name, *joined(name))} | {f"c{word}" for word in company}
    if len(name) > 1:
        keys.add(f"k{initials(name)}")
    for email in person.emails:
        keys.add(f"@{email.casefold()[:200]}")
        keys |= {f"m{word}" for word in words(email)}
    for number in person.numbers:
        digits = digits_of(number, region)
        keys |= {f"n{digits[at:]}" for at in range(max(1, len(digits) - SHORTEST_PART + 1))} if digits else set()
    return frozenset(keys)


def vocabulary_of(person: Person) -> frozenset[str]:
    """The words a search may begin or misspell."""
    return frozenset((*name_words(person.name), *words(person.company)))


def search_text(person: Person) -> str:
    """Name, company and e-mail words, which is what ranking looks at."""
    emails = " ".join(fold(email) for email in person.emails[:3])
    return _FIELDS.join((" ".join(name_words(person.name)), " ".join(words(person.company)), emails))


def fields_of(text: str) -> tuple[tuple[str, ...], ...]:
    """The three fields of a search text."""
    return tuple(tuple(field.split()) for field in text.split(_FIELDS))
