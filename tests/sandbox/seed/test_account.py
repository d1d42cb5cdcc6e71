"""Sixty days that could have been."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from withallo_sandbox import (
    AGREEMENT,
    LONG_CALL_ID,
    MARIE,
    ROBERT,
    SENDER_ID,
    Message,
    Sandbox,
)
from withallo_sandbox.records import Call

MOMENTS = [
    datetime(2026, 3, 2, 16, 30, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
    datetime(2026, 11, 1, 5, 59, tzinfo=UTC),
    datetime(2027, 1, 1, 0, 1, tzinfo=UTC),
]


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    """The default account, for tests that only look."""
    return Sandbox(now=MOMENTS[0])


def items(sandbox: Sandbox) -> list[str]:
    return [repr((item.id, item.date, item.contact_number)) for item in sandbox.account.timeline.newest_first()]


def test_same_seed_and_moment_give_the_same_account() -> None:
    first, same, other = (Sandbox(seed=seed, now=MOMENTS[0]) for seed in (7, 7, 8))

    assert items(first) == items(same)
    assert first.labels == same.labels
    assert items(first) != items(other)


@pytest.mark.parametrize("now", MOMENTS)
def test_everything_happened_within_60_days_and_something_just_now(now: datetime) -> None:
    sandbox = Sandbox(now=now)
    dates = [item.date for item in sandbox.account.timeline.newest_first()]

    assert timedelta(0) < now - dates[0] < timedelta(minutes=8)
    assert now - dates[-1] <= timedelta(days=60)
    assert len({date.date() for date in dates}) > 50


@pytest.mark.parametrize("now", MOMENTS)
def test_people_pick_up_while_they_work(now: datetime) -> None:
    sandbox = Sandbox(now=now)
    zones = {line.number: ZoneInfo(line.zone) for line in sandbox.account.lines}
    answered = [call for call in sandbox.account.timeline.calls() if call.result == "ANSWERED"]

    hours = {call.date.astimezone(zones[call.allo_number]).hour for call in answered}
    weekdays = {call.date.astimezone(zones[call.allo_number]).weekday() for call in answered}

    assert hours <= set(range(9, 19))
    assert weekdays == {0, 1, 2, 3, 4}


def test_calls_ended_in_every_way_in_both_directions(sandbox: Sandbox) -> None:
    results = Counter((call.direction, call.result) for call in sandbox.account.timeline.calls())

    assert {result for _, result in results} == {
        *("ANSWERED", "VOICEMAIL", "MISSED", "TRANSFERRED_AI", "TRANSFERRED_EXTERNAL", "BLOCKED", "FAILED")
    }
    assert results["INBOUND", "ANSWERED"] > results["OUTBOUND", "ANSWERED"] > 100
    assert any(call.contact_number == "anonymous" for call in sandbox.account.timeline.calls())


def test_what_was_said_fits_the_call(sandbox: Sandbox) -> None:
    for call in sandbox.account.timeline.calls():
        turns = call.speech().turns
        assert bool(turns) == (call.result not in {"MISSED", "BLOCKED", "FAILED"})
        assert all(turn.start < turn.end for turn in turns)
        assert all(before.end <= after.start for before, after in pairwise(turns))
        assert not turns or turns[-1].end <= call.seconds
        assert not any("{" in turn.text for turn in turns)
        assert "{" not in (call.summary or "")
        agent = {turn.source for turn in turns} & {"AGENT"}
        assert bool(agent) == (call.result == "TRANSFERRED_AI")


def test_calls_are_held_in_the_language_of_the_line(sandbox: Sandbox) -> None:
    french = {line.number for line in sandbox.account.lines if line.country == "FR"}
    greetings = {
        call.allo_number in french: call.speech().turns[0].text
        for call in sandbox.account.timeline.calls()
        if call.result == "ANSWERED"
    }

    assert "Atelier Nord" in greetings[True]
    assert greetings[True] != greetings[False]


def test_labels_are_sentences_of_the_transcript_by_who_spoke_them(sandbox: Sandbox) -> None:
    assert len(sandbox.labels) > 150
    for call_id, promises in sandbox.labels.items():
        call = sandbox.account.timeline.get(call_id)
        assert isinstance(call, Call)
        for promise in promises:
            assert any(
                promise.sentence in turn.text and turn.source == promise.source for turn in call.speech().turns
            ), promise


def test_long_call_is_agreed_on_in_its_last_minute(sandbox: Sandbox) -> None:
    call = sandbox.account.timeline.get(LONG_CALL_ID)
    assert isinstance(call, Call)
    turns = call.speech().turns
    [agreed] = [turn for turn in turns if turn.text == AGREEMENT]

    assert call.seconds == 49 * 60
    assert call.seconds - agreed.start <= 60
    assert len(turns) > 500
    assert "4,200" not in (call.summary or "")
    assert {promise.source for promise in sandbox.labels[LONG_CALL_ID]} == {"USER", "EXTERNAL"}
    assert sandbox.clock.now().isocalendar().week - call.date.isocalendar().week == 1


def test_a_few_calls_are_long(sandbox: Sandbox) -> None:
    lengths = [call.seconds for call in sandbox.account.timeline.calls()]

    assert 2 <= sum(seconds > 1200 for seconds in lengths) <= 60


def test_texts_go_both_ways_and_some_wait(sandbox: Sandbox) -> None:
    texts = [item for item in sandbox.account.timeline.newest_first() if isinstance(item, Message)]
    french = [text for text in texts if text.contact_number.startswith("+33")]

    assert {text.direction for text in texts} == {"INBOUND", "OUTBOUND"}
    assert {text.allo_number for text in french if text.direction == "OUTBOUND"} == {SENDER_ID.name}
    assert sum(sandbox.account.unanswered(text) for text in texts) > 10
    assert sum(text.contact_number == ROBERT.numbers[0] for text in texts) >= 26
    assert sandbox.account.unanswered(next(text for text in texts if text.contact_number == MARIE.numbers[0]))


def test_ten_lines_hold_10_000_calls() -> None:
    sandbox = Sandbox(calls=10_000, lines=10, now=MOMENTS[0])
    calls = Counter(call.allo_number for call in sandbox.account.timeline.calls())

    assert len(calls) == 10
    assert calls.total() >= 10_000


@pytest.mark.parametrize("lines", [0, 2, 11])
def test_impossible_numbers_of_lines_are_refused(lines: int) -> None:
    with pytest.raises(ValueError, match="lines"):
        Sandbox(lines=lines)
