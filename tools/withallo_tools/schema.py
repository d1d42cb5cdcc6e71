"""Schemas without what a model does not need."""

from typing import Any

_NAMED = {"properties", "$defs"}


def slim_schema(schema: Any) -> Any:
    """Drop what costs tokens and says nothing: generated titles, empty defaults, and `null` beside one other type."""
    if isinstance(schema, list):
        return [slim_schema(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    slim: dict[str, Any] = {}
    for key, part in schema.items():
        if key in _NAMED:
            slim[key] = {name: slim_schema(member) for name, member in part.items()}
        elif not _needless(key, part):
            slim[key] = slim_schema(part)
    choices = [choice for choice in slim.get("anyOf", ()) if choice != {"type": "null"}]
    if len(choices) == 1:
        slim.pop("anyOf")
        slim = {**choices[0], **slim}
    return slim


def _needless(key: str, part: Any) -> bool:
    if key == "title":
        return isinstance(part, str)
    return key == "default" and (part is False or part in ("", None, [], ()))
