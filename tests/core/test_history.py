"""What was observed and expected since a moment, against a plain list of ticks."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.baselines import history as past
from detectors.columns import F64
from detectors.timeline import DAY, HOUR

TICK = 6 * HOUR
PER_DAY = DAY // TICK
FIRST = 19_700 * PER_DAY  # a tick that begins a day
SHOWN = 240  # days


def recorded(
    ticks: int, seed: int = 1, drop_at: int | None = None, ring: int = past.TICKS
) -> tuple[past.History, F64]:
    """A history of three dealers after so many ticks, and (ticks, 3, 2) what went in."""
    rng = np.random.default_rng(seed)
    history, told = past.empty(5, ring), np.zeros((ticks, 3, 2))
    for step in range(ticks):
        tick = FIRST + step
        day = tick // PER_DAY
        if step and tick % PER_DAY == 0:
            past.begin_day(history, np.arange(5), day)
        rate = 0.5 if drop_at is None or step < drop_at else 0.05
        told[step] = np.stack([rng.poisson(rate, 3), np.full(3, 0.5)], axis=1)
        days = np.full(3, day)
        past.record(history, np.array([0, 2, 4]), tick, days, told[step, :, 0], told[step, :, 1])
    return history, told


def moment(ticks: int) -> past.Moment:
    tick = FIRST + ticks - 1
    return past.Moment(tick, TICK, tick // PER_DAY, lambda day: day * DAY)


@pytest.mark.parametrize("ring", [past.TICKS, 0])
@pytest.mark.parametrize("ticks", [1, 3, 50, 113, 800, SHOWN * PER_DAY + 2])
def test_every_window_can_be_recounted(ticks: int, ring: int) -> None:
    history, told = recorded(ticks, ring=ring)
    found = past.windows(history, np.array([0, 2, 4]), moment(ticks))
    starts = (FIRST + np.arange(ticks)) * TICK
    for column, start in enumerate(found.start.tolist()):
        inside = told[starts >= start].sum(axis=0)
        np.testing.assert_allclose(found.observed[:, column], inside[:, 0], atol=1e-4)
        np.testing.assert_allclose(found.expected[:, column], inside[:, 1], rtol=1e-5)


def test_windows_come_shortest_first_and_reach_back_half_a_year() -> None:
    history, _ = recorded(SHOWN * PER_DAY)
    now = moment(SHOWN * PER_DAY)
    found = past.windows(history, np.array([0]), now)
    assert (np.diff(found.start) <= 0).all()
    assert found.start[0] == now.tick * TICK
    assert now.day * DAY - found.start[-1] >= 175 * DAY


def test_likeliest_window_begins_where_the_orders_stopped() -> None:
    history, _ = recorded(60 * PER_DAY, drop_at=50 * PER_DAY)
    found = past.windows(history, np.array([0, 2, 4]), moment(60 * PER_DAY))
    best = past.likeliest(found, falling=True, since=np.zeros(3, np.int64))
    began = FIRST * TICK + 50 * DAY
    assert (np.abs(found.start[best] - began) <= 4 * DAY).all()


def test_likeliest_window_does_not_begin_before_the_dealer() -> None:
    history, _ = recorded(60 * PER_DAY, drop_at=30 * PER_DAY)
    found = past.windows(history, np.array([0]), moment(60 * PER_DAY))
    since = np.array([FIRST * TICK + 45 * DAY])
    best = past.likeliest(found, falling=True, since=since)
    assert found.start[best[0]] >= since[0]


def test_likeliest_window_of_a_rise_has_more_than_expected() -> None:
    history, _ = recorded(40 * PER_DAY, seed=2)
    found = past.windows(history, np.array([0, 2, 4]), moment(40 * PER_DAY))
    every, since = np.arange(3), np.zeros(3, np.int64)
    for falling in (True, False):
        best = past.likeliest(found, falling, since)
        more = found.observed[every, best] > found.expected[every, best]
        assert (more != falling).all()


def test_long_and_slight_rise_does_not_hide_a_short_and_clear_one() -> None:
    history = past.empty(1, 0)
    for day in range(FIRST // PER_DAY, FIRST // PER_DAY + 90):
        past.begin_day(history, np.array([0]), day)
        orders = 200.0 if day >= FIRST // PER_DAY + 87 else 120.0
        counted = np.array([orders]), np.array([100.0])
        past.record(history, np.array([0]), day * PER_DAY, np.array([day]), *counted)
    found = past.windows(history, np.array([0]), moment(90 * PER_DAY))
    since = np.zeros(1, np.int64)
    days = [(found.start[0] - found.start[past.likeliest(found, False, since, least)[0]]) // DAY
            for least in (1.0, 1.32)]  # fmt: skip
    assert days[0] > 60
    assert days[1] == 2


def test_last_days_are_the_local_days_up_to_now() -> None:
    history, told = recorded(50 * PER_DAY)
    day = (FIRST + 50 * PER_DAY - 1) // PER_DAY
    for count in (1, 7, 28):
        expected = told[-count * PER_DAY :].sum(axis=0)
        found = past.last_days(history, np.array([0, 2, 4]), day, count)
        np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_dealer_without_a_record_in_a_tick_has_an_empty_one() -> None:
    history = past.empty(2, past.TICKS)
    past.record(history, np.array([0]), 1000, np.array([250]), np.array([3.0]), np.array([2.0]))
    later, one = np.array([262]), np.array([1.0])
    past.record(history, np.array([1]), 1000 + past.TICKS, later, one, one)
    assert history.ticks[:, 0].sum() == 0.0
