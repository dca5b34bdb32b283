"""Chances are probabilities of a whole search, and bounds hold what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from detectors.baselines.history import Windows, likeliest
from detectors.deciding.bounds import CREDIBLE, bounds
from detectors.timeline import DAY
from detectors.watching.rarity import LEAST, few_or_many, looks, of_any
from schemas.vocabulary import Unit


def one(observed: float, expected: float, variance: float, *, falling: bool) -> float:
    arrays = (np.array([x]) for x in (observed, expected, variance))
    return float(few_or_many(*arrays, falling=falling)[0])


@pytest.mark.parametrize(("observed", "expected"), [(2, 14.0), (0, 5.0), (9, 3.0), (30, 4.0)])
@pytest.mark.parametrize("variance", [0.01, 0.2])
def test_chance_of_a_window_is_the_negative_binomials(
    observed: int, expected: float, variance: float
) -> None:
    size = 1 / variance
    law = stats.nbinom(size, size / (size + expected))
    few, many = (one(observed, expected, variance, falling=down) for down in (True, False))
    assert few == pytest.approx(float(law.cdf(observed)))
    assert many == pytest.approx(float(law.sf(max(observed, 1) - 1)))


def test_chance_of_far_too_many_is_small_and_not_zero() -> None:
    assert 0 < one(100, 3.0, 0.001, falling=False) < 1e-60


@given(st.floats(0, 1e6), st.floats(1e-6, 1e6), st.floats(0, 10), st.floats(1, 20), st.booleans())
def test_chance_is_never_zero_and_never_nan(
    observed: float, expected: float, variance: float, count: float, falling: bool
) -> None:
    chance = np.array([one(observed, expected, variance, falling=falling)])
    assert LEAST <= float(of_any(chance, np.array([count]))[0]) <= 1


@pytest.mark.parametrize("per_day", [0.3, 3.0])
@pytest.mark.parametrize("falling", [True, False])
def test_chance_of_the_likeliest_window_is_that_of_the_search(
    per_day: float, falling: bool
) -> None:
    """Of streams without any change one in a thousand shows a chance of one in a thousand."""
    dealers, ends = 100_000, np.array([*range(1, 29), *range(35, 183, 7)])
    counts = np.random.default_rng(3).poisson(per_day, (dealers, ends[-1])).cumsum(axis=1)
    found = Windows(-ends * DAY, counts[:, ends - 1] * 1.0, np.tile(per_day * ends, (dealers, 1)))
    since = np.full(dealers, -200 * DAY)
    best, every = likeliest(found, falling, since), np.arange(dealers)
    seen, due = found.observed[every, best], found.expected[every, best]
    chance = few_or_many(seen, due, np.zeros(dealers), falling=falling)
    shortest = np.full(dealers, max(1.0, 1 / per_day) if falling else 1.0)
    told = of_any(chance, looks(np.full(dealers, 182.0), shortest))
    for level in (0.01, 0.001):
        assert 0.4 * level < np.mean(told <= level) < 1.7 * level


@pytest.mark.parametrize("ratio", [0.2, 0.5, 3.0])
@pytest.mark.parametrize("variance", [0.0, 0.1])
def test_bounds_hold_the_ratio_as_often_as_they_say(ratio: float, variance: float) -> None:
    rng, expected, trials = np.random.default_rng(5), 20.0, 2000
    shape = 1 / max(variance, 1e-9)
    intensity = rng.gamma(shape, 1 / shape, trials) if variance else np.ones(trials)
    inside = 0
    for count in rng.poisson(ratio * expected * intensity).tolist():
        found = bounds(float(count), expected, variance, Unit.ORDERS)
        assert found is not None
        inside += found[0] <= ratio <= found[1]
    assert inside / trials == pytest.approx(CREDIBLE, abs=0.06)


def test_bounds_of_silence_begin_at_zero() -> None:
    found = bounds(0.0, 10.0, 0.05, Unit.ORDERS)
    assert found is not None
    assert found[0] == 0 < found[1] < 0.3


def test_bounds_of_a_price_lie_around_it() -> None:
    found = bounds(0.9, 1.0, 0.01**2, Unit.PRICE_INDEX)
    assert found == pytest.approx((0.9 * 0.98726, 0.9 * 1.0129), rel=1e-4)


def test_nothing_expected_has_no_bounds() -> None:
    assert bounds(3.0, 0.0, 0.1, Unit.ORDERS) is None
