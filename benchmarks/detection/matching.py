"""The threshold at which false alarms are as many as wanted, and intervals over dealers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from benchmarks.detection.episodes import Openings, Scores, openings
from benchmarks.detection.scenarios import F64, I64, Truth
from benchmarks.detection.scoring import rate
from schemas.alert import Kind

_HALVINGS: Final = 30  # of the rank of the threshold among the scores: exact for 10^9 of them
_RESAMPLES: Final = 400
_COVERAGE: Final = (2.5, 97.5)  # percentiles


class Interval(NamedTuple):
    """An estimate and what dealers drawn anew would have given in 95 of 100 cases."""

    value: float
    low: float
    high: float


def threshold(truth: Truth, kind: Kind, scores: Scores, per_year: float) -> float:
    """The smallest with at most so many false alarms per dealer-year; inf where none has."""
    ranked = np.unique(scores.values[np.isfinite(scores.values)])
    low, high = 0, len(ranked)  # the answer is in ranked[low:high] or inf
    for _ in range(_HALVINGS):
        if low >= high:
            break
        middle = (low + high) // 2
        if rate(truth.free[kind], openings(scores, float(ranked[middle]))) > per_year:
            low = middle + 1
        else:
            high = middle
    return float(ranked[low]) if low < len(ranked) else float("inf")


def matched(truth: Truth, kind: Kind, scores: Scores, per_year: float) -> Openings:
    """The alerts at equal false alarms."""
    return openings(scores, threshold(truth, kind, scores, per_year))


def interval(dealer: I64, values: F64, figure: Callable[[F64], float], seed: int = 1) -> Interval:
    """`figure` of values, with an interval by drawing dealers (not values) with replacement."""
    if not len(values):
        return Interval(np.nan, np.nan, np.nan)
    rng = np.random.default_rng(seed)
    own = [np.flatnonzero(dealer == one) for one in np.unique(dealer)]
    drawn = []
    for _ in range(_RESAMPLES):
        chosen = rng.integers(0, len(own), len(own))
        drawn.append(figure(values[np.concatenate([own[one] for one in chosen])]))
    low, high = np.percentile(drawn, _COVERAGE, method="nearest")  # "never" has no middle
    return Interval(figure(values), float(low), float(high))
