"""Answers stay within their budget and say what outsiders wrote."""

from mcp.types import TextContent

from withallo_tools.answers import CEILING, Answer, Facts, Row, estimate_tokens, refusal
from withallo_tools.outsiders import RECORDS, OutsiderText


class _Line(Row):
    words: OutsiderText = ""
    note: str | None = None


class _Lines(Facts):
    lines: tuple[_Line, ...] = ()
    next_cursor: str = ""


def _text(answer: Answer) -> str:
    content = answer.result(_Lines()).content[0]
    assert isinstance(content, TextContent)
    return content.text


def test_rows_are_shown_until_the_budget_is_used_and_the_count_says_how_many() -> None:
    answer = Answer(budget=200)
    shown = answer.rows(["some words here " * 4] * 100, RECORDS)
    assert 1 < shown < 20
    assert estimate_tokens(_text(answer)) <= 260


def test_one_row_that_is_too_long_is_cut_visibly() -> None:
    answer = Answer(budget=100)
    assert answer.rows(["é" * 10_000], RECORDS) == 1
    assert "⟦cut⟧" in _text(answer)
    assert estimate_tokens(_text(answer)) < 300


def test_no_budget_goes_above_half_the_ceiling() -> None:
    answer = Answer(budget=10**9)
    answer.rows(["x" * 300] * 1000, RECORDS)
    assert estimate_tokens(_text(answer)) <= CEILING // 2 + 100


def test_structured_content_has_no_empty_members_and_names_the_untrusted_ones() -> None:
    result = Answer().say("1 line").result(_Lines(lines=(_Line(words="hi"),)))
    assert result.structured_content == {"lines": [{"words": "hi"}], "untrusted": ["lines.words"]}
    assert Answer().result(_Lines()).structured_content == {}


def test_an_error_fences_the_outsiders_words_in_it() -> None:
    said = str(refusal("contact: several people match.", ["Ana | +33612345678"], "Ask which."))
    assert said.startswith("contact: several people match.\n⟦")
    assert said.endswith("⟧\nAsk which.")
