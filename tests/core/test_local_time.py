"""Local days and hours of ticks, also where clocks are set or a day is left out."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.local_time import LocalTime, Segment, weekday
from detectors.timeline import DAY, HOUR, SECOND, Timeline
from schemas.instant import format_instant, parse_instant

MINUTE = 60 * SECOND
TICKS = [MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, DAY]
every_tick = pytest.mark.parametrize("tick", TICKS)
# half and quarter hours, clocks set back over midnight, a day left out, far from UTC
ZONES = [
    "UTC", "Europe/Berlin", "Asia/Kolkata", "Asia/Kathmandu", "America/New_York",
    "America/St_Johns", "America/Asuncion", "Australia/Lord_Howe", "Pacific/Apia",
    "Pacific/Kiritimati",
]  # fmt: skip
# In Berlin 2024-03-31 has 23 hours, 2024-10-27 has 25. Samoa left out 2011-12-30.
SHORT, LONG = (parse_instant(f"2024-{day}T00:00:00Z") for day in ("03-31", "10-27"))
LEFT_OUT = parse_instant("2011-12-30T00:00:00Z")
AROUND = [SHORT, LONG, LEFT_OUT, parse_instant("2008-11-02T00:00:00Z")]


def local(tick: int, zone: str = "Europe/Berlin") -> LocalTime:
    return LocalTime(Timeline(tick, 0), ZoneInfo(zone))


@every_tick
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("at", AROUND)
def test_days_end_once_and_never_go_back(tick: int, zone: str, at: int) -> None:
    time = local(tick, zone)
    ticks = range((at - 2 * DAY) // tick, (at + 2 * DAY) // tick)
    days = [time.day(number) for number in ticks]
    assert days == sorted(days)
    assert [number for number in ticks if time.ends_day(number)] == [
        number for number in ticks if time.day(number) != time.day(number + 1)
    ]
    assert len(set(days)) >= 4


@every_tick
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("at", AROUND)
def test_day_starts_with_its_first_tick(tick: int, zone: str, at: int) -> None:
    time = local(tick, zone)
    for number in range((at - 2 * DAY) // tick, (at + 2 * DAY) // tick):
        if time.ends_day(number):
            assert time.start(time.day(number + 1)) == (number + 1) * tick


@given(st.sampled_from(TICKS), st.sampled_from(ZONES), st.integers(0, 2 * 10**15))
def test_tick_belongs_to_the_day_that_holds_most_of_it(tick: int, zone: str, at: int) -> None:
    time = local(tick, zone)
    pieces = time.segments(at // tick)
    by_day = {piece.day: 0.0 for piece in pieces}
    for piece in pieces:
        by_day[piece.day] += piece.share
    assert by_day.get(time.day(at // tick), 0.0) >= max(by_day.values()) - 2.0  # clocks are set


@every_tick
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("at", AROUND)
def test_segments_cover_the_tick_without_overlap(tick: int, zone: str, at: int) -> None:
    time = local(tick, zone)
    for number in range(at // tick, at // tick + min(DAY // tick, 200)):
        pieces = time.segments(number)
        assert sum(piece.share for piece in pieces) == pytest.approx(tick / HOUR)
        assert all(0 < piece.share <= 1 for piece in pieces)


def hours(time: LocalTime, at: int, count: int) -> list[int]:
    return [time.segments(number)[0].hour for number in range(at // HOUR, at // HOUR + count)]


def test_hour_that_is_skipped_has_no_segment() -> None:
    assert hours(local(HOUR), SHORT - HOUR, 5) == [0, 1, 3, 4, 5]


def test_hour_that_comes_twice_has_two() -> None:
    assert hours(local(HOUR), LONG - 2 * HOUR, 5) == [0, 1, 2, 2, 3]


def test_days_of_23_and_25_hours_are_days() -> None:
    time = local(HOUR)
    for middle, length in ((SHORT, 23), (LONG, 25)):
        day = time.day_of(middle + DAY // 2)
        assert (time.start(day + 1) - time.start(day)) // HOUR == length


def test_day_that_is_left_out_has_no_length() -> None:
    time = local(HOUR, "Pacific/Apia")
    day = LEFT_OUT // DAY
    assert time.start(day) == time.start(day + 1)
    ticks = range(LEFT_OUT // HOUR, LEFT_OUT // HOUR + 24)
    assert {time.day(number) for number in ticks} == {day - 1, day + 1}


def test_half_hour_zones_cut_ticks_at_their_hours() -> None:
    assert local(HOUR, "Asia/Kolkata").segments(0) == [Segment(0, 5, 0.5), Segment(0, 6, 0.5)]


def test_day_of_a_zone_far_behind_is_where_its_trade_is() -> None:
    time = local(DAY, "America/Los_Angeles")
    noon = parse_instant("2024-05-31T20:00:00Z")
    assert weekday(time.day(noon // DAY)) == 4  # a Friday, also with ticks of a day


@every_tick
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_absurd_years_have_days_too(tick: int, zone: str, at: str) -> None:
    time, number = local(tick, zone), parse_instant(at) // tick
    time.segments(number)
    assert abs(time.start(time.day(number)) - parse_instant(at)) <= 2 * DAY


def test_moment_on_the_wall_is_the_first_that_shows_it() -> None:
    time = local(HOUR)
    for wall, moment in (
        ("2024-10-27T02:30:00Z", "2024-10-27T00:30:00Z"),  # shown twice
        ("2024-03-31T02:30:00Z", "2024-03-31T01:30:00Z"),  # never shown
        ("2024-07-01T00:00:00Z", "2024-06-30T22:00:00Z"),
    ):
        assert format_instant(time.moment(parse_instant(wall))) == moment
