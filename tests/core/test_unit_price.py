"""What a price is compared with."""

from __future__ import annotations

import numpy as np
import pytest

from detectors.baselines import unit_price
from detectors.baselines.price_lines import SIZE_CLASSES, size_class
from detectors.watching.knowledge import item_name


def test_quantities_are_of_one_class_up_to_twice_as_many() -> None:
    quantity = np.array([0.25, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 12.0, 96.0, 1e9])
    assert size_class(quantity).tolist() == [30, 32, 32, 33, 33, 34, 34, 35, 38, 61]


def test_quantities_beyond_all_trade_have_a_class_too() -> None:
    assert size_class(np.array([1e-300, 1e300])).tolist() == [0, SIZE_CLASSES - 1]


def test_articles_are_told_apart_by_currency_and_class_of_quantity() -> None:
    assert len({item_name(c, "S1", n) for c in ("EUR", "GBP") for n in (0, 3)}) == 4


@pytest.mark.parametrize(("low_lines", "left"), [(2, 0.0), (4, 0.0), (6, -1.2)])
def test_a_few_bargains_are_no_cut_but_a_cut_is_of_most_lines(low_lines: int, left: float) -> None:
    """A visit of ten lines; the low ones lie at -0.2, the others at 0."""
    price, rows = unit_price.empty(1), np.arange(1)
    price.day_weighted[0], price.day_precision[0] = -0.2 * low_lines, 10.0
    price.day_low[0] = -0.2 * low_lines, low_lines
    unit_price.end_visit(price, rows)
    assert price.day_weighted[0] == pytest.approx(left)
    assert price.day_precision[0] == (10.0 if left else 10.0 - low_lines)
