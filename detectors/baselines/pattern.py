"""unusual_pattern: a combination of small deviations that no single kind sees.

Each dealer's last days become one point: for every measure the probability, under what is expected
of this dealer, of seeing less (orders, their size, prices, complaints, returns). A forest of
half-space trees per tier says how rarely a dealer of the tier stands there; the rank of that among
the tier's own dealer-days of the past weeks is a normal score, less what all of the tier have in
common that day and less what this dealer usually has. A shift of such scores by one or two
deviations is looked for by the residual form of `detectors.evidence.shiryaev_roberts`, whose latent
takes moods that last some days.

A point is taken when three orders were due since the last one, so that it says something: daily
from three a day, weekly from three a week. Works for dealers with three orders in 28 days and
more, after 28 days and 14 points. Blind to changes of one measure alone that its own kind judges
within its budget, and to combinations many of the tier have at once.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from scipy import special

from detectors.columns import F32, F64, I64
from detectors.evidence import shiryaev_roberts as ev
from detectors.evidence.detector import Detector, Form
from schemas.alert import Kind
from schemas.compiled import compiled

DETECTOR: Final = Detector(
    kind=Kind.UNUSUAL_PATTERN,
    form=Form.RESIDUAL,
    sizes=np.array([1.0, 2.0]),
    falling=False,
    dated=True,
)
LEAST_ORDERS: Final = 3.0  # due since the last point
MOST_DAYS: Final = 28  # one point covers, as many as are remembered one by one
LEAST_POINTS: Final = 14.0
POINT_KEEP: Final = 1.0 - 1.0 / 60.0  # per point
MEAN_PRIOR: Final = 20.0  # points the tier's mean is worth
MOST_SCORE: Final = 4.0
SPREAD: Final = 0.35  # deviation of what lasts, of a whole deviation of 1 …
FADING: Final = -float(np.log(0.9))  # … and its fading per day
NO_LESSON: Final = 4.0  # nats from which points are not learned as usual: R = 55 days
BINS_PER_DOUBLING: Final = 16
BINS: Final = 384  # of the log of a forest's sums, up to 2 ** 24
NO_POINT: Final = -1


class Pattern(NamedTuple):
    """What is kept of each dealer."""

    pointed: I64  # (n,) local day of the last point, before all days: none
    waiting: I64  # (n,) bin of the point that waits to be weighed, or NO_POINT
    days: F64  # (n,) such points cover, not weighed yet
    total: F64  # (n,) forgotten sum of normal scores …
    points: F64  # … and of points


def empty(n: int) -> Pattern:
    """Nothing known yet of n dealers."""
    return Pattern(
        pointed=np.full(n, -(10**6)),
        waiting=np.full(n, NO_POINT),
        days=np.zeros(n),
        total=np.zeros(n),
        points=np.zeros(n),
    )


def less_likely(observed: F64, expected: F64, variance: F64) -> F64:
    """(k,) probability of less, and half of that of just as many (negative binomial)."""
    size = 1.0 / np.maximum(variance, 1e-6)
    part = size / (size + np.maximum(expected, 1e-9))
    count = np.maximum(np.floor(observed + 1e-6), 0.0)
    below = np.where(count > 0, special.betainc(size, np.maximum(count, 1.0), part), 0.0)
    return np.asarray(0.5 * (below + special.betainc(size, count + 1.0, part)))


def lower(shift: F64, precision: F64, variance: F64) -> F64:
    """(k,) probability of a lower mean residual; shift: sums of weighted residuals."""
    sure = np.maximum(precision, 1e-12)
    found = special.ndtr(shift / sure / np.sqrt(1.0 / sure + variance))
    return np.asarray(np.where(precision > 0, found, 0.5))


def information(orders_per_day: F64) -> F64:
    """(k,) nats a day that a combination earns: measured, a quarter of a shift by two."""
    points = np.minimum(orders_per_day / LEAST_ORDERS, 1.0)
    return np.asarray(points * 0.25 * 0.5 * DETECTOR.sizes.max() ** 2)


def coordinates(probability: F64) -> F64:
    """Points (k, measures) between 0 and 1: normal scores from -4 to 4.

    Not the probabilities themselves: those fill their cube evenly, and no corner of it is rare.
    """
    return np.asarray(
        np.clip(special.ndtri(probability), -MOST_SCORE, MOST_SCORE) / (2 * MOST_SCORE) + 0.5
    )


def place(found: I64) -> I64:
    """(k,) bin of a forest's sums."""
    bins = np.floor(BINS_PER_DOUBLING * np.log2(1.0 + found)).astype(np.int64)
    return np.asarray(np.clip(bins, 0, BINS - 1))


@compiled
def recent(days: F32, rows: I64, day: int, count: I64, out: F64) -> None:
    """Out (k, 2): observed and expected of the last `count` (k,) days; days: ring (bins, n, 2)."""
    bins = len(days)
    for k in range(len(rows)):
        out[k, 0], out[k, 1] = 0.0, 0.0
        for back in range(count[k]):
            for part in range(2):
                out[k, part] += days[(day - back) % bins, rows[k], part]


def seen(rows: I64, surplus: F64, days: F64) -> ev.Seen:
    """The step of a point; surplus: normal scores over what is usual, days: that the point covers.

    All arrays (k,).
    """
    elapsed, k = np.maximum(days, 1.0), len(rows)
    return ev.Seen(
        rows=rows,
        value=surplus,
        expected=np.full(k, 1.0 / (1.0 - SPREAD**2)),
        elapsed=elapsed,
        spread=np.full(k, SPREAD),
        fading=FADING * elapsed,
        weight=np.ones(k),
    )


def learn(pattern: Pattern, rows: I64, scores: F64) -> None:
    """These points belong to what is usual."""
    pattern.total[rows] = POINT_KEEP * pattern.total[rows] + scores
    pattern.points[rows] = POINT_KEEP * pattern.points[rows] + 1.0
