"""river's HalfSpaceTrees on a dealer's week against its month: one score for all kinds."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import numpy as np
from river import anomaly

from benchmarks.detection.daily import Daily
from benchmarks.detection.peers import ratio
from benchmarks.detection.scenarios import F64, KINDS
from schemas.alert import Kind

_RIVER: Final[Any] = anomaly  # published with few types
_WARM_UP: Final = 28  # days
_WINDOW: Final = 56  # days the trees are filled from
_LIMIT: Final = 2.0  # log ratios beyond a factor of 7 are cut


def score(days: Daily, kind: Kind) -> F64:
    """(dealers, days) anomaly of the day; it does not say which kind."""
    del kind
    return _anomaly(_Same(days))


class _Same:
    """Days as a key of the cache: the four kinds share one run."""

    def __init__(self, days: Daily) -> None:
        self.days = days

    def __hash__(self) -> int:
        return id(self.days.orders)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.days.orders is self.days.orders


@cache
def _anomaly(same: _Same) -> F64:
    figures = np.stack([ratio.score(same.days, kind) for kind in KINDS], axis=-1)
    return np.array([_of_dealer(row) for row in np.clip(figures, -_LIMIT, _LIMIT)])


def _of_dealer(figures: F64) -> F64:
    """Take figures (days, kinds) to the anomaly of each day."""
    limits = dict.fromkeys(range(len(KINDS)), (-_LIMIT, _LIMIT))
    trees = _RIVER.HalfSpaceTrees(height=6, window_size=_WINDOW, limits=limits, seed=1)
    found = np.full(len(figures), -np.inf)
    for day in range(_WARM_UP, len(figures)):
        x = dict(enumerate(figures[day].tolist()))
        if day >= _WARM_UP + _WINDOW:
            found[day] = trees.score_one(x)
        trees.learn_one(x)
    return found
