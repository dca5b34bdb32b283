"""Numbers leave with 6 significant digits, money in whole cents."""

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.rounding import MOST_MONEY, cents, money, significant, significants, split_cents

amounts = st.floats(-1e9, 1e9)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_significant_is_stable_and_close(number: float) -> None:
    rounded = significant(number)
    assert significant(rounded) == rounded
    assert math.isclose(rounded, number, rel_tol=5.1e-6)


halves = st.builds(lambda n, e: (n + 0.5) * 10.0**e, st.integers(0, 10**6), st.integers(-20, 20))


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False) | halves, max_size=20))
def test_significants_are_significant_one_by_one(numbers: list[float]) -> None:
    rounded = significants(np.array(numbers)).tolist()
    assert list(map(str, rounded)) == [str(significant(number)) for number in numbers]


def test_significants_keep_what_is_no_number() -> None:
    assert np.isnan(significants(np.array([np.nan]))[0])


def test_significant_has_no_negative_zero() -> None:
    assert str(significant(-0.0)) == "0.0"
    assert str(money(-0.001)) == "0.0"


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_numbers_that_cannot_be_sent_are_refused(number: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        significant(number)
    with pytest.raises(ValueError, match="finite"):
        cents(number)


def test_money_beyond_the_range_is_refused() -> None:
    assert cents(MOST_MONEY / 10) == 10**14
    with pytest.raises(ValueError, match="out of range"):
        cents(MOST_MONEY)


@given(amounts)
def test_money_is_whole_cents(amount: float) -> None:
    assert abs(money(amount) - amount) <= 0.005 + 1e-9 * abs(amount)
    assert money(amount) == cents(amount) / 100
    assert cents(money(amount)) == cents(amount)


@given(st.lists(amounts, min_size=1, max_size=8))
def test_split_adds_up_to_the_cent(parts: list[float]) -> None:
    exact = sum((Decimal(repr(part)) for part in parts), Decimal())
    assert abs(sum(split_cents(parts)) - exact * 100) <= Decimal("0.5")


@given(st.lists(amounts, min_size=1, max_size=8))
def test_split_moves_no_part_by_more_than_a_cent(parts: list[float]) -> None:
    for part, whole in zip(parts, split_cents(parts), strict=True):
        assert abs(part * 100 - whole) <= 1 + 1e-6


def test_split_gives_the_missing_cents_to_those_that_lost_most() -> None:
    assert split_cents([-0.005, -0.005, 0.01]) == [0, -1, 1]
    assert split_cents([1.239, 1.231, 0.0]) == [124, 123, 0]
