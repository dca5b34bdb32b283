"""How rare what was seen would be under the old level.

The window that is shown is the likeliest of many, so its own probability is too small. Windows that
end now are nested; those of similar length are nearly the same look at the same counts, so there is
about one look per doubling of the length (in simulated Poisson streams, the factor between the
chance of the chosen window and that of any window is 4 to 13, and so is the number of doublings).
`chance` is the window's probability times the number of looks: how likely a dealer that is watched
like this one shows as little (or as much) at a moment under its old level.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy import special

from detectors.columns import F64

LEAST: Final = 1e-12  # no model of trade is believed beyond


def few_or_many(observed: F64, expected: F64, variance: F64, *, falling: bool) -> F64:
    """(k,) negative binomial probability of this little, or of this much.

    variance: (k,) relative variance of what is expected.
    """
    size = 1.0 / np.maximum(variance, 1e-6)
    part = size / (size + expected)
    if falling:
        return np.asarray(special.betainc(size, np.floor(observed) + 1.0, part))
    # the complement as its own integral: 1 - p would be 0 below 1e-16
    return np.asarray(special.betainc(np.maximum(np.ceil(observed), 1.0), size, 1.0 - part))


def looks(longest: F64, shortest: F64) -> F64:
    """(k,) how many windows have been looked at that differ: one, and one per doubling.

    longest, shortest: (k,) microseconds of the windows that could say anything.
    """
    ratio = longest / np.maximum(shortest, 1.0)
    return np.asarray(1.0 + np.log2(np.maximum(ratio, 1.0)))


def of_any(chance: F64, count: F64) -> F64:
    """(k,) probability that one of so many looks shows it; never 0."""
    return np.asarray(np.clip(-np.expm1(count * np.log1p(-np.minimum(chance, 0.999))), LEAST, 1.0))
