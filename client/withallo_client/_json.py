"""JSON from outside: hostile until read."""

import json
from typing import Any

from pydantic_core import from_json


def read_json(raw: bytes | str) -> Any:
    """Read JSON of any shape.

    Raises:
        ValueError: It is not JSON; nesting too deep and numbers too long included.
    """
    try:
        return from_json(raw, allow_inf_nan=False)
    except ValueError:
        return _read_with_broken_surrogates(raw)


def _read_with_broken_surrogates(raw: bytes | str) -> Any:
    try:
        return _mended(json.loads(raw, parse_constant=_refuse))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_mended(one) for one in value]
    if isinstance(value, dict):
        return {_mended(name): _mended(one) for name, one in value.items()}
    return value
