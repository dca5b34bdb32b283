"""How every measure of a dealer stands against what was expected, over its last days."""

from __future__ import annotations

from typing import Final

import numpy as np

from detectors.baselines import pattern, price_lines
from detectors.columns import F64, I64
from detectors.evidence.detector import Form
from detectors.registry import DETECTORS
from detectors.watching import noise
from detectors.watching.fleet import Fleet
from schemas.alert import Kind

MEASURES: Final = (
    Kind.ORDER_VOLUME_DROP, Kind.UNIT_PRICE_DROP, Kind.COMPLAINT_SPIKE, Kind.RETURN_SPIKE,
)  # fmt: skip
MOST_SCORE: Final = 8.0  # standard deviations of one day


def sums(fleet: Fleet, rows: I64, day: int, days: I64) -> F64:
    """(k, measures, 2) observed and expected (residuals: shift, precision) of the last days."""
    found = np.empty((len(rows), len(MEASURES), 2))
    for place, name in enumerate(MEASURES):
        out = np.empty((len(rows), 2))
        pattern.recent(fleet.history[name].days, rows, day, days, out)
        found[:, place] = out
    return found


def probabilities(fleet: Fleet, rows: I64, day: int, days: I64) -> F64:
    """(k, measures) probability of less than was seen in the last days (k,), 0 to 1."""
    found, length = sums(fleet, rows, day, days), days.astype(np.float64)
    columns = [_of(fleet, name, rows, found[:, at], length) for at, name in enumerate(MEASURES)]
    return np.stack(columns, axis=1)


def _of(fleet: Fleet, name: Kind, rows: I64, found: F64, days: F64) -> F64:
    variance = _variance(fleet, name, rows, days)
    of = pattern.lower if DETECTORS[name].form is Form.RESIDUAL else pattern.less_likely
    return of(found[:, 0], found[:, 1], variance)


def _variance(fleet: Fleet, name: Kind, rows: I64, days: F64) -> F64:
    """(k,) of what is expected over so many days: moods of the dealer, errors of its level."""
    if DETECTORS[name].form is Form.RESIDUAL:
        pools = fleet.known.price_pools()  # a dealer's own would learn what is to be seen
        drift = pools.visit + pools.mood + price_lines.OWN_TERM**2 / 10.0
        return np.full(len(rows), drift)
    own = noise.own_variance(fleet, name, rows, days)
    return own + noise.level_variance(fleet, name, rows)


def normal_scores(fleet: Fleet, name: Kind, rows: I64, day: int) -> F64:
    """(k,) one day of one measure in standard deviations from what was expected, at most 8."""
    one = np.ones(len(rows), np.int64)
    found = sums(fleet, rows, day, one)[:, MEASURES.index(name)]
    variance = _variance(fleet, name, rows, np.ones(len(rows)))
    spread = np.sqrt(found[:, 1] + variance * found[:, 1] ** 2)
    usual = 0.0 if DETECTORS[name].form is Form.RESIDUAL else found[:, 1]
    score = (found[:, 0] - usual) / np.maximum(spread, 1e-6)
    return np.asarray(np.clip(score, -MOST_SCORE, MOST_SCORE))
