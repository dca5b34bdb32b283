"""What can be proven of a dealer, and how fast: who gets a share of the budget.

A change to `ratio` of a rate earns, over a window in which m are expected, on average the
Kullback-Leibler divergence of two negative binomials of shape 1 / v, v the relative variance:

    r m ln(r q) + ln(q) / v        q = (1 + v m) / (1 + r v m)

Silence is r = 0, and earns what the dealer's rhythm says if that is more. A dealer of whom not even
the largest change that a kind looks for could be proven in 60 days, or in four of its own gaps, has
no share of the budget and is not told of: its evidence could cross the line only by the passing of
time.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from detectors.baselines import case_rate, order_volume, pattern, rhythm, unit_price
from detectors.columns import F64, I64, Bool
from detectors.evidence.detector import Form
from detectors.registry import KINDS
from detectors.watching import noise
from detectors.watching.fleet import CASES, Fleet
from schemas.alert import Kind

PROOF_DAYS: Final = 60.0
PROOF_GAPS: Final = 4.0
HORIZON_DAYS: Final = 365.0  # a proof that takes longer is none
HALVINGS: Final = 12  # of that horizon: to a tenth of a day


def able(fleet: Fleet, kind: Kind, rows: I64, day: int) -> Bool:
    """(k,) whether the largest change of a kind could be proven here in time."""
    days = np.full(len(rows), PROOF_DAYS)
    if kind not in CASES:
        gaps = PROOF_GAPS / np.maximum(fleet.volume.level[rows], 1e-9)
        days = np.clip(gaps, PROOF_DAYS, HORIZON_DAYS)
    threshold = fleet.known.threshold(kind)
    return np.asarray(earned(fleet, kind, rows, day, extreme(kind), days) >= threshold)


def extreme(kind: Kind) -> float:
    """The largest change that a kind looks for, as a ratio; for counts that fall, silence."""
    lead = KINDS[kind][0]
    if lead.form is Form.RESIDUAL:
        return float(np.exp(np.abs(lead.sizes).max() * (-1 if lead.falling else 1)))
    return 0.0 if lead.falling else float(lead.sizes.max())


def earned(fleet: Fleet, kind: Kind, rows: I64, day: int | I64, ratio: float, days: F64) -> F64:
    """(k,) nats that a change to `ratio` earns on average in so many days."""
    if kind is Kind.UNUSUAL_PATTERN:
        return days * pattern.information(fleet.volume.level[rows])
    if KINDS[kind][0].form is Form.RESIDUAL:
        return days * unit_price.information(fleet.price, rows, ratio)
    expected = noise.daily(fleet, kind, rows, day) * days
    lasting = order_volume.LEVEL_PERSISTENCE_DAYS if kind not in CASES else case_rate.RATE_DAYS
    error = noise.shrinking(noise.level_variance(fleet, kind, rows), 1.0 / lasting, days)
    nats = information(expected, ratio, noise.own_variance(fleet, kind, rows, days) + error)
    if kind is Kind.ORDER_VOLUME_DROP and ratio == 0.0:
        nats = np.maximum(nats, rhythm.proof(fleet.rhythm, rows, days, fleet.known.rhythm_pools()))
    return nats


def information(expected: F64, ratio: float, variance: F64) -> F64:
    """(k,) mean nats of a window in which the rate is `ratio` of what is expected."""
    spread = np.maximum(variance, 1e-9)
    log_q = np.log1p(spread * expected) - np.log1p(ratio * spread * expected)
    kept = ratio * expected * (np.log(ratio) + log_q) if ratio > 0 else 0.0
    return np.asarray(kept + log_q / spread)


def proof_days(fleet: Fleet, kind: Kind, rows: I64, day: int | I64, ratio: float) -> F64:
    """(k,) days until a change to `ratio` has earned its threshold on average; inf: over a year."""
    threshold = fleet.known.threshold(kind)
    low, high = np.zeros(len(rows)), np.full(len(rows), HORIZON_DAYS)
    never = earned(fleet, kind, rows, day, ratio, high) < threshold
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        enough = earned(fleet, kind, rows, day, ratio, middle) >= threshold
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return np.where(never, np.inf, high)
