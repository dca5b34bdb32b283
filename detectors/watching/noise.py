"""How much comes in a day, and how much that varies by itself: what a count has to beat."""

from __future__ import annotations

import numpy as np

from detectors.baselines import case_rate, order_volume
from detectors.columns import F64, I64
from detectors.watching.fleet import CASES, Fleet
from detectors.watching.knowledge import CASE_KINDS
from schemas.alert import Kind


def daily(fleet: Fleet, kind: Kind, rows: I64, day: int | I64) -> F64:
    """(k,) what a usual day brings: orders, or cases of one kind."""
    if kind not in CASES:
        return fleet.volume.level[rows]
    which = CASES.index(kind)
    cases, standing = fleet.cases(which), fleet.dealers.standing
    pools = fleet.known.case_pools(CASE_KINDS[which], fleet.dealers.tiers)
    age = np.maximum(day - standing.first_day[rows] - case_rate.LEARN_LATE_DAYS, 1)
    days = (1.0 - case_rate.KEEP**age) / (1.0 - case_rate.KEEP)  # in the forgotten sums
    return np.asarray(case_rate.rate(cases, rows, standing.tier, pools) * cases.lines[rows] / days)


def own_variance(fleet: Fleet, kind: Kind, rows: I64, days: F64) -> F64:
    """(k,) relative variance of a window's count beyond Poisson's: good and bad weeks."""
    own, fading = _own(fleet, kind, rows)
    return shrinking(own, fading, days)


def of_windows(fleet: Fleet, kind: Kind, rows: I64, days: F64) -> F64:
    """(k, m) relative variance of what is expected in windows of so many days (m,)."""
    own, fading = _own(fleet, kind, rows)
    lasting = own[:, None] * shrinking(np.ones(len(days)), fading, days)
    return np.asarray(lasting + level_variance(fleet, kind, rows)[:, None])


def _own(fleet: Fleet, kind: Kind, rows: I64) -> tuple[F64, float]:
    """(k,) relative variance of the intensity of a day, and its fading per day."""
    if kind not in CASES:
        pools = fleet.known.volume_pools(fleet.dealers.tiers)
        own = order_volume.dispersion(fleet.volume, rows, pools)
        return own, -float(np.log(pools.persistence))
    pools_of_cases = fleet.known.case_pools(CASE_KINDS[CASES.index(kind)], fleet.dealers.tiers)
    return np.full(len(rows), pools_of_cases.dispersion), 1.0 / case_rate.DISPERSION_DAYS


def level_variance(fleet: Fleet, kind: Kind, rows: I64) -> F64:
    """(k,) relative variance of what is expected: the level is learned, not known."""
    if kind not in CASES:
        return np.asarray(1.0 / (fleet.volume.level_orders[rows] + order_volume.PRIOR_DAYS))
    which = CASES.index(kind)
    pools = fleet.known.case_pools(CASE_KINDS[which], fleet.dealers.tiers)
    prior = pools.prior[fleet.dealers.standing.tier[rows]]
    return np.asarray(1.0 / (fleet.cases(which).cases[rows] + prior))


def shrinking(variance: F64, fading: float, days: F64) -> F64:
    """Variance of the mean of an AR(1) over a window, from its variance and fading per day."""
    x = np.maximum(fading * days, 1e-6)
    return np.asarray(variance * 2.0 * np.where(x < 1e-3, 0.5, (x - 1.0 + np.exp(-x)) / x**2))
