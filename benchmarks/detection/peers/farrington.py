"""Farrington's algorithm in the flexible form of Noufaily et al. (2013), on sums of seven days.

Quasi-Poisson regression with a linear trend on the 26 weeks that ended three weeks ago (a year of
seasons is not at hand); weeks with large Anscombe residuals are weighed down and the fit repeated.
The score is the distance from the expected sum on the two-thirds power scale, in standard errors.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from benchmarks.detection.daily import RISING, Daily, window
from benchmarks.detection.scenarios import F64
from schemas.alert import Kind

WEEK: Final = 7  # days
WEEKS: Final = 26  # of the base line
LEAST_WEEKS: Final = 8
LAG_WEEKS: Final = 3  # between base line and the week that is judged
_ROUNDS: Final = 8  # of iterated weighted least squares: converged to 1e-6 on counts
_LARGE: Final = 2.58  # Anscombe residuals above it are weighed down


class Fit(NamedTuple):
    """What is expected of the week to judge; (dealers,) each."""

    mean: F64
    mean_variance: F64
    dispersion: F64


def score(days: Daily, kind: Kind) -> F64 | None:
    """(dealers, days) standard errors in the bad direction; prices are no counts: None."""
    if kind is Kind.UNIT_PRICE_DROP:
        return None
    sums = window(days.counts(kind), WEEK)
    found = np.full(sums.shape, -np.inf)
    for day in range((LEAST_WEEKS + LAG_WEEKS) * WEEK, sums.shape[1]):
        last = day - LAG_WEEKS * WEEK
        base = np.arange(last, WEEK - 2, -WEEK)[:WEEKS]
        fitted = fit(sums[:, base], (base - day) / WEEK)
        above = _distance(sums[:, day], fitted)
        found[:, day] = above if kind in RISING else -above
    return found


def fit(counts: F64, weeks: F64) -> Fit:
    """What is expected at week 0, from counts (dealers, n) of weeks at `weeks` (n,) < 0."""
    plain = np.ones(counts.shape)
    first = _regress(counts, weeks, plain)
    residual = 1.5 * (counts ** (2 / 3) - first.mu ** (2 / 3)) / first.mu ** (1 / 6)
    residual /= np.sqrt(first.dispersion[:, None])
    trust = np.where(residual > _LARGE, residual, 1.0) ** -2.0
    trust *= counts.shape[1] / trust.sum(axis=1, keepdims=True)
    last = _regress(counts, weeks, trust)
    mean = np.exp(np.clip(last.level, -6.0, 14.0))
    return Fit(mean, last.dispersion * mean**2 * last.level_variance, last.dispersion)


class _Regression(NamedTuple):
    mu: F64  # (dealers, n)
    level: F64  # (dealers,) log of the expected count at week 0
    level_variance: F64  # over the dispersion
    dispersion: F64


def _regress(counts: F64, weeks: F64, trust: F64) -> _Regression:
    """Log-linear Poisson regression by iterated weighted least squares, all dealers at once."""
    mu = np.maximum(np.broadcast_to(counts.mean(axis=1, keepdims=True), counts.shape), 0.05)
    level = slope = inverse = np.zeros(len(counts))
    for _ in range(_ROUNDS):
        weight = trust * mu
        target = np.log(mu) + (counts - mu) / mu
        s0, s1, s2 = (np.sum(weight * weeks**power, axis=1) for power in (0, 1, 2))
        t0, t1 = np.sum(weight * target, axis=1), np.sum(weight * weeks * target, axis=1)
        determinant = np.maximum(s0 * s2 - s1**2, 1e-9)
        level, slope = (s2 * t0 - s1 * t1) / determinant, (s0 * t1 - s1 * t0) / determinant
        inverse = s2 / determinant
        # a trend beyond a tenth a week is chance: the mean is taken for the base line
        steep = np.abs(slope) > 0.1
        level, slope = np.where(steep, t0 / s0, level), np.where(steep, 0.0, slope)
        inverse = np.where(steep, 1.0 / s0, inverse)
        mu = np.exp(np.clip(level[:, None] + slope[:, None] * weeks, -3.0, 14.0))
    freedom = max(counts.shape[1] - 2, 1)
    dispersion = np.maximum(np.sum(trust * (counts - mu) ** 2 / mu, axis=1) / freedom, 1.0)
    return _Regression(mu, level, inverse, dispersion)


def _distance(count: F64, expected: Fit) -> F64:
    """Standard errors between a count and its expectation, on the two-thirds power scale."""
    mean = np.maximum(expected.mean, 0.05)
    variance = 4 / 9 * mean ** (1 / 3) * (expected.dispersion + expected.mean_variance / mean)
    return np.asarray((count ** (2 / 3) - mean ** (2 / 3)) / np.sqrt(variance))
