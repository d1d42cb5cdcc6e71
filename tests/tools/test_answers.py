"""Answers stay within their budget and say what outsiders wrote."""

import json
import random
import warnings

import pytest
from mcp.types import TextContent

from withallo_tools.answers import CEILING, Answer, Facts, Row, estimate_tokens, refusal
from withallo_tools.outsiders import RECORDS, OutsiderText

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import bpe_openai

ENCODING = bpe_openai.get_encoding("o200k_base")


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


def _both(answer: Answer, facts: Facts) -> tuple[int, int]:
    result = answer.result(facts)
    (text,) = result.content
    assert isinstance(text, TextContent)
    json_text = json.dumps(result.structured_content, ensure_ascii=False, separators=(",", ":"))
    return len(ENCODING.encode(text.text)), len(ENCODING.encode(json_text))


@pytest.mark.parametrize("budget", [500, 6_000, 10**9])
def test_text_and_structured_content_each_keep_to_the_budget_and_together_to_the_ceiling(budget: int) -> None:
    rows = [("12:05 yes", _Line(words="a sentence that only the structured content holds, at length"))] * 5_000
    answer = Answer(budget=budget)
    shown = answer.table(rows, RECORDS)
    text, facts = _both(answer, _Lines(lines=tuple(line for _, line in rows[:shown])))
    assert shown > 10
    assert max(text, facts) <= budget + 100
    assert text + facts <= CEILING


@pytest.mark.parametrize(
    "signs",
    [
        "abcdefghijklmnopqrstuvwxyz",
        "!@#$%^&*()-+=[]{};:,./?",
        "aBcDeF0129+/",
        "\u4e00\u6f22\u8a9e",
        "\U0001f3a4\U0001f409",
        "\U00013000\U00013001\U00013002",
    ],
)
def test_whatever_outsiders_write_no_answer_exceeds_the_ceiling(signs: str) -> None:
    dice = random.Random(7)
    words = ["".join(dice.choice(signs) for _ in range(300)) for _ in range(500)]
    rows = [(word, _Line(words=word)) for word in words]
    answer = Answer()
    shown = answer.table(rows, RECORDS)
    assert sum(_both(answer, _Lines(lines=tuple(line for _, line in rows[:shown])))) <= CEILING


@pytest.mark.parametrize("budget", [2_000, 6_000, 10_000])
@pytest.mark.parametrize("seed", range(20))
def test_structured_content_holds_every_row_that_the_text_shows(budget: int, seed: int) -> None:
    chance = random.Random(seed)
    signs = chance.choice(('abc "', "é ü", "plain words", "\\\n"))
    rows = [_Line(words="".join(chance.choices(signs, k=chance.randrange(20, 400))), note="said") for _ in range(300)]
    answer = Answer(budget)
    shown = answer.table([(row.words, row) for row in rows], RECORDS)
    content = answer.result(_Lines(lines=tuple(rows[:shown]), next_cursor="c" * 300)).structured_content
    assert content is not None
    assert 1 < len(content["lines"]) == shown < 300


def test_a_member_that_no_row_stands_for_is_cut_too() -> None:
    text, facts = _both(Answer().say("Here:"), _Lines(lines=(_Line(words="a long story " * 20_000),)))
    assert text < 20
    assert 1_000 < facts <= 6_000


def test_structured_content_has_no_empty_members_and_names_the_untrusted_ones() -> None:
    result = Answer().say("1 line").result(_Lines(lines=(_Line(words="hi"),)))
    assert result.structured_content == {"lines": [{"words": "hi"}], "untrusted": ["lines.words"]}
    assert Answer().result(_Lines()).structured_content == {}


def test_an_error_fences_the_outsiders_words_in_it() -> None:
    said = str(refusal("contact: several people match.", ["Ana | +33612345678"], "Ask which."))
    assert said.startswith("contact: several people match.\n⟦")
    assert said.endswith("⟧\nAsk which.")
