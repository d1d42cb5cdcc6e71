"""The data an account begins with, grown from a seed."""

from random import Random


def dice(*parts: object) -> Random:
    """Randomness that is the same for the same words, on every machine and in every run."""
    return Random(":".join(map(str, parts)))  # noqa: S311  # invented people, not secrets
