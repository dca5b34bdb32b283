"""How far evidence leaps over its line, against simulated leaps."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.columns import F64
from detectors.evidence.overshoot import leaps

MANY = 20_000
FAR = np.array(100.0)  # nats a step may add: no bound that matters


def mean_of_exp_minus_leap(distance: float, line: float) -> float:
    """Sums of the log likelihood ratios of changed steps until they cross the line."""
    rng = np.random.default_rng(int(100 * distance))
    total: F64 = np.zeros(MANY)
    while (below := total < line).any():
        step = distance * rng.normal(distance, 1.0, MANY) - 0.5 * distance**2
        total += np.where(below, step, 0.0)
    return float(np.exp(line - total).mean())


@pytest.mark.parametrize("distance", [0.2, 0.5, 1.0, 2.0, 3.0])
def test_leaps_are_those_of_a_random_walk(distance: float) -> None:
    simulated = mean_of_exp_minus_leap(distance, line=12.0)
    assert 1.0 / leaps(np.array(distance), FAR) == pytest.approx(simulated, rel=0.05)


def test_weak_steps_leap_not_at_all_and_strong_ones_their_own_length() -> None:
    assert leaps(np.array([0.0, 1e-9]), FAR) == pytest.approx(1.0, abs=1e-3)
    assert leaps(np.array([10.0]), FAR)[0] == pytest.approx(10.0**2 / 2, rel=0.02)


def test_step_that_may_say_little_leaps_no_further_however_large_the_change() -> None:
    bounded = leaps(np.array([3.0, 30.0, 3000.0]), np.array(4.5))
    assert bounded == pytest.approx(bounded[0])
    assert leaps(np.array([3.0]), np.array(0.0)) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("distance", [1.0, 2.0, 3.0])
def test_line_is_crossed_as_often_as_was_asked(distance: float) -> None:
    """Shiryaev-Roberts of known steps, one a day: once in 400 days is asked."""
    rng, asked, days = np.random.default_rng(7), 400.0, 3000
    factor, r = float(leaps(np.array(distance), FAR)), np.zeros(400)
    crossed = 0
    for _ in range(days):
        step = rng.normal(0.0, 1.0, len(r))
        r = (r + factor) * np.exp(distance * step - 0.5 * distance**2)
        over = r >= asked
        crossed += int(over.sum())
        r[over] = 0.0
    assert crossed / (days * len(r)) == pytest.approx(1.0 / asked, rel=0.12)
