"""A fall and a rise of the same stream, looked for in one pass.

Both have the same in-control law, so what is known of the latent state is the same: it is moved and
settled once, and each direction keeps only what it believes about its own changes. Bit for bit what
two steps of `detectors.evidence.shiryaev_roberts` give, in about two thirds of their time.
"""

from __future__ import annotations

import numpy as np

from detectors.columns import F64
from detectors.evidence.chain import STATES, TRANSITIONS, level_of
from detectors.evidence.detector import Detector, Form
from detectors.evidence.likelihood import (
    change_of_count,
    change_of_residual,
    control_of_count,
    control_of_residual,
)
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
        control_of_count(count, seen.expected[k], seen.spread[k], weight, mean, control)
        change_of_count(count, mean, weight, ratios, change)
        change_of_count(bounded[k], mean, weight, others, changed)
        _weigh_both(of_one, of_other, i, control, change, changed)


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
        control_of_residual(seen.value[k], precision, seen.spread[k], off, control)
        change_of_residual(off, precision, shifts, MOST_PER_STEP, change)
        off += bounded[k] - seen.value[k]
        change_of_residual(off, precision, others, MOST_PER_STEP, changed)
        _weigh_both(of_one, of_other, i, control, change, changed)
