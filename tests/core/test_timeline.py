"""Ticks, local days and hours, also where clocks are set."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.timeline import DAY, HOUR, SECOND, Segment, Timeline
from schemas.instant import parse_instant

MINUTE = 60 * SECOND
BERLIN = ZoneInfo("Europe/Berlin")
TICKS = [MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, DAY]
every_tick = pytest.mark.parametrize("tick", TICKS)
ZONES = ["UTC", "Europe/Berlin", "Asia/Kolkata", "America/New_York", "Australia/Lord_Howe"]
# In Berlin 2024-03-31 has 23 hours, 2024-10-27 has 25.
SHORT, LONG = (parse_instant(f"2024-{day}T00:00:00Z") for day in ("03-31", "10-27"))


def timeline(tick: int, zone: str = "Europe/Berlin", lateness: int = 5 * MINUTE) -> Timeline:
    return Timeline(tick, lateness, ZoneInfo(zone))


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


@every_tick
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("at", [SHORT, LONG, parse_instant("2024-04-06T00:00:00Z")])
def test_days_end_once_and_follow_each_other(tick: int, zone: str, at: int) -> None:
    line = timeline(tick, zone)
    first, last = line.number(at - 2 * DAY), line.number(at + 3 * DAY)
    days = [line.day(number) for number in range(first, last)]
    ended = [line.day(number) for number in range(first, last) if line.ends_day(number)]
    assert ended == list(range(days[0], days[0] + len(ended)))
    assert set(days) >= set(range(days[0], days[-1] + 1))  # dense: no day is left out


@every_tick
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("at", [SHORT, LONG])
def test_segments_cover_the_tick_without_overlap(tick: int, zone: str, at: int) -> None:
    line = timeline(tick, zone)
    for number in range(line.number(at), line.number(at) + min(DAY // tick, 200)):
        pieces = line.segments(number)
        assert sum(piece.share for piece in pieces) == pytest.approx(tick / HOUR)
        assert all(0 < piece.share <= 1 for piece in pieces)


def hours(line: Timeline, at: int, count: int) -> list[int]:
    first = line.number(at)
    return [line.segments(number)[0].hour for number in range(first, first + count)]


def test_hour_that_is_skipped_has_no_segment() -> None:
    assert hours(timeline(HOUR), SHORT - HOUR, 5) == [0, 1, 3, 4, 5]


def test_hour_that_comes_twice_has_two() -> None:
    assert hours(timeline(HOUR), LONG - 2 * HOUR, 5) == [0, 1, 2, 2, 3]


def test_day_of_23_hours_has_one_segment_less() -> None:
    line = timeline(DAY, "Europe/Berlin")
    pieces = line.segments(line.number(SHORT))
    assert len(pieces) == 24  # 24 hours of time, of which one belongs to the next local day
    assert Segment(6, 2, 1.0) not in pieces
    assert [piece.weekday for piece in pieces].count(0) == 2


def test_half_hour_zones_cut_ticks_at_their_hours() -> None:
    line = timeline(HOUR, "Asia/Kolkata")
    assert line.segments(0) == [Segment(3, 5, 0.5), Segment(3, 6, 0.5)]  # 1970-01-01 05:30


def test_local_day_is_counted_from_1970() -> None:
    line = timeline(HOUR)
    evening = line.number(parse_instant("2024-05-31T22:00:00Z"))
    assert line.local(line.start(evening)).isoformat() == "2024-06-01T00:00:00+02:00"
    assert line.day(evening) - line.day(evening - 1) == 1
    assert line.ends_day(evening - 1)
    assert not line.ends_utc_day(evening - 1)
    assert line.ends_utc_day(evening + 1)


def test_utc_is_the_usual_zone() -> None:
    line = Timeline(6 * HOUR, 0)
    assert [line.ends_day(number) for number in range(4)] == [False, False, False, True]
    assert line.day(4) == 1
    assert line.days == 0.25


@pytest.mark.parametrize(
    ("lateness", "slots"), [(0, 1), (1, 2), (HOUR, 2), (HOUR + 1, 3), (5 * HOUR, 6)]
)
def test_open_ticks_are_the_current_one_and_those_in_grace(lateness: int, slots: int) -> None:
    assert timeline(HOUR, lateness=lateness).open_ticks == slots
