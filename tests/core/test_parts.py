"""The change in money, split by what it comes from."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.deciding.draft import parts_of
from schemas.alert import Parts

MONEY = st.floats(0.0, 1e6)
FACTOR = st.one_of(st.just(1.0), st.floats(0.01, 100.0))
FACTORS = st.tuples(FACTOR, FACTOR, FACTOR)


def split(before: float, factors: tuple[float, float, float]) -> Parts:
    product = factors[0] * factors[1] * factors[2]
    return parts_of(before, factors, before * (product - 1.0))


def cents(parts: Parts) -> list[int]:
    five = (parts.order_frequency, parts.order_size, parts.price, parts.mix, parts.lost_skus)
    return [round(100 * one) for one in five]


@given(MONEY, FACTORS)
def test_parts_are_the_whole_change_to_the_cent(
    before: float, factors: tuple[float, float, float]
) -> None:
    parts, product = split(before, factors), factors[0] * factors[1] * factors[2]
    assert sum(cents(parts)) == round(100 * parts.total)
    assert parts.total == pytest.approx(before * (product - 1.0), rel=1e-9, abs=0.02)


@given(MONEY, FACTORS)
def test_split_does_not_depend_on_the_order_of_the_factors(
    before: float, factors: tuple[float, float, float]
) -> None:
    usual = dict(zip("abc", cents(split(before, factors)), strict=False))
    for order in permutations(range(3)):
        turned = cents(split(before, (factors[order[0]], factors[order[1]], factors[order[2]])))
        for place, one in enumerate(order):
            same = pytest.approx(usual["abc"[one]], rel=1e-9, abs=1)
            assert turned[place] == same


@given(MONEY, FACTORS)
def test_factor_that_has_not_changed_has_no_part(
    before: float, factors: tuple[float, float, float]
) -> None:
    frequency, size, price, *_ = cents(split(before, (factors[0], 1.0, factors[2])))
    assert abs(size) <= 1  # largest remainder gives a cent to anybody
    assert frequency * (factors[0] - 1.0) >= -1
    assert price * (factors[2] - 1.0) >= -1


def test_without_orders_all_of_it_is_their_number() -> None:
    assert cents(split(100.0, (0.0, 0.5, 0.9))) == [-10_000, 0, 0, 0, 0]


@given(st.floats(0.0, 1e300), st.tuples(*[st.floats(0.0, 1e300)] * 3), st.floats(-1e12, 1e12))
def test_any_numbers_give_parts(
    before: float, factors: tuple[float, float, float], total: float
) -> None:
    parts = parts_of(before, factors, total)
    assert sum(cents(parts)) == round(100 * parts.total)
