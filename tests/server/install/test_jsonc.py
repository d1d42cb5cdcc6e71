import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from withallo_server.install import jsonc

ENTRY = {"command": "/bin/allo", "args": []}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", '{\n  "a": {\n    "b": 1\n  }\n}\n'),
        ("{}", '{\n  "a": {\n    "b": 1\n  }\n}'),
        ('{\n  "x": 1\n}\n', '{\n  "x": 1,\n  "a": {\n    "b": 1\n  }\n}\n'),
        ('{\n\t"x": 1, // why\n}\n', '{\n\t"x": 1, // why\n\t"a": {\n\t\t"b": 1\n\t},\n}\n'),
        ('{\n    "x": 1 // why\n}', '{\n    "x": 1, // why\n    "a": {\n        "b": 1\n    }\n}'),
        ('{\r\n  "a": {}\r\n}\r\n', '{\r\n  "a": {\r\n    "b": 1\r\n  }\r\n}\r\n'),
        ('{"a": {"c": 2}}', '{"a": {"c": 2,\n  "b": 1}}'),
        ('{"a": { /* none yet */ }}', '{"a": {\n  "b": 1\n/* none yet */ }}'),
        ('{"a": {"b": [1, 2], "c": 3}}', '{"a": {"b": 1, "c": 3}}'),
        ('\ufeff{"a": {"b": 0}}', '\ufeff{"a": {"b": 1}}'),
    ],
)
def test_a_member_is_put_in_and_the_rest_stays(before: str, after: str) -> None:
    assert jsonc.set_member(before, ("a", "b"), 1) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"a": {"b": 1}}', '{"a": {}}'),
        ('{"a": {"b": 1, "c": 2}}', '{"a": {"c": 2}}'),
        ('{"a": {"c": 2, "b": 1}}', '{"a": {"c": 2 }}'),
        ('{"a": {\n  "c": 2, // keep\n  "b": 1\n}}', '{"a": {\n  "c": 2 // keep\n}}'),
        ('{"a": {\r\n  "b": 1,\r\n  "c": 2,\r\n}}', '{"a": {\r\n  "c": 2,\r\n}}'),
        ('{"a": {"c": 2}}', '{"a": {"c": 2}}'),
        ('{"x": 1}', '{"x": 1}'),
    ],
)
def test_a_member_is_taken_out_and_the_rest_stays(before: str, after: str) -> None:
    assert jsonc.remove_member(before, ("a", "b")) == after


def test_of_repeated_names_the_last_counts_as_for_every_reader() -> None:
    text = jsonc.set_member('{"a": {"b": 1}, "a": {"b": 2}}', ("a", "b"), 3)

    assert text == '{"a": {"b": 1}, "a": {"b": 3}}'


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1',
        "{'a': 1}",
        '{"a" 1}',
        '{"a": }',
        '{"a": 1} x',
        '{"a": "x}',
        "[1,,2]",
        "/* no end",
        '{"a": "\n"}',
        "{,}",
    ],
)
def test_broken_text_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(jsonc.BrokenJsonError, match=r"line \d+, column \d+"):
        jsonc.loads(text)


def test_a_text_nested_beyond_reason_is_refused() -> None:
    with pytest.raises(jsonc.BrokenJsonError, match="nested"):
        jsonc.loads("[" * 100_000)


def test_what_is_in_the_way_is_not_replaced() -> None:
    with pytest.raises(jsonc.BrokenJsonError, match="a is not an object"):
        jsonc.set_member('{"a": [1]}', ("a", "b"), 1)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)
NOISE = st.sampled_from(["", " ", "\n", "\r\n  ", "/* a, } */", "// b, {\n", "\t"])


@st.composite
def documents(draw: st.DrawFn) -> tuple[dict[str, Any], str]:
    """An object, and one of the many ways to write it with comments."""
    content = draw(st.dictionaries(st.text(max_size=5), VALUES, max_size=4))
    return content, _written(draw, content)


def _written(draw: st.DrawFn, value: Any) -> str:
    noise = [draw(NOISE) for _ in range(4)]
    if isinstance(value, dict):
        parts = [
            noise[0] + json.dumps(key) + noise[1] + ":" + noise[2] + _written(draw, item) for key, item in value.items()
        ]
    elif isinstance(value, list):
        parts = [_written(draw, item) for item in value]
    else:
        return noise[0] + json.dumps(value) + noise[1]
    trailing = draw(st.sampled_from(["", ","])) if parts else ""
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return noise[0] + opening + (noise[1] + ",").join(parts) + trailing + noise[3] + closing + noise[2]


@given(documents())
def test_however_it_is_written_only_the_wanted_member_changes(document: tuple[dict[str, Any], str]) -> None:
    content, text = document
    wanted = {**content, "mcp": {"allo": ENTRY}}

    with_entry = jsonc.set_member(text, ("mcp", "allo"), ENTRY) if not content.get("mcp") else None

    assert jsonc.loads(text) == content
    if with_entry is not None:
        assert jsonc.loads(with_entry) == wanted
        assert jsonc.loads(jsonc.remove_member(with_entry, ("mcp",))) == content
