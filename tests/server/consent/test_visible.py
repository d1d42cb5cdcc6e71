"""What a human is shown is complete, and nothing in it hides or stands out of its place."""

import pytest

from withallo_server.consent.visible import one_line, visible

FAMILY = "\N{WOMAN}\u200d\N{WOMAN}\u200d\N{GIRL}\u200d\N{BOY}"


@pytest.mark.parametrize(
    "text",
    [
        "Two\nlines, and 🙂",
        f"{FAMILY} 🚚✅ ❤️‍🔥 1️⃣ 🏴‍☠️ 👩🏽‍🚀 👍🏽 ☎️",
        "Zoé, Łódź, e\u0301, 10\u00a0€, 10\u202f%",
        "שלום، مرحبا بك",
    ],
)
def test_ordinary_words_and_emoji_stay_as_they_are(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb", "a⟨U+202E⟩b"),
        ("a\u2067b\u2069", "a⟨U+2067⟩b⟨U+2069⟩"),
        ("a\u200bb\u00adc", "a⟨U+200B⟩b⟨U+00AD⟩c"),
        ("a\u200d1", "a⟨U+200D⟩1"),
        ("1\u200d2", "1⟨U+200D⟩2"),
        ("🙂\u200dx", "🙂⟨U+200D⟩x"),
        ("🙂\ufe0f\ufe0e\ufe0f", "🙂\ufe0f⟨U+FE0E⟩⟨U+FE0F⟩"),
        ("a\ufe0f", "a⟨U+FE0F⟩"),
        ("a\ufe00\U000e0101b", "a⟨U+FE00⟩⟨U+E0101⟩b"),
        ("\U000e0041\U000e0042", "⟨U+E0041⟩⟨U+E0042⟩"),
        ("a\u2003b\u3164c", "a⟨U+2003⟩b⟨U+3164⟩c"),
        ("a\u2028b\x85c\rd\te", "a⟨U+2028⟩b⟨U+0085⟩c⟨U+000D⟩d⟨U+0009⟩e"),
        ("e" + "\u0301" * 5, "e" + "\u0301" * 3 + "⟨U+0301⟩" * 2),
    ],
)
def test_what_hides_or_reorders_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_a_name_from_right_to_left_leaves_the_number_behind_it_in_its_place() -> None:
    assert one_line("To שרה אבן-שם +1 from") == "To \u2068שרה אבן-שם\u2069 +1 from"
    assert one_line("A\u202e\nB  C") == "A⟨U+202E⟩ B C"
