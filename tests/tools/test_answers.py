"""Answers stay within their budget and say what outsiders wrote."""

import json
import random
import string
import time
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mcp.types import TextContent

from withallo_tools.answers import CEILING, Answer, Facts, Row, estimate_tokens, refusal
from withallo_tools.outsiders import RECORDS, OutsiderText

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import bpe_openai

ENCODING = bpe_openai.get_encoding("o200k_base")


_LOWER, _LETTERS = string.ascii_lowercase, string.ascii_letters
_SCRIPTS = {
    "Latin with marks": "àâçèéêëîïôûùüöäßñáíóúãõåøæ",
    "Greek": "αβγδεζηθικλμνξοπρστυφχψωάέήίόύώ",
    "Cyrillic": "абвгдежзийклмнопрстуфхцчшщъыьэюя",
    "Hebrew": "אבגדהוזחטיכלמנסעפצקרשת",
    "Arabic": "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىي",
    "Hindi": "अआइईउएओकखगघचछजझटठडढणतथदधनपफबभमयरलवशसहािीुूेैोौ्",
    "Thai": "กขคงจฉชซญณดตถทธนบปผฝพฟภมยรลวศสหอะาิีึืุู",
    "Georgian": "აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰ",
    "Ethiopic": "".join(map(chr, range(0x1200, 0x1248))),
    "Mongolian": "".join(map(chr, range(0x1820, 0x1870))),
    "Braille": "".join(map(chr, range(0x2800, 0x28FF))),
    "Kana": "".join(map(chr, (*range(0x3041, 0x3094), *range(0x30A1, 0x30F7)))),
    "Chinese": "".join(map(chr, range(0x4E00, 0x9FA0))),
    "Korean": "".join(map(chr, range(0xAC00, 0xD7A0))),
    "emoji": "".join(map(chr, (*range(0x1F300, 0x1F500), *range(0x1F600, 0x1F650), *range(0x1F900, 0x1FA00)))),
    "hieroglyphs": "".join(map(chr, range(0x13000, 0x13100))),
    "mathematics": "".join(map(chr, range(0x2200, 0x2300))),
}
_CHANCE = {
    **_SCRIPTS,
    "digits": string.digits,
    "hexadecimal": "0123456789abcdef",
    "base 36": _LOWER + string.digits,
    "base64": _LETTERS + string.digits + "+/",
    "lower case": _LOWER,
    "upper case": string.ascii_uppercase,
    "mixed case": _LETTERS,
    "punctuation": string.punctuation,
}
_FORMS = {
    "digits one by one": "8 9 3 8 0 9 3 5 4 0 1 6 9 9 0 2 " * 20,
    "numbers": "+33 6 12 34 56 78, 06.00.00.01.01, +14155550100 " * 10,
    "ids": "cll-4ef9a1c2 msg-wekcxmer f47ac10b-58cc-4372-a567-0e02b2c3d479 " * 10,
    "JSON": json.dumps(
        [{"id": "cll-1a2b3c4d", "at": "2026-11-23T01:39+01:00", "n": 12, "x": ["a", ""], "ok": True}] * 9
    ),
    "dense JSON": '{"a":{"b":[["",[],{}],null,-1.5e3]}},' * 20,
    "escapes": json.dumps('\n\t"\\/' * 40),
    "Markdown table": "| id | **name** | `at` |\n|---|:---:|---:|\n| 1 | **n** | `x` |\n" * 20,
    "list": "- [ ] **a** _b_ `c` > d # e\n" * 20,
    "joined emoji": "👩‍👩‍👧 🤷🏽‍♀️ 🏳️‍🌈 " * 20,
    "marks upon marks": "Z̷̧̢a̴̛l̶g̡o̵ " * 20,
}
_PROSE = {
    "English": "Hello, I called about the delivery of the twelve consoles; could you send me a quote by Thursday? "
    "We agreed on white oak at 4,200 each, including installation. I'll call back tomorrow after lunch, thanks!",
    "spoken English": "So yeah, I think we can probably do it. Um, let me check with the workshop first. The customer "
    "wants to know whether the warranty covers scratches. Please text me the address when you're done.",
    "French": "Bonjour, je vous appelle au sujet de la livraison prévue jeudi ; pourriez-vous m'envoyer le devis avant "
    "la fin de la semaine ? Client intéressé par douze bureaux en chêne massif, il souhaite être rappelé demain.",
}


def _spent(text: str) -> int:
    return len(ENCODING.encode(text))


@pytest.mark.parametrize("form", _FORMS)
def test_no_form_of_text_costs_more_than_estimated(form: str) -> None:
    assert estimate_tokens(_FORMS[form]) >= 0.95 * _spent(_FORMS[form])


@pytest.mark.parametrize("language", _PROSE)
def test_plain_prose_costs_little_less_than_estimated(language: str) -> None:
    text = _PROSE[language] * 5
    assert 0.95 * _spent(text) <= estimate_tokens(text) <= 1.5 * _spent(text)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(list(_CHANCE)), st.sampled_from([1, 3, 8, 300]), st.integers(0, 10**9))
def test_no_signs_in_no_order_cost_more_than_estimated(kind: str, longest: int, seed: int) -> None:
    dice = random.Random(seed)
    words = ["".join(dice.choices(_CHANCE[kind], k=dice.randint(1, longest))) for _ in range(2_000 // longest)]
    text = " ".join(words)
    assert estimate_tokens(text) >= 0.93 * _spent(text)


def test_a_long_answer_is_estimated_at_once() -> None:
    text = " ".join([*_PROSE.values(), *_FORMS.values(), *_SCRIPTS.values()])
    text *= 100_000 // len(text)
    estimate_tokens(text)
    began = time.process_time()
    estimate_tokens(text)
    assert time.process_time() - began < 0.2


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


@pytest.mark.parametrize("budget", [500, 6_000, 10_000])
@pytest.mark.parametrize(
    "signs",
    [
        "abcdefghijklmnopqrstuvwxyz",
        "!@#$%^&*()-+=[]{};:,./?",
        "aBcDeF0129+/",
        "\u4e00\u6f22\u8a9e",
        "\U0001f3a4\U0001f409",
        "\U00013000\U00013001\U00013002",
        "\u2801\u2833\u28aa\u28fe",
        "8 9 3 0 1 ",
    ],
)
def test_whatever_outsiders_write_no_answer_exceeds_its_budget_nor_the_ceiling(signs: str, budget: int) -> None:
    dice = random.Random(7)
    words = ["".join(dice.choice(signs) for _ in range(300)) for _ in range(500)]
    rows = [(word, _Line(words=word)) for word in words]
    answer = Answer(budget)
    shown = answer.table(rows, RECORDS)
    text, facts = _both(answer, _Lines(lines=tuple(line for _, line in rows[:shown])))
    assert max(text, facts) <= 1.05 * budget + 50
    assert text + facts <= CEILING


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
