"""The clock runs, and moves when told."""

from datetime import UTC, datetime, timedelta

import pytest

from withallo_sandbox.clock import Clock

MONDAY = datetime(2026, 3, 2, 16, 30, tzinfo=UTC)


def test_clock_starts_where_it_is_told_and_runs_on() -> None:
    clock = Clock(MONDAY)

    first, second = clock.now(), clock.now()

    assert MONDAY <= first <= second < MONDAY + timedelta(minutes=1)


def test_clock_moves_forward_back_and_to_a_moment() -> None:
    clock = Clock(MONDAY)
    clock.advance(3600)
    assert clock.now() >= MONDAY + timedelta(hours=1)

    clock.advance(-7200)
    assert clock.now() < MONDAY

    clock.set(datetime.fromisoformat("2027-01-01T00:00:00+01:00"))
    assert clock.now().isoformat().startswith("2026-12-31T23:00:00")


def test_moving_tells_the_listeners() -> None:
    clock, moves = Clock(MONDAY), []
    clock.on_move(lambda: moves.append(clock.now().date()))

    clock.advance(86400)

    assert moves == [MONDAY.date() + timedelta(days=1)]


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        Clock(MONDAY.replace(tzinfo=None))
