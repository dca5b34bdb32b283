"""EARS C2 and C3 (Hutwagner et al. 2003), the methods of public health surveillance.

C2 = (y_t - mean) / sd                  mean and sd of the 7 days that ended 3 days ago
C3 = sum over 3 days of max(0, C2 - 1)
"""

from __future__ import annotations

from typing import Final

import numpy as np

from benchmarks.detection.daily import Daily, window
from benchmarks.detection.scenarios import F64
from schemas.alert import Kind

_BASE, _LAG = 7, 3  # days
_LEAST: Final = {True: 0.5, False: 1e-3}  # sd of counts, and of prices relative to their mean


def c2(days: Daily, kind: Kind) -> F64:
    """Standard deviations above the mean of the week before."""
    values = days.series(kind)
    mean = window(values, _BASE, _LAG) / _BASE
    square = window(values**2, _BASE, _LAG) / _BASE
    spread = np.sqrt(np.maximum(square - mean**2, 0.0) * _BASE / (_BASE - 1))
    counted = kind is not Kind.UNIT_PRICE_DROP
    least = _LEAST[counted] if counted else _LEAST[counted] * np.maximum(np.abs(mean), 1e-9)
    return np.asarray((values - mean) / np.maximum(spread, least))


def c3(days: Daily, kind: Kind) -> F64:
    """What exceeded one standard deviation, over three days."""
    return window(np.maximum(c2(days, kind) - 1.0, 0.0), 3)
