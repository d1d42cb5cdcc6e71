"""JSON from outside: hostile until read."""

import json
import re
from contextlib import suppress
from math import isfinite
from typing import Any

from pydantic_core import from_json

# The quick reader takes 1e999 for a number.
_HUGE = re.compile(rb"\d[eE]\+?\d{3}")


def read_json(raw: bytes | str) -> Any:
    """Read JSON of any shape.

    Raises:
        ValueError: It is not JSON; nesting too deep and numbers too long included.
    """
    if _HUGE.search(raw if isinstance(raw, bytes) else raw.encode(errors="replace")) is None:
        with suppress(ValueError):
            return from_json(raw, allow_inf_nan=False)
    with suppress(ValueError, RecursionError):
        return _read_with_care(raw)
    # Raised out here: the reader's own error holds the whole text.
    raise ValueError("it is not JSON")


def _read_with_care(raw: bytes | str) -> Any:
    """Refuse infinite numbers, and mend halves of surrogate pairs, which could not be written down again."""
    return _mended(json.loads(raw, parse_constant=_refuse))


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, float) and not isfinite(value):
        raise ValueError("a number is too large")
    if isinstance(value, list):
        return [_mended(one) for one in value]
    if isinstance(value, dict):
        return {_mended(name): _mended(one) for name, one in value.items()}
    return value
