"""What a price is compared with."""

from __future__ import annotations

import numpy as np

from detectors.baselines.price_lines import SIZE_CLASSES, size_class
from detectors.watching.knowledge import item_name


def test_quantities_are_of_one_class_up_to_twice_as_many() -> None:
    quantity = np.array([0.25, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 12.0, 96.0, 1e9])
    assert size_class(quantity).tolist() == [30, 32, 32, 33, 33, 34, 34, 35, 38, 61]


def test_quantities_beyond_all_trade_have_a_class_too() -> None:
    assert size_class(np.array([1e-300, 1e300])).tolist() == [0, SIZE_CLASSES - 1]


def test_articles_are_told_apart_by_currency_and_class_of_quantity() -> None:
    assert len({item_name(c, "S1", n) for c in ("EUR", "GBP") for n in (0, 3)}) == 4
