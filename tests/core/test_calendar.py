"""Known windows: how wide they are, and what a day inside is worth."""

from __future__ import annotations

from itertools import pairwise

import pytest

from detectors.calendar import PLAIN, Calendar, DayEffect
from schemas.calendar import CalendarWindow, WindowScope, WindowType
from schemas.instant import DAY

HOLIDAY, PROMOTION, EVENT = WindowType.HOLIDAY, WindowType.PROMOTION, WindowType.EVENT
SHORT = DayEffect(weight=0.35, planned=True)
LONG = DayEffect(variance=0.35, planned=True)


def window(
    first: int, days: int, kind: WindowType = HOLIDAY, scope: WindowScope = WindowScope.MARKET
) -> CalendarWindow:
    entity = None if scope is WindowScope.MARKET else "x"
    return CalendarWindow(first * DAY, (first + days) * DAY, "w", kind, scope, entity, None)


def planned(calendar: Calendar) -> list[int]:
    return [day for day in range(60) if calendar.effect(day).planned]


def test_days_without_window_are_plain() -> None:
    assert Calendar([]).effect(10) == PLAIN == DayEffect(1.0, 0.0, False)


@pytest.mark.parametrize(
    ("days", "kind", "first", "last"),
    [
        (1, HOLIDAY, 19, 22),
        (5, HOLIDAY, 19, 26),
        (8, HOLIDAY, 19, 34),
        (3, PROMOTION, 20, 27),
        (1, EVENT, 20, 25),
    ],
)
def test_window_is_widened(days: int, kind: WindowType, first: int, last: int) -> None:
    assert planned(Calendar([window(20, days, kind)])) == list(range(first, last + 1))


def test_short_holiday_discounts_and_long_one_widens() -> None:
    assert Calendar([window(20, 1)]).effect(20) == SHORT
    assert Calendar([window(20, 4)]).effect(22) == SHORT
    assert Calendar([window(20, 5)]).effect(22) == LONG


def test_part_of_a_day_is_that_day() -> None:
    half = CalendarWindow(
        20 * DAY + DAY // 2, 20 * DAY + DAY // 2 + 1, "w", PROMOTION, WindowScope.MARKET, None, None
    )
    assert Calendar([half]).effect(20).weight == 0.5


def test_of_several_windows_the_strongest_counts() -> None:
    both = Calendar([window(20, 6), window(21, 1), window(20, 3, PROMOTION)])
    assert both.effect(21) == DayEffect(weight=0.35, variance=0.35, planned=True)


def test_order_of_windows_does_not_matter() -> None:
    windows = [window(20, 6), window(21, 1), window(25, 3, PROMOTION)]
    forwards, backwards = Calendar(windows), Calendar(windows[::-1])
    assert all(forwards.effect(day) == backwards.effect(day) for day in range(60))


def test_window_of_one_dealer_is_not_the_markets() -> None:
    scopes = [scope for scope in WindowScope if scope is not WindowScope.MARKET]
    assert not planned(Calendar([window(20, 3, scope=scope) for scope in scopes]))


def test_evidence_is_never_muted() -> None:
    calendar = Calendar([window(k, 1 + k % 9, kind) for k in range(50) for kind in WindowType])
    assert all(calendar.effect(day).weight >= 0.35 for day in range(60))


def test_memory_does_not_grow_with_days() -> None:
    calendar = Calendar([window(20, 3)])
    before = [calendar.effect(day) for day in range(3000)]
    assert len(calendar._days) <= 1001
    assert all(calendar.effect(day) == effect for day, effect in enumerate(before))
    assert any(a != b for a, b in pairwise(before))
