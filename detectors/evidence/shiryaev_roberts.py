"""Cox-SR: Shiryaev-Roberts evidence of a change, for counts and for residuals of changing noise.

In control a count has mean `expected * exp(x)`, x the latent chain of `detectors.evidence.chain`.
For each size of a small grid a forward vector beta(size, state) for "a change of this size has
happened some time ago" is carried beside the in-control vector alpha(state). Over a step of
`elapsed` days:

    beta  <- [(beta + elapsed * alpha) K] * f(seen | changed, state) / c
    alpha <- [alpha K]                    * f(seen | in control, state) / c      c: sum of alpha
    R = mean over sizes of the sum over states of beta                           in days

Under no change E[R_t - t] = 0, so alarms at R >= A come at most once in A days on average (Shiryaev
1963, Roberts 1966; mixtures: Pollak 1987): the threshold for b false alarms a year is ln(365 / b).

Beside each size the mean start of its mass may be carried: where most of the evidence says the
change began. It costs a number per size, and only who tells an onset by it carries it. The residual
form has the shift of a mean instead of the ratio of a rate, a latent drift of standard deviation
`spread` instead of a log-intensity, and a precision instead of an expected count.

A third form is given the chance of silence, in control and changed, by a model that has no latent
state (`detectors.evidence.renewal`): a chain of one state.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from detectors.columns import F64, I64, Bool
from detectors.evidence.chain import POSITIONS, STATES, STATIONARY, TRANSITIONS, level_of
from detectors.evidence.likelihood import (
    change_of_count,
    change_of_residual,
    control_of_count,
    control_of_residual,
)
from schemas.compiled import compiled

CAP: Final = float(np.exp(30.0))  # of R, days; float64 holds it with room for sums
NOTHING: Final = -20.0  # log R before there is any
# The product of one step stays finite: e^400 / 1e-60 * CAP < 1e250. Neither bound is met by trade:
# R is capped at e^30, and (fading 1e-6) / 2 to the power of 8 states is 4e-51.
MOST_LOG: Final = 400.0  # log likelihood ratio of one state in one step
LEAST_NORM: Final = 1e-60
LEAST_SILENT: Final = 1e-12  # probabilities of silence are kept this far from 0 …
MOST_SILENT: Final = 1.0 - 1e-9  # … and from 1
MOST_PER_STEP: Final = 5.0  # nats a step of residuals may add, where strays are not known of
_NO_STRAYS: Final[F64] = np.zeros(0)
_NO_LEAPS: Final[F64] = np.zeros((0, 0))


class Evidence(NamedTuple):
    """What is carried per entity."""

    # (n, states) in-control probabilities of the latent state; all 0 before the first step, when
    # they are STATIONARY: who has no evidence yet takes no memory
    alpha: F64
    beta: F64  # (n, sizes, states) R of each size, days
    start: F64  # (n, sizes) mean start of the mass, days since 1970; (n, 0) where nobody asks
    log_odds: F64  # (n,) ln R


class Seen(NamedTuple):
    """One step of some entities; all arrays (k,)."""

    rows: I64  # which entities, without repeats
    value: F64  # counts: the count; residuals: their mean
    expected: F64  # counts: expected count; residuals: precision of the mean, 0 = nothing seen
    elapsed: F64  # days since the entity's last step, as far as a change may begin in them
    spread: F64  # standard deviation of the latent
    fading: F64  # -ln of the latent's autocorrelation over the step
    weight: F64  # of this step's evidence, 0 to 1
    # residuals: share of steps whose value has another cause and says nothing of the mean; what a
    # step may add is at most -ln of it
    strays: F64 = _NO_STRAYS
    # residuals: (k, sizes) how much faster changes may begin (detectors.evidence.overshoot)
    leaps: F64 = _NO_LEAPS


class Silence(NamedTuple):
    """One step of some entities that either spoke or did not; all arrays (k,) unless stated."""

    rows: I64  # which entities, without repeats
    spoke: Bool
    usual: F64  # P(silent | in control)
    changed: F64  # (k, sizes) P(silent | changed)
    elapsed: F64  # days since the entity's last step, as far as a change may begin in them
    keep: F64  # of the evidence so far; what is long past is no news


def empty(n: int, sizes: int, *, latent: bool = True, dated: bool = True) -> Evidence:
    """No evidence yet for n entities; without a latent state its chain has one state.

    dated: whether `onset` will be asked.
    """
    states = STATES if latent else 1
    return Evidence(
        alpha=np.zeros((n, states)) if latent else np.ones((n, states)),
        beta=np.zeros((n, sizes, states)),
        start=np.zeros((n, sizes if dated else 0)),
        log_odds=np.full(n, NOTHING),
    )


def clear(evidence: Evidence, rows: I64) -> None:
    """Forget the evidence of these entities; what is known of their latent state stays."""
    evidence.beta[rows] = 0.0
    evidence.log_odds[rows] = NOTHING


@compiled
def _move(evidence: Evidence, i: int, elapsed: float, fading: float, now: float) -> None:
    """One step of time: changes may have begun, the latent state has moved."""
    matrix = TRANSITIONS[level_of(fading)]
    begin(evidence, i, elapsed, matrix, now)
    move_latent(evidence.alpha[i], matrix)


@compiled
def begin(evidence: Evidence, i: int, elapsed: float, matrix: F64, now: float) -> None:
    """Changes may have begun in this step, and those that have move with the latent state."""
    alpha, beta = evidence.alpha[i], evidence.beta[i]
    moved = np.empty(STATES)
    _enter(alpha)
    _date(evidence.start[i], beta, elapsed, now)
    for j in range(beta.shape[0]):
        for z in range(STATES):
            moved[z] = 0.0
        for y in range(STATES):
            total = beta[j, y] + elapsed * alpha[y]
            for z in range(STATES):
                moved[z] += total * matrix[y, z]
        for z in range(STATES):
            beta[j, z] = moved[z]


@compiled
def _entered(alpha: F64) -> bool:
    """Has the chain been stepped? Then some state has a probability."""
    return bool(alpha.max() > 0.0)


@compiled
def _enter(alpha: F64) -> None:
    """Before its first step the latent state may be any, as often as it is in the long run."""
    if not _entered(alpha):
        alpha[:] = STATIONARY


@compiled
def _begin_faster(evidence: Evidence, i: int, elapsed: float, leaps: F64) -> None:
    """What begins in this step beyond `elapsed`; leaps: (sizes,), 1 is nothing."""
    _enter(evidence.alpha[i])
    for j in range(len(leaps)):
        for z in range(STATES):
            evidence.beta[i, j, z] += (leaps[j] - 1.0) * elapsed * evidence.alpha[i, z]


@compiled
def move_latent(alpha: F64, matrix: F64) -> None:
    """The latent state has moved."""
    moved = np.zeros(STATES)
    for y in range(STATES):
        for z in range(STATES):
            moved[z] += alpha[y] * matrix[y, z]
    for z in range(STATES):
        alpha[z] = moved[z]


@compiled
def _date(start: F64, beta: F64, elapsed: float, now: float) -> None:
    """Mean start of the mass of each size so far and of what begins in this step."""
    if elapsed > 0.0:
        began = now - 0.5 * elapsed
        for j in range(len(start)):
            mass = beta[j].sum()
            start[j] = (mass * start[j] + elapsed * began) / (mass + elapsed)


@compiled
def _weigh(evidence: Evidence, i: int, control: F64, change: F64) -> None:
    """Multiply in log likelihoods: control (STATES,), change (sizes, STATES) against it."""
    settle(evidence.alpha[i], control)
    multiply(evidence, i, control, change)


@compiled
def settle(alpha: F64, control: F64) -> None:
    """Multiply in-control log likelihoods into alpha; control becomes the factors, normed."""
    top = control.max()
    norm = 0.0
    for z in range(STATES):
        control[z] = np.exp(control[z] - top)
        norm += alpha[z] * control[z]
    norm = max(norm, LEAST_NORM)
    for z in range(STATES):
        control[z] /= norm
        alpha[z] *= control[z]


@compiled
def multiply(evidence: Evidence, i: int, control: F64, change: F64) -> None:
    """Multiply the factors of `settle` and log likelihood ratios into the evidence."""
    beta = evidence.beta[i]
    total, largest = 0.0, 0.0
    for j in range(beta.shape[0]):
        mass = 0.0
        for z in range(STATES):
            beta[j, z] *= control[z] * np.exp(min(change[j, z], MOST_LOG))
            mass += beta[j, z]
        total += mass
        largest = max(largest, mass)
    if largest > CAP:
        for j in range(beta.shape[0]):
            for z in range(STATES):
                beta[j, z] *= CAP / largest
        total *= CAP / largest
    evidence.log_odds[i] = np.log(max(total / beta.shape[0], 1e-9))


@compiled
def step_counts(evidence: Evidence, seen: Seen, ratios: F64, now: float) -> None:
    """One step for counts; ratios (sizes,) of the rate after a change; now: days since 1970."""
    mean, control = np.empty(STATES), np.empty(STATES)
    change = np.empty((len(ratios), STATES))
    for k in range(len(seen.rows)):
        i, count, weight = seen.rows[k], seen.value[k], seen.weight[k]
        _move(evidence, i, seen.elapsed[k], seen.fading[k], now)
        control_of_count(count, seen.expected[k], seen.spread[k], weight, mean, control)
        change_of_count(count, mean, weight, ratios, change)
        _weigh(evidence, i, control, change)


@compiled
def step_residuals(evidence: Evidence, seen: Seen, shifts: F64, now: float) -> None:
    """One step for mean residuals; shifts (sizes,) of the mean after a change."""
    off, control = np.empty(STATES), np.empty(STATES)
    change = np.empty((len(shifts), STATES))
    for k in range(len(seen.rows)):
        i = seen.rows[k]
        if len(seen.leaps) > 0:
            _begin_faster(evidence, i, seen.elapsed[k], seen.leaps[k])
        _move(evidence, i, seen.elapsed[k], seen.fading[k], now)
        precision = seen.weight[k] * seen.expected[k]
        most = MOST_PER_STEP
        if len(seen.strays) > 0:
            most = -np.log(max(seen.strays[k], LEAST_NORM))
        control_of_residual(seen.value[k], precision, seen.spread[k], off, control)
        change_of_residual(off, precision, shifts, most, change)
        _weigh(evidence, i, control, change)


@compiled
def step_silence(evidence: Evidence, seen: Silence, now: float) -> None:
    """One step of who speaks or is silent; now: days since 1970.

    To speak is never evidence of speaking less: a law that holds an order for impossible (between
    two cycles, say) is wrong sooner than the dealer has changed. Cutting evidence is always safe.
    """
    for k in range(len(seen.rows)):
        i, elapsed = seen.rows[k], seen.elapsed[k]
        evidence.beta[i] *= seen.keep[k]
        _date(evidence.start[i], evidence.beta[i], elapsed, now)
        beta = evidence.beta[i, :, 0]
        usual = min(max(seen.usual[k], LEAST_SILENT), MOST_SILENT)
        total = 0.0
        for j in range(len(beta)):
            changed = min(max(seen.changed[k, j], LEAST_SILENT), MOST_SILENT)
            spoken = min((1.0 - changed) / (1.0 - usual), 1.0)
            gain = spoken if seen.spoke[k] else changed / usual
            beta[j] = min((beta[j] + elapsed) * gain, CAP)
            total += beta[j]
        evidence.log_odds[i] = np.log(max(total / len(beta), 1e-9))


@compiled
def intensity(evidence: Evidence, rows: I64, spread: F64, fading: F64, out: F64) -> None:
    """Fill out (n, 2) at rows: mean and variance of exp(latent) one step of this fading ahead."""
    for k in range(len(rows)):
        alpha, matrix = evidence.alpha[rows[k]], TRANSITIONS[level_of(fading[k])]
        if not _entered(alpha):
            alpha = STATIONARY
        first, second = 0.0, 0.0
        for z in range(STATES):
            probability = 0.0
            for y in range(STATES):
                probability += alpha[y] * matrix[y, z]
            value = np.exp(spread[k] * POSITIONS[z] - 0.5 * spread[k] * spread[k])
            first += probability * value
            second += probability * value * value
        out[rows[k], 0] = first
        out[rows[k], 1] = max(second - first * first, 0.0)


@compiled
def favour(evidence: Evidence, rows: I64, nats: F64) -> None:
    """Multiply the evidence of some entities (rows, without repeats) by likelihood ratios (k,).

    Of marks of what was counted: they say nothing of the latent state, nor how large the change is.
    """
    for k in range(len(rows)):
        i = rows[k]
        total = 0.0
        for j in range(evidence.beta.shape[1]):
            for z in range(evidence.beta.shape[2]):
                favoured = evidence.beta[i, j, z] * np.exp(min(nats[k], MOST_LOG))
                evidence.beta[i, j, z] = min(favoured, CAP)
                total += evidence.beta[i, j, z]
        evidence.log_odds[i] = np.log(max(total / evidence.beta.shape[1], 1e-9))


def posterior(evidence: Evidence, rows: I64) -> F64:
    """(k, sizes) probability of each size of change, given that there is one."""
    mass = evidence.beta[rows].sum(axis=2)
    return np.asarray(mass / np.maximum(mass.sum(axis=1, keepdims=True), 1e-300))


def onset(evidence: Evidence, rows: I64) -> F64:
    """(k,) days since 1970 at which the change most likely began; of dated evidence only."""
    return np.asarray((posterior(evidence, rows) * evidence.start[rows]).sum(axis=1))
