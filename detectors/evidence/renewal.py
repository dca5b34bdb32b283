"""How long a regular dealer may keep silent: predictive survival of a renewal process.

Gaps between orders are gamma with an unknown mean and an unknown shape k: 1 is Poisson, 64 an order
every second Tuesday. With the mean integrated out under its scale-invariant prior, n gaps of mean m
leave for the next one

    P(gap > a | k) = I_{n / (n + a/m)}(k n, k)            I: regularised incomplete beta

which is exact for any level and any n >= 1, so that short histories pay by themselves. Shapes are
mixed by their posterior, from a prior the fleet has taught:

    ln w_k = ln prior_k + n (k ln k - lnG(k)) + (k - 1) sum(ln g) + lnG(k n) - k n ln(k sum(g))

Real dealers skip a cycle now and then. How often is beta-binomial, so that a second skip in a row
is likelier than the first; a missed cycle is worth 4 to 6 nats, never 20.
"""

from __future__ import annotations

from math import exp, lgamma, log
from typing import Final, NamedTuple

import numpy as np
from scipy import special

from detectors.columns import F64
from schemas.compiled import compiled

SHAPES: Final[F64] = 2.0 ** np.arange(-1.0, 9.0)  # .5 to 256
LEAST_WEIGHT: Final = 1e-6  # of a shape that is still asked
LEAST_SURVIVAL: Final = 1e-60
MOST_SKIPS: Final = 6  # in a row by their own survival; beyond, at a constant rate
# The table: gaps 1 to 90, ages e^-4 to e^5 of the mean gap. Straight in logs between its points it
# is within 3 % of the function where the function is above 1e-4 (tests/core/test_renewal.py).
_GAPS: Final[F64] = 2.0 ** np.arange(0.0, 6.51, 0.5)
_LOWEST: Final = -4.0
_SPACING: Final = 0.025
_AGES: Final[F64] = np.exp(_LOWEST + _SPACING * np.arange(360))


class Habit(NamedTuple):
    """What is known of one dealer's gaps."""

    gaps: float  # how many
    mean: float  # operating days
    skipping: float  # probability that the next cycle is skipped, as of `certainty` cycles
    certainty: float


def _table() -> F64:
    """(gaps, ages, shapes) ln of the survival."""
    n, age, k = np.meshgrid(_GAPS, _AGES, SHAPES, indexing="ij")
    survival = special.betainc(k * n, k, n / (n + age))
    return np.asarray(np.log(np.maximum(survival, LEAST_SURVIVAL)))


_LOG_SURVIVAL: Final[F64] = _table()


@compiled
def keeping(age: float, mean: float, gaps: float, weight: F64) -> float:
    """P(no order until this age), cycles kept; weight: (SHAPES,) posterior of the shapes."""
    if age <= 0.0:
        return 1.0
    across = (log(age / mean) - _LOWEST) / _SPACING
    if across <= 0.0:
        return 1.0
    across = min(across, len(_AGES) - 1.001)
    x = int(across)
    across -= x
    down = min(2.0 * log(max(gaps, 1.0)) / log(2.0), len(_GAPS) - 1.001)
    y = int(down)
    down -= y
    total = 0.0
    for j in range(len(weight)):
        if weight[j] > LEAST_WEIGHT:
            few = (1.0 - across) * _LOG_SURVIVAL[y, x, j] + across * _LOG_SURVIVAL[y, x + 1, j]
            many = (1.0 - across) * _LOG_SURVIVAL[y + 1, x, j]
            many += across * _LOG_SURVIVAL[y + 1, x + 1, j]
            total += weight[j] * exp((1.0 - down) * few + down * many)
    return min(max(total, LEAST_SURVIVAL), 1.0)


@compiled
def survival(age: float, habit: Habit, weight: F64, half_step: float) -> float:
    """P(no order until this age), skipped cycles included.

    half_step: operating days; ages count from the end of a step, gaps from the order within it.
    """
    cycle = habit.mean + half_step
    total, skipped, certainty = 0.0, 1.0, habit.certainty
    expected = habit.skipping * certainty
    j = 0
    while age > 0.0 and j < MOST_SKIPS:
        again = (expected + j) / (certainty + j)
        total += skipped * (1.0 - again) * keeping(age, habit.mean, habit.gaps, weight)
        skipped *= again
        age -= cycle
        j += 1
    if age > 0.0:
        skipped *= ((expected + j) / (certainty + j)) ** (age / cycle)
    return min(max(total + skipped, LEAST_SURVIVAL), 1.0)


@compiled
def weigh_shapes(gaps: float, total: float, logs: float, log_prior: F64, weight: F64) -> None:
    """Fill weight (SHAPES,) with the posterior; of the gaps: number, sum, sum of logs."""
    top = -np.inf
    for j in range(len(weight)):
        k = SHAPES[j]
        of_shape = gaps * (k * log(k) - lgamma(k)) + (k - 1.0) * logs
        weight[j] = log_prior[j] + of_shape + lgamma(k * gaps) - k * gaps * log(k * total)
        top = max(top, weight[j])
    norm = 0.0
    for j in range(len(weight)):
        weight[j] = exp(weight[j] - top)
        norm += weight[j]
    for j in range(len(weight)):
        weight[j] /= norm
