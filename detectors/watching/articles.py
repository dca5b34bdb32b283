"""Articles: products in a currency and a class of quantities, numbered by all three."""

from __future__ import annotations

import numpy as np

from detectors.baselines.price_lines import SIZE_CLASSES
from detectors.columns import I64
from detectors.watching.dealers import Names
from detectors.watching.ids import RowIndex, key_of
from detectors.watching.knowledge import Knowledge, item_name


class Articles:
    """Finds the numbers that `Knowledge.items` gives to names; no state, only a shorter way."""

    def __init__(self) -> None:
        self._index = RowIndex()
        self._items: I64 = np.zeros(0, np.int64)  # (rows of the index,) number of the article

    def items(
        self, currency: I64, skus: I64, size: I64, currencies: Names, known: Knowledge
    ) -> I64:
        """(n,) article of each line; new ones are named in order of appearance."""
        before = self._index.count
        pairs = key_of(currency * SIZE_CLASSES + size, skus)
        rows = self._index.rows(pairs)
        if self._index.count > before:
            first = _first_of_each(rows, before)
            names = [
                item_name(currencies.all[currency[at]], known.skus.all[skus[at]], int(size[at]))
                for at in first
            ]
            self._items = np.concatenate([self._items, known.items.codes(names)])
        return self._items[rows]


def _first_of_each(rows: I64, before: int) -> I64:
    """Places of the first of each row from `before` on, in order of the rows."""
    new = np.flatnonzero(rows >= before)
    _, first = np.unique(rows[new], return_index=True)
    return np.asarray(new[first], np.int64)
