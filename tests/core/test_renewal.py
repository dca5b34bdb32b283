"""How long a regular dealer may keep silent, against scipy and against simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from detectors.columns import F64
from detectors.evidence.renewal import (
    LEAST_SURVIVAL,
    SHAPES,
    Habit,
    keeping,
    survival,
    weigh_shapes,
)

EVEN = np.full(len(SHAPES), 1 / len(SHAPES))


def only(shape: int) -> F64:
    """All weight on one shape."""
    weight = np.zeros(len(SHAPES))
    weight[shape] = 1.0
    return weight


@given(
    st.sampled_from(range(len(SHAPES))),
    st.floats(1, 90),
    st.floats(0.02, 20),
    st.sampled_from([0.5, 3.0, 40.0]),
)
def test_survival_is_the_beta_integral(shape: int, gaps: float, age: float, mean: float) -> None:
    k = SHAPES[shape]
    exact = special.betainc(k * gaps, k, gaps / (gaps + age))
    if exact > 1e-4:
        assert keeping(age * mean, mean, gaps, only(shape)) == pytest.approx(exact, rel=0.03)


def test_survival_of_one_gap_without_memory_is_known_in_closed_form() -> None:
    """k = 1, n gaps: the Lomax law (1 + a / (n m))^-n."""
    for gaps in (1.0, 8.0, 64.0):
        assert keeping(3.0, 1.5, gaps, only(1)) == pytest.approx((1 + 2 / gaps) ** -gaps, rel=1e-3)


@given(
    st.floats(0, 1e5),
    st.floats(0, 1e5),
    st.floats(1e-3, 1e4),
    st.floats(1e-6, 1e3),
    st.floats(1e-4, 0.5),
)
def test_survival_falls_and_stays_a_probability(
    age: float, more: float, mean: float, gaps: float, skipping: float
) -> None:
    habit = Habit(gaps, mean, skipping, 20.0)
    before, after = (survival(a, habit, EVEN, 0.5) for a in (age, age + more))
    assert LEAST_SURVIVAL <= after <= before * (1 + 1e-9)
    assert before <= 1.0


def test_skipped_cycle_costs_what_skipping_costs() -> None:
    habit = Habit(30.0, 14.0, 0.01, 50.0)
    sure = only(len(SHAPES) - 1)
    once, twice = (survival(21.0 + 14.5 * n, habit, sure, 0.5) for n in (0, 1))
    assert once == pytest.approx(0.01, rel=0.05)
    # the second is likelier after the first: (A + 1) / (A + B + 1)
    assert twice / once == pytest.approx(1.5 / 51, rel=0.05)


def gamma_gaps(shape: float, gaps: int, seed: int) -> F64:
    return np.random.default_rng(seed).gamma(shape, 10.0 / shape, gaps)


@pytest.mark.parametrize("place", [1, 4, 7])
def test_shape_is_recognised(place: int) -> None:
    gaps, weight = gamma_gaps(SHAPES[place], 60, seed=place), np.empty(len(SHAPES))
    weigh_shapes(60.0, gaps.sum(), np.log(gaps).sum(), np.log(EVEN), weight)
    assert weight.sum() == pytest.approx(1.0)
    assert weight[place - 1 : place + 2].sum() > 0.9


@pytest.mark.parametrize("shape", [1.0, 8.0, 64.0])
@pytest.mark.parametrize("gaps", [2, 5, 20])
def test_next_gap_outlives_its_survival_as_often_as_it_says(shape: float, gaps: int) -> None:
    """Given the shape the law is exact for any number of gaps: ranks are uniform."""
    many, place = 4_000, int(np.flatnonzero(shape == SHAPES)[0])
    seen = gamma_gaps(shape, many * (gaps + 1), seed=1).reshape(many, gaps + 1)
    rank = [keeping(row[-1], row[:-1].mean(), float(gaps), only(place)) for row in seen]
    for level in (0.01, 0.1, 0.5):
        error = 4 * (level * (1 - level) / many) ** 0.5
        assert np.mean(np.array(rank) < level) == pytest.approx(level, abs=error + 0.03 * level)
