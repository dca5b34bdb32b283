"""How every measure of a dealer stands against what was expected, over its last days."""

from __future__ import annotations

from typing import Final

import numpy as np

from detectors.baselines import pattern, unit_price
from detectors.columns import F64, I64
from detectors.evidence.detector import Form
from detectors.registry import DETECTORS
from detectors.watching import noise
from detectors.watching.fleet import Fleet
from schemas.alert import Kind

MEASURES: Final = (
    Kind.ORDER_VOLUME_DROP, Kind.UNIT_PRICE_DROP, Kind.COMPLAINT_SPIKE, Kind.RETURN_SPIKE,
)  # fmt: skip


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
    if DETECTORS[name].form is Form.RESIDUAL:
        drift = fleet.known.pools["drift"][0] + unit_price.OWN_TERM**2 / 10.0
        return pattern.lower(found[:, 0], found[:, 1], np.full(len(rows), drift))
    variance = noise.own_variance(fleet, name, rows, days) + noise.level_variance(fleet, name, rows)
    return pattern.less_likely(found[:, 0], found[:, 1], variance)
