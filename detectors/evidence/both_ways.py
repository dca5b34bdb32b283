"""A fall and a rise of the same stream, looked for in one pass.

Both have the same in-control law, so what is known of the latent state is the same: it is moved and
settled once, and each direction keeps only what it believes about its own changes. Bit for bit what
two steps of `detectors.evidence.shiryaev_roberts` give, in about two thirds of their time.
"""

from __future__ import annotations

import numpy as np

from detectors.columns import F64
from detectors.evidence.chain import POSITIONS, STATES, TRANSITIONS, level_of
from detectors.evidence.detector import Detector, Form
from detectors.evidence.shiryaev_roberts import (
    MOST_PER_STEP,
    Evidence,
    Seen,
    begin,
    move_latent,
    multiply,
    settle,
)
from schemas.compiled import compiled


def step(
    one: Detector, other: Detector, of_one: Evidence, of_other: Evidence, seen: Seen,
    shares: tuple[F64, F64], bounded: F64, now: float,
) -> None:  # fmt: skip
    """Weigh one step of some entities for two detectors of the same form, in place.

    seen.elapsed is all of the time since the last step; shares: (k,) of it, in which a change may
    begin for each detector. bounded: (k,) the value as far as it may speak for the other one; no
    more than it is, or the other's evidence would be too large.
    """
    passed = _counts if one.form is Form.COUNT else _residuals
    first, second = shares
    passed(
        of_one, of_other, seen, bounded, seen.elapsed * first, seen.elapsed * second, one.sizes,
        other.sizes, now,
    )  # fmt: skip


@compiled
def _begin_both(
    of_one: Evidence, of_other: Evidence, i: int, first: float, second: float, fading: float,
    now: float,
) -> None:  # fmt: skip
    matrix = TRANSITIONS[level_of(fading)]
    begin(of_one, i, first, matrix, now)
    begin(of_other, i, second, matrix, now)
    move_latent(of_one.alpha[i], matrix)


@compiled
def _weigh_both(
    of_one: Evidence, of_other: Evidence, i: int, control: F64, change: F64, changed: F64
) -> None:
    settle(of_one.alpha[i], control)
    of_other.alpha[i] = of_one.alpha[i]
    multiply(of_one, i, control, change)
    multiply(of_other, i, control, changed)


@compiled
def _counts(
    of_one: Evidence, of_other: Evidence, seen: Seen, bounded: F64, first: F64, second: F64,
    ratios: F64, others: F64, now: float,
) -> None:  # fmt: skip
    control, mean = np.empty(STATES), np.empty(STATES)
    change, changed = np.empty((len(ratios), STATES)), np.empty((len(others), STATES))
    for k in range(len(seen.rows)):
        i, count, weight = seen.rows[k], seen.value[k], seen.weight[k]
        _begin_both(of_one, of_other, i, first[k], second[k], seen.fading[k], now)
        for z in range(STATES):
            tilt = seen.spread[k] * POSITIONS[z] - 0.5 * seen.spread[k] * seen.spread[k]
            mean[z] = seen.expected[k] * np.exp(tilt)
            control[z] = weight * (count * tilt - mean[z])
        _ratio(change, ratios, count, mean, weight)
        _ratio(changed, others, bounded[k], mean, weight)
        _weigh_both(of_one, of_other, i, control, change, changed)


@compiled
def _ratio(out: F64, ratios: F64, count: float, mean: F64, weight: float) -> None:
    """Log likelihood ratios (sizes, STATES) of a count."""
    for j in range(len(ratios)):
        for z in range(STATES):
            out[j, z] = weight * (count * np.log(ratios[j]) + mean[z] * (1.0 - ratios[j]))


@compiled
def _residuals(
    of_one: Evidence, of_other: Evidence, seen: Seen, bounded: F64, first: F64, second: F64,
    shifts: F64, others: F64, now: float,
) -> None:  # fmt: skip
    control, off = np.empty(STATES), np.empty(STATES)
    change, changed = np.empty((len(shifts), STATES)), np.empty((len(others), STATES))
    for k in range(len(seen.rows)):
        i = seen.rows[k]
        _begin_both(of_one, of_other, i, first[k], second[k], seen.fading[k], now)
        precision = seen.weight[k] * seen.expected[k]
        for z in range(STATES):
            off[z] = seen.value[k] - seen.spread[k] * POSITIONS[z]
            control[z] = -0.5 * precision * off[z] * off[z]
        _shift(change, shifts, off, precision)
        for z in range(STATES):
            off[z] += bounded[k] - seen.value[k]
        _shift(changed, others, off, precision)
        _weigh_both(of_one, of_other, i, control, change, changed)


@compiled
def _shift(out: F64, shifts: F64, off: F64, precision: float) -> None:
    """Log likelihood ratios (sizes, STATES) of a mean residual."""
    for j in range(len(shifts)):
        for z in range(STATES):
            gain = precision * (shifts[j] * off[z] - 0.5 * shifts[j] * shifts[j])
            out[j, z] = min(gain, MOST_PER_STEP)
