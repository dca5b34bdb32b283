"""river's detectors of drift and its Gaussian scorer, one of them per dealer and kind.

Drift detectors say yes or no. To compare at equal false alarms each runs at a ladder of
sensitivities; the score of a day is how insensitive a detector still saw drift.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from river import anomaly, drift

from benchmarks.detection.daily import Daily
from benchmarks.detection.scenarios import F64
from schemas.alert import Kind

_ANOMALY: Final[Any] = anomaly  # published with few types
_DRIFT: Final[Any] = drift
_WARM_UP: Final = 28  # days
_LADDER: Final = np.geomspace(2.0, 400.0, 14)  # thresholds of PageHinkley, standard deviations
_DELTAS: Final = np.geomspace(0.5, 1e-12, 14)  # confidences of ADWIN


def page_hinkley(days: Daily, kind: Kind) -> F64:
    """Sum of standardised values above their mean."""

    def score(values: F64) -> F64:
        found = np.full(len(values), -np.inf)
        for height in _LADDER:
            test = _DRIFT.PageHinkley(
                min_instances=_WARM_UP, delta=0.05, threshold=float(height), mode="up"
            )
            for day, value in enumerate(values.tolist()):
                test.update(value)
                if test.drift_detected:
                    found[day] = np.log(height)
        return found

    return _each(_standardised(days.series(kind)), score)


def adwin(days: Daily, kind: Kind) -> F64:
    """A window cut where its halves differ; counts when the mean after the cut is worse."""

    def score(values: F64) -> F64:
        found = np.full(len(values), -np.inf)
        for delta in _DELTAS:
            test = _DRIFT.ADWIN(delta=float(delta), clock=1)
            for day, value in enumerate(values.tolist()):
                before = test.estimation
                test.update(value)
                if test.drift_detected and test.estimation > before:
                    found[day] = -np.log(delta)
        return found

    return _each(_standardised(days.series(kind)), score)


def gaussian(days: Daily, kind: Kind) -> F64:
    """How far out a day lies in the normal distribution of all days before, upper side."""

    def score(values: F64) -> F64:
        scorer = _ANOMALY.GaussianScorer(window_size=None, grace_period=_WARM_UP)
        found, total = np.full(len(values), -np.inf), 0.0
        for day, value in enumerate(values.tolist()):
            if day > _WARM_UP and value > total / day:
                found[day] = scorer.score_one(None, value)
            scorer.learn_one(None, value)
            total += value
        return found

    return _each(days.series(kind), score)


def _each(values: F64, score: Callable[[F64], F64]) -> F64:
    """Every dealer by itself."""
    return np.array([score(row) for row in values])


def _standardised(values: F64) -> F64:
    """Less the mean, over the standard deviation of the days before: (dealers, days)."""
    n = np.arange(1, values.shape[1] + 1)
    mean = np.cumsum(values, axis=1) / n
    spread = np.sqrt(np.maximum(np.cumsum(values**2, axis=1) / n - mean**2, 0.0))
    before = np.roll(mean, 1, axis=1), np.maximum(np.roll(spread, 1, axis=1), 1e-3)
    standard = (values - before[0]) / before[1]
    standard[:, :_WARM_UP] = 0.0
    return np.asarray(np.clip(standard, -10.0, 10.0))
