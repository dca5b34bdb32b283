"""How long after an order its cases come is learned from the fleet."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.baselines import case_rate
from detectors.baselines.common_factor import SCALE
from detectors.columns import F64
from detectors.deciding.pools import FleetPools

DEALERS, DAYS = 200, 365


def learned(lag_days: float) -> float:
    """The lag a fleet has come to believe in: bursts of orders, cases so long after them."""
    rng = np.random.default_rng(3)
    cases, rows = case_rate.empty(DEALERS), np.arange(DEALERS)
    orders = np.where(rng.random((DAYS, DEALERS)) < 0.05, 10.0, 0.0)
    owed, believed, pools = np.zeros(DEALERS), case_rate.LAG_DAYS[1], FleetPools()
    for fresh in orders:
        came = rng.poisson(0.05 * owed * (1 - np.exp(-1 / lag_days))).astype(np.float64)
        owed = owed * np.exp(-1 / lag_days) + fresh
        tick = case_rate.CaseTick(came, fresh, np.ones(DEALERS, np.bool_), np.full(DEALERS, 0.05))
        case_rate.advance(cases, rows, tick, 1.0, believed, True, np.empty(DEALERS))
        ages, count = case_rate.lag_lesson(cases, rows, np.ones(DEALERS, np.bool_)).sum(axis=1)
        cases.day_waited[:], cases.day_cases[:] = 0.0, 0.0
        told = pools.add([{"lag/returns": [int(ages * SCALE), int(count * SCALE)]}])
        believed = told["lag/returns"][0]
    return believed


@pytest.mark.parametrize("lag_days", [4.0, 8.0, 25.0])
def test_lag_comes_near_the_true_one(lag_days: float) -> None:
    assert learned(lag_days) == pytest.approx(lag_days, rel=0.3)


@pytest.mark.parametrize("ticks_a_day", [24, 6, 1])
def test_fleet_that_orders_all_the_time_teaches_the_same_lag_at_every_tick(
    ticks_a_day: int,
) -> None:
    """It says nothing of the lag: what is believed must not wander by the length of a tick."""
    rng = np.random.default_rng(5)
    cases, rows = case_rate.empty(DEALERS), np.arange(DEALERS)
    believed, pools, tick_days = case_rate.LAG_DAYS[0], FleetPools(), 1 / ticks_a_day
    trusted, rates = np.ones(DEALERS, np.bool_), np.full(DEALERS, 0.1)
    for step in range(200 * ticks_a_day):
        fresh = np.full(DEALERS, 10.0 * tick_days)
        came = rng.poisson(0.1 * fresh).astype(np.float64)
        tick = case_rate.CaseTick(came, fresh, trusted, rates)
        due = np.empty(DEALERS)
        case_rate.advance(cases, rows, tick, tick_days, believed, step > 60 * ticks_a_day, due)
        if (step + 1) % ticks_a_day == 0:
            ages, count = case_rate.lag_lesson(cases, rows, trusted).sum(axis=1)
            cases.day_waited[:], cases.day_cases[:] = 0.0, 0.0
            told = pools.add([{"lag/complaints": [int(ages * SCALE), int(count * SCALE)]}])
            believed = told["lag/complaints"][0]
    assert believed == pytest.approx(case_rate.LAG_DAYS[0], rel=0.02)


def test_lag_stays_within_its_bounds() -> None:
    for ages, least, most in ((10**9, 100, 120), (0, 0.5, 1)):
        pools = FleetPools()
        lags = [
            pools.add([{"lag/complaints": [int(ages * SCALE), int(1e6 * SCALE)]}])[
                "lag/complaints"
            ][0]
            for _ in range(100)
        ]
        assert least <= lags[-1] <= most


def test_case_without_orders_teaches_nothing() -> None:
    cases, rows = case_rate.empty(1), np.arange(1)
    one = np.ones(1)
    tick = case_rate.CaseTick(one, np.zeros(1), np.ones(1, np.bool_), one)
    case_rate.advance(cases, rows, tick, 1.0, 8.0, True, np.empty(1))
    assert cases.day_waited[0] == 0.0


def test_cases_that_come_in_twos_do_not_pass_for_weeks_of_their_own() -> None:
    rng = np.random.default_rng(6)
    expected: F64 = np.concatenate([np.full(2_000, 0.5), np.full(100, 20.0)])
    pools, dispersion = FleetPools(), 0.03
    for _ in range(300):
        mood = np.exp(rng.normal(-0.01, np.sqrt(0.02), len(expected)))
        documents = rng.poisson(expected * mood / 1.15)
        cases = documents + rng.binomial(documents, 0.15)
        week = np.stack([cases.astype(np.float64), expected], axis=1)
        lesson = case_rate.week_lesson(week, dispersion, np.ones(len(expected)))
        sums = [int(column.sum() * SCALE) for column in lesson]
        dispersion = pools.add([{"complaints": sums}])["complaints"][0]
    assert 0.01 < dispersion < 0.04
