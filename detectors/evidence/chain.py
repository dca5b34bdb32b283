"""The latent intensity: a stationary AR(1) in logs on a Rouwenhorst chain.

Trade is not Poisson: a dealer has good and bad weeks of its own. In control the intensity is
expected * exp(x), x a stationary AR(1) of standard deviation s, on nine states. The chain of
Rouwenhorst (1995; Kopecky and Suen 2010) has exactly the AR(1)'s variance and autocorrelation, and
its k-step transition is the chain of phi**k, so a stretch of empty ticks is one step.

The autocorrelation enters as `fading = -ln(phi)` over the step (steps differ: ticks from a minute
to a day, gaps between orders), on a logarithmic grid of 256 levels from 1e-6 to 20, 7 % apart: the
autocorrelation time is never off by more than 3.5 %.
"""

from __future__ import annotations

from math import comb, log
from typing import Final

import numpy as np

from detectors.columns import F64
from schemas.compiled import compiled

STATES: Final = 9
LEVELS: Final = 256
LOWEST: Final = log(1e-6)
SPACING: Final = (log(20.0) - LOWEST) / (LEVELS - 1)

# (STATES,) positions of the states in standard deviations, and their stationary probabilities
POSITIONS: Final[F64] = np.linspace(-1.0, 1.0, STATES) * np.sqrt(STATES - 1.0)
STATIONARY: Final[F64] = np.array(
    [comb(STATES - 1, j) for j in range(STATES)], dtype=np.float64
) / 2.0 ** (STATES - 1)


def transition(phi: float, states: int = STATES) -> F64:
    """(states, states) Rouwenhorst matrix with autocorrelation phi; rows from, columns to."""
    stay = (1 + phi) / 2
    move = 1 - stay
    matrix = np.array([[stay, move], [move, stay]])
    for size in range(3, states + 1):
        larger = np.zeros((size, size))
        larger[:-1, :-1] += stay * matrix
        larger[:-1, 1:] += move * matrix
        larger[1:, :-1] += move * matrix
        larger[1:, 1:] += stay * matrix
        larger[1:-1] /= 2  # inner rows were counted twice
        matrix = larger
    return matrix


def _table() -> F64:
    """(LEVELS, STATES, STATES) transition by level of fading."""
    fading = np.exp(LOWEST + SPACING * np.arange(LEVELS))
    return np.stack([transition(float(np.exp(-x))) for x in fading])


TRANSITIONS: Final[F64] = _table()


@compiled
def level_of(fading: float) -> int:
    """Row of TRANSITIONS for -ln(autocorrelation over the step)."""
    if fading <= 1e-6:
        return 0
    return min(int((np.log(fading) - LOWEST) / SPACING + 0.5), LEVELS - 1)
