"""Evidence jumps over its line, and crosses it more seldom than it may: by how much.

E[R_t - t] = 0 promises that R >= A comes at most once in A days, and that is what comes where every
step says little. Where one step may say as much as ten nats, R leaps far over the line when it
crosses, and crosses the more seldom: once in A / m days, m the mean of exp(-leap) under the change
(Pollak 1987; Yakir 1995). For steps that are normal, and a shift of d of their standard deviations,

    m(d) = (2 / d) (Phi(d / 2) - 1/2) / ((d / 2) Phi(d / 2) + phi(d / 2))

(Siegmund and Yakir 2007: within a few per cent for every d; 1 at 0, 2 / d^2 for large d). So the
mass of a size of change may begin 1 / m times as fast, and its line is crossed as often as was
asked, be a step worth a tenth of a nat or twenty.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy import special

from detectors.columns import F64

LEAST_SHIFT: Final = 1e-3  # standard deviations; m is 1 there to three digits


def leaps(shift: F64, most: F64) -> F64:
    """1 / m of shifts in standard deviations of a step, 1 or more.

    most: nats a step may add; a shift of which the mean step adds more leaps no further.
    """
    distance = np.maximum(np.minimum(shift, np.sqrt(2.0 * most)), LEAST_SHIFT)
    below = special.ndtr(0.5 * distance)
    density = np.exp(-(distance**2) / 8.0) / np.sqrt(2.0 * np.pi)
    return np.asarray((0.5 * distance * below + density) * 0.5 * distance / (below - 0.5))
