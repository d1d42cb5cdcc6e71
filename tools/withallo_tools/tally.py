"""How much of a list an answer shows, so that nobody takes a page for the whole."""

from withallo_tools.answers import count


def tally(shown: int, noun: str, total: int | None, *, more: bool, later: bool) -> str:
    """`2 of 612 calls`; where nobody knows how many there are, `First 2 calls, more may follow`.

    Args:
        shown: How many are shown.
        noun: What they are.
        total: How many match in all, where that is known.
        more: Whether a cursor goes on after them.
        later: Whether others were shown before them.
    """
    if total and total > shown:
        return f"{shown} of {total:,} {noun}s"
    if more:
        return f"{'Next' if later else 'First'} {count(shown, noun)}, more may follow"
    return f"Last {count(shown, noun)}" if later else count(shown, noun)
