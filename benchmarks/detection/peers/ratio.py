"""The rule of thumb: the last 7 days against the 28 days before."""

from __future__ import annotations

import numpy as np

from benchmarks.detection.daily import RISING, Daily, window
from benchmarks.detection.scenarios import F64
from schemas.alert import Kind

_RECENT, _USUAL = 7, 28


def score(days: Daily, kind: Kind) -> F64:
    """Log ratio, in the bad direction. One count is added to both, or small dealers fill it all."""
    if kind is Kind.UNIT_PRICE_DROP:
        return -np.log(_price(days, _RECENT, 0) / _price(days, _USUAL, _RECENT))
    counts = days.counts(kind)
    recent = window(counts, _RECENT) + 1.0
    usual = window(counts, _USUAL, _RECENT) * _RECENT / _USUAL + 1.0
    rise = np.log(recent / usual)
    return np.asarray(rise if kind in RISING else -rise)


def _price(days: Daily, length: int, lag: int) -> F64:
    """Mean price over a window; the price before it where nothing was sold."""
    lines = window(days.lines, length, lag)
    mean = window(days.value, length, lag) / np.maximum(lines, 1.0)
    before = np.roll(days.mean_price(), lag, axis=1)
    return np.maximum(np.where(lines > 0, mean, before), 1e-9)
