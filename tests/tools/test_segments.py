"""Segments are counted as carriers count them."""

import pytest

from withallo_tools.segments import count_segments


@pytest.mark.parametrize(
    ("text", "count", "encoding"),
    [
        ("a" * 160, 1, "GSM-7"),
        ("a" * 161, 2, "GSM-7"),
        ("a" * 306, 2, "GSM-7"),
        ("a" * 307, 3, "GSM-7"),
        ("€" * 80, 1, "GSM-7"),
        ("€" * 81, 2, "GSM-7"),
        ("é" * 160, 1, "GSM-7"),
        ("ê" * 70, 1, "UCS-2"),
        ("ê" * 71, 2, "UCS-2"),
        ("ê" * 134, 2, "UCS-2"),
        ("ê" * 135, 3, "UCS-2"),
        ("a" * 152 + "€" + "a" * 152, 3, "GSM-7"),
        ("a" * 66 + "😀" + "a" * 66, 3, "UCS-2"),
        ("😀" * 35, 1, "UCS-2"),
        ("😀" * 36, 2, "UCS-2"),
    ],
)
def test_a_text_takes_as_many_segments_as_a_carrier_bills(text: str, count: int, encoding: str) -> None:
    segments = count_segments(text)
    assert (segments.count, segments.encoding) == (count, encoding)


def test_segments_are_said_in_words() -> None:
    assert str(count_segments("hi")) == "1 segment, GSM-7"
    assert str(count_segments("ê" * 100)) == "2 segments, UCS-2"
