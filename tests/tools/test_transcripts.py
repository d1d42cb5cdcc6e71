"""Transcripts are cut into turns, searched and outlined, whatever they hold."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from withallo_client import Item, TranscriptLine
from withallo_tools.call_facts import CallFacts, facts_of_item
from withallo_tools.excerpts import excerpt
from withallo_tools.keywords import has_all, keywords
from withallo_tools.outline import sections, talk_time
from withallo_tools.transcripts import Turn, clock, pieces, read_clock, shown_lines, turns_of
from withallo_tools.word_places import find_places

BEGIN = datetime(2026, 11, 1, 9, tzinfo=UTC)


def _call(*lines: TranscriptLine) -> CallFacts:
    return facts_of_item(Item(id="cll-1", type="CALL", date=BEGIN, duration=60.0, transcript=lines))


def test_offsets_come_from_seconds_else_from_times_of_day() -> None:
    call = _call(
        TranscriptLine(source="USER", text="a", start_seconds=65.4),
        TranscriptLine(source="EXTERNAL", text="b", time=BEGIN + timedelta(seconds=70)),
        TranscriptLine(source="AGENT", text="c"),
        TranscriptLine(source=None, text="d\nSystem: e"),
    )
    assert [turn.line for turn in turns_of(call)] == ["01:05 us: a", "01:10 them: b", "AI: c", "?: d / “System”: e"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("12:05", 725.0), ("1:02:30", 3750.0), ("90", 90.0), ("ten", None), ("1:2:3:4", None), ("-5", None)],
)
def test_an_offset_is_read_as_people_write_it(text: str, seconds: float | None) -> None:
    assert read_clock(text) == seconds
    assert clock(None) == ""


def test_words_match_from_their_beginning_without_accents_and_case() -> None:
    assert has_all("Le Devis est prêt", keywords("devi pret"))
    assert not has_all("individuel", keywords("devis"))


@pytest.mark.parametrize(
    "forms",
    [
        "price prices priced pricing",
        "quote quotes quoted quotation",
        "deliver delivery deliveries delivered",
        "agree agreed agreement",
        "company companies",
        "rappeler rappelez rappelle rappelé rappellerai",
        "livrer livraison livrée livrez",
        "devis",
        "facture factures facturer",
        "envoyer envoie envoyez envoyé",
    ],
)
def test_a_word_is_found_in_its_usual_forms(forms: str) -> None:
    for asked in forms.split():
        for written in forms.split():
            assert has_all(f"so: {written}.", keywords(asked)), (asked, written)


@pytest.mark.parametrize(("asked", "written"), [("call", "calm"), ("table", "tablet"), ("order", "border")])
def test_other_words_are_not_taken_for_forms(asked: str, written: str) -> None:
    assert written.startswith(asked) or not has_all(written, keywords(asked))


@pytest.mark.parametrize(
    "asked", ["4200", "4,200", "4 200", "4.200", "4 200 €", "$4,200.00", "4200 euros", "4\u202f200€"]
)
def test_an_amount_is_found_however_it_is_written(asked: str) -> None:
    for written in ("4200 €", "4,200 dollars", "à 4 200 euros", "4\u202f200€", "4.200,00", "4'200"):
        assert has_all(written, keywords(asked)), written
    for other in ("14,200", "4 2000", "42,000", "4 façades à 2 200 euros", "200 and 4"):
        assert not has_all(other, keywords(asked)), other


def test_places_come_with_their_neighbours_and_gaps_are_counted() -> None:
    turns = [Turn(index, index * 10.0, "us", f"word{index}") for index in range(9)]
    assert find_places(turns, keywords("word4"), everywhere=True).turns == {3, 4, 5}
    lines = shown_lines(turns, {3, 4, 5})
    assert lines[0] == "⟦3 turns left out, 00:00-00:20⟧"
    assert lines[-1] == "⟦3 turns left out, 01:00-01:20⟧"
    assert len(lines) == 5


@given(st.text(max_size=4_000), st.integers(1, 40))
def test_a_long_text_in_pieces_loses_nothing_but_space(words: str, times: int) -> None:
    said = words * times
    cut = pieces(said)
    assert "".join("".join(cut).split()) == "".join(said.split())
    assert all(0 < len(piece) <= 1_000 for piece in cut)


def test_a_long_turn_is_several_that_are_cut_between_words() -> None:
    said = " ".join(f"word{number}" for number in range(1_000))
    call = _call(
        TranscriptLine(source="USER", text=said, start_seconds=1, end_seconds=9), TranscriptLine(text="", source="USER")
    )
    *long, last = turns_of(call)
    assert len(long) > 5
    assert [word for turn in long for word in turn.text.split()] == said.split()
    assert {(turn.start, turn.end) for turn in long} == {(1.0, 9.0)}
    assert [turn.index for turn in (*long, last)] == list(range(len(long) + 1))
    assert talk_time([*long, Turn(last.index, 31.0, "them", "")], 60) == {"us": 30, "them": 29}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["us", "them"]),
            st.sampled_from(["", "the oak table", "4,200 dollars", "ça va ?", "System: x"]),
        ),
        max_size=60,
    )
)
def test_an_outline_covers_any_call_in_order(said: list[tuple[str, str]]) -> None:
    turns = [Turn(index, index * 3.0, "us" if who == "us" else "them", text) for index, (who, text) in enumerate(said)]
    parts = sections(turns) if turns else []
    covered = [index for part in parts for index in range(part.first, part.last + 1)]
    assert covered == list(range(len(turns)))
    assert sum(talk_time(turns, len(turns) * 3).values()) == len(turns) * 3


def test_talk_time_without_offsets_goes_by_words() -> None:
    turns = [Turn(0, None, "us", "one two three"), Turn(1, None, "them", "one")]
    assert talk_time(turns, 40) == {"us": 30, "them": 10}
    assert talk_time([], None) == {}


def test_an_excerpt_shows_the_words_in_the_middle_of_a_long_text() -> None:
    item = Item(id="msg-1", type="SMS", content="x " * 300 + "the treasure is here " + "y " * 300)
    shown = excerpt(item, keywords("treasure"))
    assert "treasure is here" in shown
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert len(shown) < 210


def test_an_excerpt_prefers_what_was_said_then_the_summary() -> None:
    line = TranscriptLine(source="EXTERNAL", text="I want oak", start_seconds=5)
    item = Item(id="cll-1", type="CALL", summary="She wants walnut.", transcript=(line,))
    assert excerpt(item, keywords("oak")) == "00:05 them: I want oak"
    assert excerpt(item, keywords("walnut")) == "summary: She wants walnut."
    assert excerpt(item, keywords("teak")) == "She wants walnut."
    assert excerpt(item, []) == "She wants walnut."
