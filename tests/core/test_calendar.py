"""Known windows: how wide they are, whom they concern, and what a day inside is worth."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from detectors.calendar import LEAST_RATIO, PLAIN, DayEffect, LocalCalendar, ratios
from detectors.local_time import LocalTime
from detectors.timeline import Timeline
from schemas.calendar import CalendarWindow, WindowScope, WindowType
from schemas.instant import DAY, HOUR

HOLIDAY, PROMOTION, EVENT, WORKDAY = WindowType
MARKET = (WindowScope.MARKET, None)
SHORT = DayEffect(weight=0.35, planned=True, case_weight=0.35)
LONG = DayEffect(variance=0.35, planned=True)


def window(
    first: int, days: int, kind: WindowType = HOLIDAY, scope: WindowScope = WindowScope.MARKET
) -> CalendarWindow:
    entity = None if scope is WindowScope.MARKET else "x"
    span = first * DAY, (first + days) * DAY
    return CalendarWindow(*span, "w", kind, scope, entity, None, local=True)


def calendar(*windows: CalendarWindow, zone: str = "UTC", country: str = "") -> LocalCalendar:
    return LocalCalendar(windows, [country], LocalTime(Timeline(HOUR, 0), ZoneInfo(zone)))


def effect(known: LocalCalendar, day: int) -> DayEffect:
    return known.today(day).effects.get(MARKET, PLAIN)


def planned(known: LocalCalendar) -> list[int]:
    return [day for day in range(60) if effect(known, day).planned]


def test_days_without_window_are_plain() -> None:
    assert effect(calendar(), 10) == PLAIN == DayEffect(1.0, 0.0, 1.0, False)


@pytest.mark.parametrize(
    ("days", "kind", "first", "last"),
    [
        (1, HOLIDAY, 19, 22),
        (5, HOLIDAY, 19, 26),
        (8, HOLIDAY, 19, 34),
        (3, PROMOTION, 20, 27),
        (1, EVENT, 20, 25),
        (1, WORKDAY, 20, 20),
    ],
)
def test_window_is_widened(days: int, kind: WindowType, first: int, last: int) -> None:
    assert planned(calendar(window(20, days, kind))) == list(range(first, last + 1))


def test_short_holiday_discounts_and_long_one_widens() -> None:
    assert effect(calendar(window(20, 1)), 20) == SHORT
    assert effect(calendar(window(20, 4)), 22) == SHORT
    assert effect(calendar(window(20, 5)), 22) == LONG


def test_promotion_discounts_prices_too_and_a_holiday_does_not() -> None:
    assert effect(calendar(window(20, 1, PROMOTION)), 20).price_weight == 0.5
    assert effect(calendar(window(20, 1)), 20).price_weight == 1.0


def test_promotion_is_no_reason_to_heed_complaints_less() -> None:
    assert effect(calendar(window(20, 1, PROMOTION)), 20).case_weight == 1.0
    for other in (WindowType.HOLIDAY, WindowType.EVENT):
        day = effect(calendar(window(20, 1, other)), 20)
        assert day.case_weight == day.weight < 1.0


def test_part_of_a_day_is_that_day() -> None:
    half = replace(window(20, 1, PROMOTION), start=20 * DAY + DAY // 2, end=20 * DAY + DAY // 2 + 1)
    assert effect(calendar(half), 20).weight == 0.5


def test_of_several_windows_the_strongest_counts() -> None:
    both = calendar(window(20, 6), window(21, 1), window(20, 3, PROMOTION))
    assert effect(both, 21) == DayEffect(0.35, 0.35, 0.5, planned=True, case_weight=0.35)


def test_order_of_windows_does_not_matter() -> None:
    windows = [window(20, 6), window(21, 1), window(25, 3, PROMOTION)]
    forwards, backwards = calendar(*windows), calendar(*windows[::-1])
    assert all(effect(forwards, day) == effect(backwards, day) for day in range(60))


def test_window_concerns_only_those_it_names() -> None:
    for scope in (WindowScope.REGION, WindowScope.DEALER, WindowScope.SKU):
        today = calendar(window(20, 3, scope=scope)).today(21)
        assert list(today.effects) == [(scope, "x")]


def test_holiday_of_a_country_is_that_of_its_dealers() -> None:
    national = window(20, 1, scope=WindowScope.COUNTRY)
    assert planned(calendar(national, country="x")) == [19, 20, 21, 22]
    assert planned(calendar(national, country="y")) == []


def test_article_is_planned_while_its_window_lasts() -> None:
    known = calendar(window(20, 2, PROMOTION, WindowScope.SKU))
    assert [day for day in range(60) if known.today(day).articles] == [20, 21]


def test_date_is_the_local_day_and_a_moment_is_the_same_everywhere() -> None:
    local, exact = window(20, 1, PROMOTION), replace(window(20, 1, PROMOTION), local=False)
    for zone, shift in (("UTC", 0), ("Asia/Shanghai", 0), ("America/New_York", -1)):
        assert planned(calendar(local, zone=zone))[0] == 20
        assert planned(calendar(exact, zone=zone))[0] == 20 + shift


def test_worked_day_off_is_like_the_day_it_is_worked_for() -> None:
    sunday = replace(window(3, 1, WORKDAY), like_weekday=4)
    assert [calendar(sunday).weekday(day) for day in range(1, 6)] == [4, 5, 4, 0, 1]
    assert effect(calendar(sunday), 3) == DayEffect(planned=True)


def test_expected_ratio_takes_the_place_of_the_discount_inside_its_window() -> None:
    known = calendar(replace(window(20, 2, EVENT), expected_ratio=0.5))
    assert [effect(known, day).weight for day in (20, 21, 22)] == [1.0, 1.0, 0.5]
    assert effect(known, 20).variance == 0.06


def test_expected_ratio_counts_as_far_as_the_window_covers_the_tick() -> None:
    event = replace(window(20, 1, EVENT), end=20 * DAY + 18 * HOUR, expected_ratio=0.5)
    today = calendar(event).today(20)
    assert ratios(today, 20 * DAY, 20 * DAY + HOUR) == {MARKET: 0.5}
    assert ratios(today, 20 * DAY + 12 * HOUR, 21 * DAY) == {MARKET: 0.75}
    assert ratios(today, 20 * DAY + 18 * HOUR, 21 * DAY) == {MARKET: 1.0}


def test_ratio_means_the_same_for_ticks_of_any_length() -> None:
    event = replace(window(20, 1, EVENT), end=20 * DAY + 5 * HOUR, expected_ratio=3.0)
    today = calendar(event).today(20)
    for length in (HOUR // 60, HOUR, 6 * HOUR, DAY):
        starts = range(20 * DAY, 21 * DAY, length)
        expected = sum(ratios(today, at, at + length)[MARKET] * length for at in starts)
        assert expected / DAY == pytest.approx(1 + 2 * 5 / 24)


def test_ratios_of_several_windows_multiply_and_none_is_nothing() -> None:
    one = replace(window(20, 1, EVENT), expected_ratio=0.5)
    closed = replace(one, expected_ratio=0.0)
    whole = 20 * DAY, 21 * DAY
    assert ratios(calendar(one, one).today(20), *whole) == {MARKET: 0.25}
    assert ratios(calendar(closed).today(20), *whole) == {MARKET: LEAST_RATIO}


def test_evidence_is_never_muted() -> None:
    known = calendar(*(window(k, 1 + k % 9, kind) for k in range(50) for kind in WindowType))
    assert all(effect(known, day).weight >= 0.35 for day in range(60))


def test_memory_does_not_grow_with_days() -> None:
    known = calendar(window(20, 3))
    before = [effect(known, day) for day in range(3000)]
    assert len(known._days) <= 1001
    assert all(effect(known, day) == one for day, one in enumerate(before))
    assert any(a != b for a, b in pairwise(before))
