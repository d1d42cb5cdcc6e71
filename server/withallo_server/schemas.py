"""Makes JSON Schemas shorter for the models that read them, without changing what they accept."""

from collections.abc import Mapping
from typing import Any

_SUBSCHEMAS = ("items", "additionalProperties", "not", "if", "then", "else")
_SUBSCHEMA_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_SUBSCHEMA_MAPS = ("properties", "$defs", "patternProperties")
_NULL = {"type": "null"}


def slim(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Drop titles that repeat the name, and `null` where leaving the member out says the same.

    Args:
        schema: What pydantic generated.

    Returns:
        A new schema; the one given stays as it is.
    """
    short = {key: _slim_member(key, value) for key, value in schema.items() if key != "title"}
    arms = short.get("anyOf")
    if isinstance(arms, list) and _NULL in arms and "default" in short and short["default"] is None:
        del short["default"], short["anyOf"]
        rest = [arm for arm in arms if arm != _NULL]
        short = {**rest[0], **short} if len(rest) == 1 else {**short, "anyOf": rest}
    return short


def _slim_member(key: str, value: Any) -> Any:
    if key in _SUBSCHEMAS and isinstance(value, Mapping):
        return slim(value)
    if key in _SUBSCHEMA_LISTS:
        return [slim(item) for item in value]
    if key in _SUBSCHEMA_MAPS:
        return {name: slim(item) for name, item in value.items()}
    return value
