"""How large a change of a rate is, whenever it began: 80 % credible bounds of its ratio.

The window an alert shows is the likeliest of many, and its ratio the one that fits this window
best. Either may be wrong: a window that begins too early holds trade from before the change. So the
bounds are those of the posterior over all beginnings and all sizes,

    P(start, ratio | seen) ~ length of the start's bin * prior(ratio) * L(start, ratio)
    L = ratio^n * ((1 + v m) / (1 + v ratio m)) ^ (n + 1 / v)

L: the likelihood of n in the window since the start, m expected with relative variance v, against
no change (negative binomial). What was before the start was in control and cancels. A beginning may
be at any moment that the history tells of, a fall ends anywhere between silence and no change, or,
with the weight it has among the sizes a detector looks for, in silence; a rise is as likely between
2 and 4 as between 1 and 2. What had to be seen before an alert opens needs no correction: a
posterior does not depend on when one looks.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from detectors.baselines.history import Windows
from detectors.columns import F64, I64
from detectors.timeline import DAY
from schemas.compiled import compiled

CREDIBLE: Final = 0.8
CELLS: Final = 32  # of the ratio: bounds are interpolated between their edges
SILENT: Final = 0.25  # prior of a fall that leaves nothing
MOST_RISE: Final = 32.0
NEGLIGIBLE: Final = 8.0  # nats under the likeliest: a hundred such windows hold 3 %
FALLS: Final[F64] = np.linspace(0.0, 1.0, CELLS + 1)  # edges of the cells
RISES: Final[F64] = np.exp(np.linspace(0.0, np.log(MOST_RISE), CELLS + 1))


def bounds(
    windows: Windows, since: I64, now: int, variance: F64, shown: F64, *, falling: bool
) -> tuple[F64, F64]:
    """(k,) lower and upper bound of the ratio.

    since: (k,) microseconds, the dealer was not watched before; now: microseconds, where windows
    end; variance: (k, m) relative, of what is expected in each window; shown: (k,) the ratio of
    the window that is shown, which the bounds always hold.
    """
    edges = FALLS if falling else RISES
    low, high = np.empty(len(since)), np.empty(len(since))
    length = -np.diff(windows.start, prepend=now) / DAY
    _bounds(windows, length, since, variance, edges, SILENT if falling else 0.0, low, high)
    return np.minimum(low, shown), np.maximum(high, shown)


@compiled
def _bounds(
    windows: Windows, length: F64, since: I64, variance: F64, edges: F64, silent: float, low: F64,
    high: F64,
) -> None:  # fmt: skip
    middle = 0.5 * (edges[1:] + edges[:-1])
    log_middle, most = np.log(middle), np.empty(len(length))
    chance = np.empty(CELLS + 1)  # the first: silence
    for k in range(len(since)):
        top = _likeliest(windows, length, since[k], variance[k], middle, k, most)
        chance[:] = 0.0
        for w in range(len(length)):
            if most[w] > top - NEGLIGIBLE:
                n, m, v = windows.observed[k, w], windows.expected[k, w], variance[k, w]
                same = np.log(length[w]) + (n + 1.0 / v) * np.log1p(v * m) - top
                if n <= 0.0:
                    chance[0] += silent * np.exp(same)
                for j in range(CELLS):
                    power = n * log_middle[j] - (n + 1.0 / v) * np.log1p(v * middle[j] * m)
                    chance[1 + j] += (1.0 - silent) / CELLS * np.exp(same + power)
        low[k] = _quantile(chance, edges, 0.5 - 0.5 * CREDIBLE)
        high[k] = _quantile(chance, edges, 0.5 + 0.5 * CREDIBLE)


@compiled
def _likeliest(
    windows: Windows, length: F64, since: int, variance: F64, middle: F64, k: int, most: F64
) -> float:
    """Fill most (m,) with the log likelihood of each window at the ratio that fits it best."""
    top = -np.inf
    for w in range(len(length)):
        most[w] = -np.inf
        if windows.start[w] < since or length[w] <= 0.0:
            continue
        n, m, v = windows.observed[k, w], max(windows.expected[k, w], 1e-9), variance[w]
        ratio = min(max(n / m, middle[0]), middle[-1])
        gain = np.log1p(v * m) - np.log1p(v * ratio * m)
        most[w] = np.log(length[w]) + n * np.log(ratio) + (n + 1.0 / v) * gain
        top = max(top, most[w])
    return top


@compiled
def _quantile(chance: F64, edges: F64, level: float) -> float:
    """The ratio below which so much of the chance lies, even within a cell; 0 in silence."""
    wanted = level * chance.sum()
    below = chance[0]
    if wanted <= below:
        return 0.0
    for j in range(CELLS):
        here = chance[1 + j]
        if below + here >= wanted and here > 0.0:
            return float(edges[j] + (edges[j + 1] - edges[j]) * (wanted - below) / here)
        below += here
    return float(edges[-1])
