"""Links are found as a browser would follow them, however hostile the text."""

import time

import pytest

from withallo_server.guardrails.contents import links
from withallo_server.guardrails.words_of_others import WordsOfOthers


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("See https://evil.example/x?y now, or HTTP://Evil.Example:80", ["evil.example"]),
        ("go to www.foo.fr. Or x-y.fr!", ["foo.fr", "x-y.fr"]),
        ("bit.ly/abc (https://t.example)", ["bit.ly", "t.example"]),
        ("https://bank.example@evil.example/", ["evil.example"]),
        ("p\u0430ypal.com", ["xn--pypal-4ve.com"]),
        ("mail ana@bril.com. Thanks.See you at 9.30, room 2.b", []),
    ],
)
def test_links(text: str, hosts: list[str]) -> None:
    assert links(text) == hosts


@pytest.mark.parametrize("text", ["a-", "a.", "www.", "https://", "a.com", "@.", "1."])
def test_no_text_takes_long(text: str) -> None:
    begin = time.monotonic()
    WordsOfOthers().hear(text * 20_000)
    assert time.monotonic() - begin < 1.0
