"""Ticks, and which of them are open."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.timeline import DAY, HOUR, SECOND, Timeline

MINUTE = 60 * SECOND
TICKS = [MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, DAY]


def timeline(tick: int, lateness: int = 5 * MINUTE) -> Timeline:
    return Timeline(tick, lateness)


@given(st.sampled_from(TICKS), st.integers(-(10**15), 4 * 10**15))
def test_every_moment_lies_in_its_tick(tick: int, at: int) -> None:
    line = timeline(tick)
    number = line.number(at)
    assert line.start(number) <= at < line.end(number)
    assert line.end(number) == line.start(number + 1)


@given(st.sampled_from(TICKS), st.sampled_from([0, MINUTE, 5 * MINUTE, 3 * HOUR, 2 * DAY]),
       st.integers(0, 4 * 10**15))  # fmt: skip
def test_oldest_open_tick_is_the_first_that_has_not_closed(
    tick: int, lateness: int, clock: int
) -> None:
    line = timeline(tick, lateness=lateness)
    oldest = line.oldest_open(clock)
    assert line.end(oldest) + lateness > clock
    assert line.end(oldest - 1) + lateness <= clock
    assert line.number(clock) - oldest < line.open_ticks


def test_utc_days_end_with_ticks() -> None:
    line = timeline(6 * HOUR, lateness=0)
    assert [line.ends_utc_day(number) for number in range(4)] == [False, False, False, True]
    assert line.days == 0.25


@pytest.mark.parametrize(
    ("lateness", "slots"), [(0, 1), (1, 2), (HOUR, 2), (HOUR + 1, 3), (5 * HOUR, 6)]
)
def test_open_ticks_are_the_current_one_and_those_in_grace(lateness: int, slots: int) -> None:
    assert timeline(HOUR, lateness=lateness).open_ticks == slots
