"""What a change earns on average, against what it earns in trials."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from detectors.baselines import order_size, order_volume
from detectors.setup import Setup
from detectors.watching.ability import earned_by_size, information
from detectors.watching.fleet import Fleet
from schemas.alert import Kind
from tests.core.playing import settings


def one(expected: float, ratio: float, variance: float) -> float:
    return float(information(np.array([expected]), ratio, np.array([variance]))[0])


def test_silence_of_a_poisson_stream_earns_a_nat_an_order() -> None:
    assert one(14.0, 0.0, 0.0) == pytest.approx(14.0, rel=1e-6)


@pytest.mark.parametrize("ratio", [0.5, 3.0])
def test_poisson_change_earns_its_divergence(ratio: float) -> None:
    assert one(20.0, ratio, 0.0) == pytest.approx(20 * (1 - ratio + ratio * log(ratio)), rel=1e-5)


@pytest.mark.parametrize("ratio", [0.25, 0.7, 3.0, 6.0])
@pytest.mark.parametrize("variance", [0.03, 0.3])
def test_overdispersed_change_earns_the_mean_log_likelihood_ratio(
    ratio: float, variance: float
) -> None:
    mean, size = 12.0, 1 / variance
    count = np.arange(2000)
    after = stats.nbinom(size, size / (size + ratio * mean))
    before = stats.nbinom(size, size / (size + mean))
    ratio_of_logs = after.logpmf(count) - before.logpmf(count)
    assert one(mean, ratio, variance) == pytest.approx(float(after.pmf(count) @ ratio_of_logs))


def test_rise_beyond_the_largest_tested_earns_as_the_largest_tested() -> None:
    """Six returns in six orders of a dealer that usually returns one in fifty."""
    mean, spread = np.array([0.12]), np.array([0.0])
    assert information(mean, 50.0, spread, 6.0) == pytest.approx(6 * log(6) - 5 * 0.12, rel=1e-5)
    assert information(mean, 6.0, spread, 6.0) < 1.0


@given(st.floats(0, 1e6), st.sampled_from([0.0, 0.03, 0.5, 1.7, 6.0]), st.floats(0, 2))
def test_information_is_finite_and_never_negative(
    expected: float, ratio: float, variance: float
) -> None:
    assert -1e-6 <= one(expected, ratio, variance) < 1e8


@given(st.floats(0.01, 1e3), st.floats(1e-6, 1))
def test_a_longer_window_earns_more(expected: float, variance: float) -> None:
    assert one(2 * expected, 0.5, variance) >= one(expected, 0.5, variance)


def test_size_of_a_few_orders_may_say_more_than_silence() -> None:
    """Six orders of a quarter of the size: six that are missing earn six nats at most."""
    fleet, rows = Fleet(Setup(settings())), np.arange(2)
    fleet.volume, fleet.size = order_volume.empty(2), order_size.empty(2)
    fleet.volume.level[:], fleet.volume.level_orders[:] = 0.1, 40.0
    fleet.size.deviation[:] = 0.25
    fleet.size.orders[:] = [40.0, order_size.MIN_ORDERS - 1.0]
    nats = earned_by_size(fleet, Kind.ORDER_VOLUME_DROP, rows, np.full(2, 60.0))
    assert nats[0] > 15.0
    assert nats[1] == 0.0
