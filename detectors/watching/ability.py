"""What can be proven of a dealer, and how fast: who gets a full share of the budget.

A change to `ratio` of a rate earns, over a window in which m are expected, on average the
Kullback-Leibler divergence of two negative binomials of shape 1 / v, v the relative variance:

    r m ln(r q) + ln(q) / v        q = (1 + v m) / (1 + r v m)

Silence is r = 0, and earns what the dealer's rhythm says if that is more. Of who orders seldom the
size of a few orders may say more than their silence. A rise has no such end:
the most that can happen is a case in every order, far beyond the largest rise that is tested; a
window of that rate earns, with the tested ratio t in the logarithms,

    r m ln(t q) + ln(q) / v        q = (1 + v m) / (1 + t v m)

A dealer of whom not even the largest change could be proven in 60 days, or in four of its own gaps,
has but a slight share of the budget: its line is higher (`detectors.watching.crossings`), for what
overwhelms every doubt should be told of anybody, and what is not told of costs nothing.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from detectors.baselines import case_rate, order_size, order_volume, pattern, rhythm, unit_price
from detectors.columns import F64, I64, Bool
from detectors.evidence.detector import Form
from detectors.registry import KINDS
from detectors.watching import noise
from detectors.watching.fleet import CASES, TRADE, Fleet
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
    largest = extreme(fleet, kind, rows, day)
    nats = earned(fleet, kind, rows, day, largest, days)
    if kind in TRADE:
        nats = np.maximum(nats, earned_by_size(fleet, kind, rows, days))
    return np.asarray(nats >= threshold)


def extreme(fleet: Fleet, kind: Kind, rows: I64, day: int) -> float | F64:
    """The largest change there can be, as a ratio, or (k,): silence, or a case in every order."""
    lead = KINDS[kind][0]
    largest = float(lead.sizes.max())
    if lead.form is Form.RESIDUAL:
        return float(np.exp(np.abs(lead.sizes).max() * (-1 if lead.falling else 1)))
    if lead.falling:
        return 0.0
    usual = np.maximum(noise.daily(fleet, kind, rows, day), 1e-12)
    return np.asarray(np.maximum(fleet.volume.level[rows] / usual, largest))


def earned(
    fleet: Fleet, kind: Kind, rows: I64, day: int | I64, ratio: float | F64, days: F64
) -> F64:
    """(k,) nats that a change to `ratio` earns on average in so many days."""
    if kind is Kind.UNUSUAL_PATTERN:
        return days * pattern.information(fleet.volume.level[rows])
    if KINDS[kind][0].form is Form.RESIDUAL:
        return days * unit_price.information(fleet.price, rows, float(np.max(ratio)))
    expected = noise.daily(fleet, kind, rows, day) * days
    lasting = order_volume.LEVEL_PERSISTENCE_DAYS if kind not in CASES else case_rate.RATE_DAYS
    error = noise.shrinking(noise.level_variance(fleet, kind, rows), 1.0 / lasting, days)
    variance = noise.own_variance(fleet, kind, rows, days) + error
    nats = information(expected, ratio, variance, float(KINDS[kind][0].sizes.max()))
    if kind is Kind.ORDER_VOLUME_DROP and np.max(ratio) == 0.0:
        nats = np.maximum(nats, rhythm.proof(fleet.rhythm, rows, days, fleet.known.rhythm_pools()))
    return nats


def earned_by_size(fleet: Fleet, kind: Kind, rows: I64, days: F64) -> F64:
    """(k,) nats that the largest change of the size of orders earns: few of them may say it."""
    part = order_size.SMALLER if KINDS[kind][0].falling else order_size.LARGER
    of = order_size.noise(fleet.size, rows, fleet.known.size_pools())
    orders = np.maximum(fleet.volume.level[rows] * days, 1e-9)
    shift = float(np.abs(part.sizes).max())
    nats = 0.5 * shift**2 / (of.latent + of.order / orders) + np.log(order_size.SHARE)
    return np.where(fleet.size.orders[rows] >= order_size.MIN_ORDERS, nats, 0.0)


def information(expected: F64, ratio: float | F64, variance: F64, largest: float = np.inf) -> F64:
    """(k,) mean nats of a window in which the rate is `ratio` of what is expected.

    largest: ratio that is tested; what is beyond earns as this one.
    """
    spread, tested = np.maximum(variance, 1e-9), np.minimum(ratio, largest)
    log_q = np.log1p(spread * expected) - np.log1p(tested * spread * expected)
    kept = ratio * expected * (np.log(np.maximum(tested, 1e-300)) + log_q)
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
