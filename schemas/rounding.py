"""Numbers as they leave the house: 6 significant digits, money in whole cents.

Rounding works on decimal text, not on binary fractions, so the same number gives the same bytes on
every machine. Money is a float of whole cents below 1e13: 15 digits, which a float holds exactly
enough to print.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SIGNIFICANT_DIGITS = 6
_EXACT_TENS = 10.0 ** np.arange(23)  # powers of ten that a float holds exactly
# 15 digits survive float -> text -> float; two of them are cents.
MOST_MONEY = 1e13


def significant(number: float) -> float:
    """The number with 6 significant digits and without a negative zero.

    >>> significant(0.1234567), significant(1234567.8), significant(-0.0)
    (0.123457, 1234570.0, 0.0)
    """
    _require_finite(number)
    return float(f"{number:.{SIGNIFICANT_DIGITS}g}") + 0.0


def significants(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each number with 6 significant digits, as `significant` gives it; nan stays nan.

    In whole arrays: digits = rint(x * 10^e) has 6 places, and digits / 10^e is the float nearest
    to that decimal, because both are held exactly. Where x * 10^e comes near a half, and beyond
    10^+-15, `significant` decides.

    >>> significants(np.array([0.1234567, 1234567.8, -0.0])).tolist()
    [0.123457, 1234570.0, 0.0]
    """
    size = np.abs(numbers)
    plain = (size > 1e-15) & (size < 1e15)
    exponent = SIGNIFICANT_DIGITS - 1 - np.floor(np.log10(np.where(plain, size, 1.0))).astype(int)
    up = _EXACT_TENS[np.maximum(exponent, 0)]
    down = _EXACT_TENS[np.maximum(-exponent, 0)]
    shifted = np.where(plain, numbers, 0.0) * up / down
    digits = np.rint(shifted)
    sure = plain & (np.abs(np.abs(shifted - digits) - 0.5) > 1e-6)
    rounded = np.where(sure, digits / up * down, numbers + 0.0)
    for place in np.flatnonzero(~sure & (size > 0)).tolist():  # nan is not above 0
        rounded.flat[place] = significant(float(numbers.flat[place]))
    return rounded


def cents(amount: float) -> int:
    """Money as whole cents, halves to even.

    >>> cents(12.345), cents(-0.004)
    (1234, 0)
    """
    return int(_hundredths(amount).to_integral_value(ROUND_HALF_EVEN))


def money(amount: float) -> float:
    """Money rounded to the cent.

    >>> money(1234.5678)
    1234.57
    """
    return cents(amount) / 100


def split_cents(parts: Sequence[float]) -> list[int]:
    """Whole cents of each part that add up to the cents of the exact sum (largest remainder).

    Parts lose what is beyond the cent; the cents still missing go to those that lost most, the
    first of equals first.

    >>> split_cents([0.334, 0.333, 0.333])
    [34, 33, 33]
    """
    exact = [_hundredths(part) for part in parts]
    down = [math.floor(part) for part in exact]
    missing = int(sum(exact, Decimal()).to_integral_value(ROUND_HALF_EVEN)) - sum(down)
    by_loss = sorted(range(len(parts)), key=lambda i: (down[i] - exact[i], i))
    for i in by_loss[:missing]:
        down[i] += 1
    return down


def _hundredths(amount: float) -> Decimal:
    _require_finite(amount)
    if abs(amount) >= MOST_MONEY:
        raise ValueError(f"money {amount:g} is out of range, allowed is below {MOST_MONEY:g}")
    return Decimal(repr(float(amount))) * 100


def _require_finite(number: float) -> None:
    if not math.isfinite(number):
        raise ValueError(f"{number} is no number to send, allowed are finite ones")
