"""How long after an order its cases come is learned from the fleet."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.baselines import case_rate
from detectors.baselines.common_factor import SCALE
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
