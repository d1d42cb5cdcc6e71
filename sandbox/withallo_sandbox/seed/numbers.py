"""Phone numbers of invented people: valid to phonenumbers, in blocks that are reserved, unassigned or plainly made up.

Who owns a number follows by arithmetic, so that 100,000 people need no index.
"""

_AREA_CODES = "212 617 312 415 646 718 202 206 213 214 215 301 303 305 404 503 512 602 702 919"
AREAS = tuple(_AREA_CODES.split())
CAPACITY = 100_000
_FIRST_LINE = 120


def main_number(ordinal: int) -> str:
    """The first number of the contact in this place; even places are French, odd ones American."""
    place = ordinal // 2
    if ordinal % 2:
        return f"+1{AREAS[place % 20]}555{_FIRST_LINE + place // 20:04d}"
    if place % 6 == 5 and place // 6 < 9000:
        return f"+3319900{1000 + place // 6:04d}"
    return f"+336000{200 + place:05d}"


def second_number(ordinal: int) -> str | None:
    """A second number, which one contact in twelve has."""
    place = ordinal // 2
    if place % 12 != 4:
        return None
    if ordinal % 2:
        return f"+1{AREAS[place % 20]}555{9900 - place // 20:04d}"
    return f"+3346571{1000 + place // 12:04d}"


def possible_owners(number: str) -> tuple[int, ...]:
    """Places whose contact may have been made with this number."""
    places = [ordinal for ordinal in _candidates(number) if 0 <= ordinal < CAPACITY]
    return tuple(o for o in places if number in (main_number(o), second_number(o)))


def _candidates(number: str) -> tuple[int, ...]:
    tail = number[-5:]
    if not number.startswith("+") or not tail.isascii() or not tail.isdigit():
        return ()
    line = int(tail[-4:])
    if number.startswith("+336000") and len(number) == 12:
        return ((int(tail) - 200) * 2,)
    if number.startswith("+3319900") and len(number) == 12:
        return (((line - 1000) * 6 + 5) * 2,)
    if number.startswith("+3346571") and len(number) == 12:
        return (((line - 1000) * 12 + 4) * 2,)
    if number.startswith("+1") and number[5:8] == "555" and number[2:5] in AREAS and len(number) == 12:
        area = AREAS.index(number[2:5])
        return tuple((row * 20 + area) * 2 + 1 for row in (line - _FIRST_LINE, 9900 - line))
    return ()
