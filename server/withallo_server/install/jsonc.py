"""Changes one member of a JSON file as a careful person would: comments, order and layout of the rest stay."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

_TRIVIA = re.compile(r"(?:[ \t\r\n\ufeff]+|//[^\r\n]*|/\*.*?\*/)*", re.DOTALL)
_REST_OF_LINE = re.compile(r"(?:[ \t]|/\*[^\r\n]*?\*/)*(?://[^\r\n]*)?(?=\r?\n)")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_SCALAR = re.compile(r"[^\s,\]}/]+")
_DEEPEST = 200


class BrokenJsonError(ValueError):
    """The text is not JSON, even with comments and trailing commas allowed; says where."""


@dataclass(slots=True)
class _Member:
    key: str
    start: int
    value: "_Node"


@dataclass(slots=True)
class _Node:
    start: int
    end: int
    value: Any
    members: list[_Member] = field(default_factory=list)
    comma_after_last: int | None = None

    def member(self, key: str) -> _Member | None:
        """The member that counts: of repeated keys the last one, as every reader of JSON takes it."""
        return next((member for member in reversed(self.members) if member.key == key), None)


def loads(text: str) -> Any:
    """Read JSON with comments and trailing commas; an empty text is an empty object.

    Raises:
        BrokenJsonError: It cannot be read.
    """
    return _parse(text).value


def set_member(text: str, path: Sequence[str], value: Any) -> str:
    """Put `value` at `path`, making the objects on the way, and leave every other byte as it is.

    Raises:
        BrokenJsonError: The text cannot be read, or something on the way is not an object.
    """
    root = _parse(text)
    if not text.strip("\ufeff \t\r\n"):
        return json.dumps(_nest(path, value), indent=2, ensure_ascii=False) + "\n"
    node = root
    for depth, key in enumerate(path):
        if not isinstance(node.value, dict):
            raise BrokenJsonError(f"{'.'.join(path[:depth]) or 'the file'} is not an object")
        member = node.member(key)
        if member is None:
            return _insert(text, node, key, _nest(path[depth + 1 :], value))
        node = member.value
    indent = _indent_at(text, node.start)
    return text[: node.start] + _dump(text, value, indent) + text[node.end :]


def remove_member(text: str, path: Sequence[str]) -> str:
    """Take out the member at `path`; a text without it comes back unchanged.

    Raises:
        BrokenJsonError: The text cannot be read.
    """
    node = _parse(text)
    for key in path[:-1]:
        member = node.member(key)
        if member is None:
            return text
        node = member.value
    member = node.member(path[-1])
    return text if member is None else _cut(text, node, member)


def _nest(path: Sequence[str], value: Any) -> Any:
    for key in reversed(path):
        value = {key: value}
    return value


def _insert(text: str, node: _Node, key: str, value: Any) -> str:
    newline = _newline(text)
    if not node.members:
        indent = _indent_at(text, node.start) + _unit(text)
        line = f"{newline}{indent}{json.dumps(key, ensure_ascii=False)}: {_dump(text, value, indent)}"
        rest = text[node.start + 1 :]
        closing = "" if re.match(r"[ \t]*\r?\n", rest) else newline + _indent_at(text, node.start)
        return text[: node.start + 1] + line + closing + (rest.lstrip(" \t") if closing else rest)
    last = node.members[-1]
    indent = _member_indent(text, last.start)
    line = f"{newline}{indent}{json.dumps(key, ensure_ascii=False)}: {_dump(text, value, indent)}"
    if node.comma_after_last is not None:
        head, tail, line = text[: node.comma_after_last + 1], text[node.comma_after_last + 1 :], line + ","
    else:
        head, tail = text[: last.value.end] + ",", text[last.value.end :]
    comment = _REST_OF_LINE.match(tail)
    place = comment.end() if comment else 0
    return head + tail[:place] + line + tail[place:]


def _cut(text: str, node: _Node, member: _Member) -> str:
    start, end = member.start, member.value.end
    after = _TRIVIA.match(text, end)
    if after is not None and text[after.end() : after.end() + 1] == ",":
        end = after.end() + 1
    elif (index := node.members.index(member)) > 0:
        previous = node.members[index - 1].value.end
        comma = text.index(",", _skip(text, previous))
        text = text[:comma] + text[comma + 1 :]
        start, end = start - 1, end - 1
    line_start = text.rfind("\n", 0, start) + 1
    if not text[line_start:start].strip():
        rest = re.compile(r"[ \t]*\r?\n").match(text, end)
        if rest:
            return text[:line_start] + text[rest.end() :]
    return text[:start] + text[end:].lstrip(" \t")


def _dump(text: str, value: Any, indent: str) -> str:
    lines = json.dumps(value, indent=_unit(text), ensure_ascii=False).splitlines()
    return (_newline(text) + indent).join(lines)


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _unit(text: str) -> str:
    found = re.search(r"\n([ \t]+)\S", text)
    return found.group(1) if found else "  "


def _indent_at(text: str, position: int) -> str:
    line = text[text.rfind("\n", 0, position) + 1 : position]
    return line[: len(line) - len(line.lstrip(" \t\ufeff"))].lstrip("\ufeff")


def _member_indent(text: str, position: int) -> str:
    indent = _indent_at(text, position)
    starts_its_line = text[:position].rstrip(" \t").endswith("\n")
    return indent if starts_its_line else indent + _unit(text)


def _skip(text: str, position: int) -> int:
    found = _TRIVIA.match(text, position)
    return found.end() if found else position


def _parse(text: str) -> _Node:
    start = _skip(text, 0)
    if start == len(text):
        return _Node(start, start, {})
    root = _value(text, start, 0)
    end = _skip(text, root.end)
    if end != len(text):
        raise _broken(text, end, "something follows the end")
    return root


def _value(text: str, position: int, depth: int) -> _Node:
    if depth > _DEEPEST:
        raise _broken(text, position, "nested too deeply")
    match text[position : position + 1]:
        case "{":
            return _object(text, position, depth)
        case "[":
            return _array(text, position, depth)
        case '"':
            value, end = _string(text, position)
            return _Node(position, end, value)
    found = _SCALAR.match(text, position)
    try:
        return _Node(position, found.end() if found else position, json.loads(found.group() if found else ""))
    except ValueError:
        raise _broken(text, position, "a value is expected") from None


def _string(text: str, position: int) -> tuple[str, int]:
    found = _STRING.match(text, position)
    try:
        return json.loads(found.group() if found else ""), found.end() if found else position
    except ValueError:
        raise _broken(text, position, "a string cannot be read") from None


def _object(text: str, start: int, depth: int) -> _Node:
    node = _Node(start, start, {})
    position = _skip(text, start + 1)
    while text[position : position + 1] != "}":
        if text[position : position + 1] != '"':
            raise _broken(text, position, 'a name in "quotes" or } is expected')
        key, end = _string(text, position)
        colon = _skip(text, end)
        if text[colon : colon + 1] != ":":
            raise _broken(text, colon, "a colon is expected")
        value = _value(text, _skip(text, colon + 1), depth + 1)
        node.members.append(_Member(key, position, value))
        node.value[key] = value.value
        position, node.comma_after_last = _next(text, value.end, "}")
    node.end = position + 1
    return node


def _array(text: str, start: int, depth: int) -> _Node:
    node = _Node(start, start, [])
    position = _skip(text, start + 1)
    while text[position : position + 1] != "]":
        item = _value(text, position, depth + 1)
        node.value.append(item.value)
        position, _ = _next(text, item.end, "]")
    node.end = position + 1
    return node


def _next(text: str, end: int, closing: str) -> tuple[int, int | None]:
    """Where the next member begins, or the closing bracket stands, and the comma passed on the way."""
    position = _skip(text, end)
    if text[position : position + 1] == ",":
        return _skip(text, position + 1), position
    if text[position : position + 1] != closing:
        raise _broken(text, position, f"a comma or {closing} is expected")
    return position, None


def _broken(text: str, position: int, problem: str) -> BrokenJsonError:
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    return BrokenJsonError(f"line {line}, column {column}: {problem}")
