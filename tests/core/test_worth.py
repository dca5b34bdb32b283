"""What a dealer's orders are worth: bulk orders, cancellations, currencies."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.baselines import worth
from detectors.columns import F64

ROW = np.array([0])
EUR, USD = 0, 1


def count(known: worth.Worth, *values: float, currency: int = EUR) -> None:
    """Orders of one line each."""
    rows = np.zeros(len(values), np.int64)
    codes = np.full(len(values), currency)
    worth.count(known, rows, codes, np.array(values), np.ones(len(values), np.bool_))


def usual(days: int = 60, value: float = 100.0) -> worth.Worth:
    known = worth.empty(1)
    for _ in range(days):
        count(known, value, value)
        worth.learn_day(known, ROW, np.ones(1))
    return known


def per_order(known: worth.Worth) -> float:
    found: F64 = worth.per_order(known, ROW)
    return float(found[0])


def test_value_per_order_is_the_mean_of_its_orders() -> None:
    assert per_order(usual()) == pytest.approx(100.0)


def test_lines_of_one_order_add_up() -> None:
    known = worth.empty(1)
    rows, currency = np.zeros(3, np.int64), np.zeros(3, np.int64)
    worth.count(known, rows, currency, np.array([50.0, 30.0, 20.0]), np.array([True, False, False]))
    assert per_order(known) == 100.0


def test_dealer_without_orders_has_no_value() -> None:
    assert np.isnan(per_order(worth.empty(1)))


def test_open_day_counts_at_once() -> None:
    known = worth.empty(1)
    count(known, 80.0)
    assert per_order(known) == 80.0


def test_level_follows_with_its_half_life() -> None:
    known = usual(days=2000)
    for _ in range(90):
        count(known, 200.0, 200.0)
        worth.learn_day(known, ROW, np.ones(1))
    assert per_order(known) == pytest.approx(150.0, rel=0.01)


def test_bulk_order_counts_ten_times_the_usual_at_most() -> None:
    known = usual()
    count(known, 1e8)
    worth.learn_day(known, ROW, np.ones(1))
    assert per_order(known) < 100.0 * (1 + worth.BULK / 50)


def test_young_dealer_has_no_bulk_yet() -> None:
    known = worth.empty(1)
    count(known, 10.0)
    worth.learn_day(known, ROW, np.ones(1))
    count(known, 1000.0)
    worth.learn_day(known, ROW, np.ones(1))
    assert per_order(known) == pytest.approx(505.0, rel=0.01)


def test_order_cancelled_on_its_day_leaves_no_trace() -> None:
    known, plain = usual(), usual()
    count(known, 1e6)
    worth.take_back(known, ROW, np.array([1e6]))
    for one in (known, plain):
        worth.learn_day(one, ROW, np.ones(1))
    assert per_order(known) == pytest.approx(per_order(plain))


def test_order_cancelled_days_later_leaves_a_bounded_trace() -> None:
    known = usual()
    count(known, 1e6)
    worth.learn_day(known, ROW, np.ones(1))
    worth.take_back(known, ROW, np.array([1e6]))
    worth.learn_day(known, ROW, np.ones(1))
    assert 50.0 < per_order(known) < 200.0


def test_first_currency_counts_and_another_makes_it_mixed() -> None:
    known = usual()
    count(known, 5.0, currency=USD)
    assert known.currency[0] == EUR
    assert bool(known.mixed[0])
    assert np.isnan(per_order(known))


def test_first_line_of_a_batch_names_the_currency() -> None:
    known = worth.empty(2)
    rows = np.array([0, 0, 1, 0])
    worth.count(known, rows, np.array([USD, EUR, EUR, EUR]), np.ones(4), np.ones(4, np.bool_))
    assert known.currency.tolist() == [USD, EUR]
    assert known.mixed.tolist() == [True, False]
