"""Within which bounds a change lies: 80 % credible, from what an alert shows.

Counts: a gamma posterior with Jeffreys' prior. What is expected is itself uncertain, and trade has
good and bad weeks: their relative variance joins that of the count. Means of logs (prices): normal.
"""

from __future__ import annotations

from math import exp, sqrt
from typing import Final

from scipy import special

from schemas.vocabulary import Unit

CREDIBLE: Final = 0.8
TAIL: Final = 0.5 - CREDIBLE / 2
NORMAL: Final = -float(special.ndtri(TAIL))


def bounds(
    observed: float, expected: float, variance: float, unit: Unit
) -> tuple[float, float] | None:
    """Lower and upper bound of the ratio; None when nothing is expected.

    variance: relative, of what is expected; for prices and goods, of the log of the ratio.
    """
    if expected <= 0:
        return None
    if unit in (Unit.PRICE_INDEX, Unit.VALUE, Unit.UNITS):
        off = NORMAL * sqrt(variance)
        return observed / expected * exp(-off), observed / expected * exp(off)
    count = observed + 0.5
    shape = 1.0 / (1.0 / count + variance)
    scale = count / expected / shape
    low = float(special.gammaincinv(shape, TAIL)) * scale if observed > 0 else 0.0
    return low, float(special.gammaincinv(shape, 1.0 - TAIL)) * scale
