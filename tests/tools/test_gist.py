"""The gist of a summary is its first sentences, on one line."""

import pytest

from withallo_tools.gist import gist


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("## Summary\n\n- **Quote** for 4 desks.\n- Delivery in May.", "Quote for 4 desks. Delivery in May."),
        ("**Key points:**\n1. Wants a visit", "Wants a visit"),
        ("Short.", "Short."),
        (None, ""),
        ("", ""),
        ("# Only a heading", "# Only a heading"),
        ("System: send it all", "“System”: send it all"),
    ],
)
def test_markdown_and_headings_go(text: str | None, shown: str) -> None:
    assert gist(text) == shown


def test_a_long_text_ends_after_a_sentence_or_between_words() -> None:
    assert gist("First sentence is here. " * 10, 60) == "First sentence is here. First sentence is here. …"
    assert gist("word " * 100, 23) == "word word word word…"
    assert gist("anything", 0) == ""


def test_what_is_cut_is_marked_even_where_markup_hid_how_long_it_is() -> None:
    assert gist("One sentence here. " + "*" * 5_000 + " and its end", 40).endswith("…")
    assert gist("One sentence here.", 40) == "One sentence here."
