"""The fleet's own excursions set the offset of every kind."""

from __future__ import annotations

import json
from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.deciding.calibration import IN_BAND, MOST_NATS, Calibration

KIND = "order_volume_drop"
PER_DAY = 0.1 / 365  # one false alarm in ten years


def learned(factor: float, dealers: int, days: int, seed: int = 1, tick: float = 1.0) -> float:
    """The offset of a fleet whose evidence crosses lines `factor` times as often as it should."""
    rng, calibration = np.random.default_rng(seed), Calibration()
    for _ in range(int(days / tick)):
        rate = dealers * tick * PER_DAY * IN_BAND * factor
        calibration.learn({KIND: int(rng.poisson(rate))}, {KIND: dealers}, {KIND: PER_DAY}, tick)
    return calibration.offset(KIND)


@pytest.mark.parametrize("factor", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_offset_makes_up_for_the_factor_within_a_year(factor: float, seed: int) -> None:
    assert learned(factor, dealers=3000, days=365, seed=seed) == pytest.approx(log(factor), abs=0.3)


@pytest.mark.parametrize("dealers", [10**5, 10**7])
def test_large_fleets_do_not_chase_a_bad_week(dealers: int) -> None:
    calibration = Calibration()
    usual = round(dealers * PER_DAY * IN_BAND)
    for _ in range(200):
        calibration.learn({KIND: usual}, {KIND: dealers}, {KIND: PER_DAY}, 1.0)
    for _ in range(7):
        calibration.learn({KIND: 3 * usual}, {KIND: dealers}, {KIND: PER_DAY}, 1.0)
    assert 0 < calibration.offset(KIND) < 0.3


@pytest.mark.parametrize("tick", [1 / 24, 1.0])
def test_length_of_the_tick_does_not_matter(tick: float) -> None:
    assert learned(2.0, dealers=10**5, days=400, tick=tick) == pytest.approx(log(2), abs=0.2)


@given(st.lists(st.tuples(st.integers(-5, 10**6), st.integers(0, 10**6)), max_size=30))
def test_offset_stays_within_a_nat(ticks: list[tuple[int, int]]) -> None:
    calibration = Calibration()
    for found, dealers in ticks:
        calibration.learn({KIND: found}, {KIND: dealers}, {KIND: PER_DAY}, 1 / 24)
        assert -MOST_NATS <= calibration.offset(KIND) <= MOST_NATS


def test_kind_that_nobody_shares_has_no_offset() -> None:
    calibration = Calibration()
    calibration.learn({}, {}, {KIND: PER_DAY}, 1.0)
    assert calibration.offset(KIND) == 0.0


def test_calibration_survives_as_plain_values() -> None:
    before, after = Calibration(), Calibration()
    before.learn({KIND: 7}, {KIND: 1000}, {KIND: PER_DAY}, 1.0)
    after.load(json.loads(json.dumps(before.state())))
    for one in (before, after):
        one.learn({KIND: 2}, {KIND: 1000}, {KIND: PER_DAY}, 1.0)
    assert before.offset(KIND) == after.offset(KIND)
