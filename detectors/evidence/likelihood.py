"""What one step says, in nats, of each state of the latent and of each size of change.

Counts: Poisson around `expected * exp(spread * x - spread**2 / 2)`, the mean of the latent being 1;
a change multiplies the mean. Residuals: normal around `spread * x`; a change shifts it.
`control` is up to a constant, which `settle` of the engine norms away; `change` is against it.
"""

from __future__ import annotations

import numpy as np

from detectors.columns import F64
from detectors.evidence.chain import POSITIONS, STATES
from schemas.compiled import compiled


@compiled
def control_of_count(
    count: float, expected: float, spread: float, weight: float, mean: F64, control: F64
) -> None:
    """Fill the mean of each state and its log likelihood; both (STATES,)."""
    for z in range(STATES):
        tilt = spread * POSITIONS[z] - 0.5 * spread * spread
        mean[z] = expected * np.exp(tilt)
        control[z] = weight * (count * tilt - mean[z])


@compiled
def change_of_count(count: float, mean: F64, weight: float, ratios: F64, change: F64) -> None:
    """Fill the log likelihood ratios (sizes, STATES) of rates that have changed by `ratios`."""
    for j in range(len(ratios)):
        for z in range(STATES):
            change[j, z] = weight * (count * np.log(ratios[j]) + mean[z] * (1.0 - ratios[j]))


@compiled
def control_of_residual(
    value: float, precision: float, spread: float, off: F64, control: F64
) -> None:
    """Fill how far the value is from each state, and its log likelihood; both (STATES,)."""
    for z in range(STATES):
        off[z] = value - spread * POSITIONS[z]
        control[z] = -0.5 * precision * off[z] * off[z]


@compiled
def change_of_residual(off: F64, precision: float, shifts: F64, most: float, change: F64) -> None:
    """Fill the log likelihood ratios (sizes, STATES), none above `most`, of means shifted.

    What a value says for a change is bounded, and what it says against one is not: a normal law
    over a floor would be the law of strays, but between two sizes of the grid it falls to its floor
    and a cut of 20 % takes six visits instead of one, for no fewer false alarms.
    """
    for j in range(len(shifts)):
        for z in range(STATES):
            gain = precision * (shifts[j] * off[z] - 0.5 * shifts[j] * shifts[j])
            change[j, z] = min(gain, most)
