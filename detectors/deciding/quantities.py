"""What one order line of each article usually has, over the whole network.

The scale on which the size of orders is counted (detectors.baselines.order_size): it has to hold
still rather than to follow, so it is the mean over all lines, and moves by a thousandth of a line
once there were a thousand.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import numpy as np

from detectors.baselines.common_factor import SCALE
from detectors.columns import F64, grown
from detectors.deciding.totals import Articles
from schemas.named_rows import Levels, Sums

LINES: Final = 1000.0  # votes after which an old line counts as much as a new one


class _Usual(NamedTuple):
    """What is known of articles."""

    level: F64  # (n,) log of a line's quantity
    votes: F64  # (n,) lines it is the mean of, at most LINES


def _unknown(n: int) -> _Usual:
    return _Usual(np.zeros(n), np.zeros(n))


class UsualQuantities:
    """Mean log quantity of a line, by article."""

    def __init__(self) -> None:
        self._names = Articles()
        self._usual = _unknown(0)

    def add(self, sums: Iterable[Sums]) -> Levels:
        """One tick of all partitions; the articles that were bought."""
        whole, named = self._names.add_up(sums, 2)
        self._usual = grown(self._usual, _unknown, len(self._names))
        named &= whole[:, 0] > 0
        told = self._names.sorted(named)
        votes, logs = whole[told].T / SCALE
        level, before = self._usual.level[told], self._usual.votes[told]
        self._usual.level[told] = level + (logs - votes * level) / (before + votes)
        self._usual.votes[told] = np.minimum(before + votes, LINES)
        return self._names.levels(told, self._usual.level)

    def state(self) -> Any:
        """Plain values for a snapshot."""
        count = len(self._names)
        return [self._names.all, [column[:count].tolist() for column in self._usual]]

    def load(self, state: Any) -> None:
        """Take over what `state` gave."""
        names, columns = state
        self._names = Articles(names)
        self._usual = _Usual(*map(np.array, columns))
