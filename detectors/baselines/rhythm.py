"""order_volume_drop, second detector: a dealer who keeps a rhythm has fallen out of it.

A shop that trades every day, or a dealer who orders every second Tuesday, is far more regular than
chance: two missed days say more than a week of missing counts. Once a local day each dealer either
ordered or did not. The clock runs in operating days (the weekday profile, mean 1 a day) and only as
far as the peers are open; `age` is the clock since the last day with an order. This file learns the
rhythm; `detectors.baselines.rhythm_break` says how likely a day's silence was.

Needs three gaps and 14 days. Blind to whatever keeps the rhythm: smaller orders, or fewer orders a
day from a dealer who still orders every day.
"""

from __future__ import annotations

from math import exp, log
from typing import Final, NamedTuple

import numpy as np

from detectors.columns import F64, I64, Bool
from detectors.evidence.detector import Detector, Form
from detectors.evidence.renewal import SHAPES, Habit, keeping, survival, weigh_shapes
from schemas.alert import Kind
from schemas.compiled import compiled

DETECTOR: Final = Detector(
    kind=Kind.ORDER_VOLUME_DROP,
    part="order_rhythm",
    form=Form.SILENCE,
    sizes=np.array([0.7, 0.5, 0.25, 0.03]),
    falling=True,
)
HALF_STEP: Final = 0.5  # operating days: an order comes in the middle of its day, on average
LEAST_GAPS: Final = 2.5  # three gaps, of which a little is forgotten
MIN_AGE_DAYS: Final = 14
GAP_KEEP: Final = 0.5 ** (1 / 32.0)  # per gap …
LEAST_MEMORY_DAYS: Final = 56.0 / 32.0  # … but no faster than by half in 56 days
CYCLE_KEEP: Final = 0.5 ** (1 / 100.0)  # per cycle
SKIP_STRENGTH: Final = 20.0  # cycles the fleet's rate of skips is worth
OVERDUE: Final = 0.05  # survival below which a dealer does not vote on who is open
MOSTLY: Final = 0.5  # share of open peers from which on the clock for that vote runs
MOST_HEED, MOST_HEED_GAIN = 5.0, 1.0  # nats, and of one gap
USUAL_KEEP: Final = 0.95  # per day with orders
# before the fleet has spoken: shapes .5 to 256, skips by cycle, trust in rhythm over counts
SHAPE_PRIOR: Final = (0.15, 0.30, 0.20, 0.12, 0.08, 0.05, 0.04, 0.03, 0.02, 0.01)
SKIPPING: Final = 0.02
TRUST: Final = -2.0
LEAST_LESSONS: Final = 6.0  # gaps of a dealer who teaches the fleet
PLAIN: Final = 0.9  # probability of a regular shape …
REGULAR: Final = SHAPES >= 4.0  # … (SHAPES,) which these are
LEAST_GAP: Final = 0.05  # operating days


class Pools(NamedTuple):
    """What the fleet teaches about rhythm."""

    log_shape: F64  # (SHAPES,) prior of the shapes
    skipping: float  # share of cycles skipped
    trust: float  # logit of the share of dealers whose rhythm predicts better than their counts


class Rhythm(NamedTuple):
    """The rhythm of each dealer; ages and gaps in operating days."""

    begun: Bool  # (n,) has ordered
    gaps: F64  # (n,) forgotten number of gaps …
    total: F64  # (n,) … their sum …
    logs: F64  # (n,) … and the sum of their logs
    shape: F64  # (n, SHAPES) posterior
    skips: F64  # (n,) forgotten number of cycles skipped …
    cycles: F64  # (n,) … and kept
    age: F64  # (n,) since the last day with orders
    prepaid: F64  # (n,) what was ordered ahead then
    heed: F64  # (n,) nats for ordering ahead to put off the next order
    vote_age: F64  # (n,) the age while most peers were open
    usual: F64  # (n,) orders on a day with orders
    trust: F64  # (n,) nats by which the rhythm predicts better than the counts
    intensity: F64  # (n, 2) of tomorrow's counts: mean and variance
    length: F64  # (n,) operating days of the open local day
    stale: Bool  # (n,) a new level was accepted, the next order begins a new rhythm


class Day(NamedTuple):
    """A local day before the peers are asked; all arrays (k,)."""

    rows: I64
    orders: F64
    length: F64  # operating days
    silent: F64  # P(no order | in control, open)
    mature: Bool  # silence means something
    votes: Bool  # on who is open


def empty(n: int) -> Rhythm:
    """Nothing known yet of n dealers."""
    return Rhythm(
        begun=np.zeros(n, np.bool_),
        gaps=np.zeros(n),
        total=np.zeros(n),
        logs=np.zeros(n),
        shape=np.full((n, len(SHAPES)), 1.0 / len(SHAPES)),
        skips=np.zeros(n),
        cycles=np.zeros(n),
        age=np.zeros(n),
        prepaid=np.zeros(n),
        heed=np.zeros(n),
        vote_age=np.zeros(n),
        usual=np.ones(n),
        trust=np.zeros(n),
        intensity=np.tile([1.0, 0.0], (n, 1)),
        length=np.zeros(n),
        stale=np.zeros(n, np.bool_),
    )


@compiled
def habit(rhythm: Rhythm, i: int, pools: Pools) -> Habit:
    """What is known of a dealer's gaps; there must be some."""
    certainty = SKIP_STRENGTH + rhythm.skips[i] + rhythm.cycles[i]
    skipping = (SKIP_STRENGTH * pools.skipping + rhythm.skips[i]) / certainty
    return Habit(rhythm.gaps[i], rhythm.total[i] / rhythm.gaps[i], skipping, certainty)


def mature(rhythm: Rhythm, rows: I64, days: I64) -> Bool:
    """(k,) whether a dealer's silence means anything yet; days: (k,) since it was first seen."""
    known = rhythm.begun[rows] & ~rhythm.stale[rows] & (rhythm.gaps[rows] > LEAST_GAPS)
    return np.asarray(known & (days >= MIN_AGE_DAYS))


def plain(rhythm: Rhythm, rows: I64) -> Bool:
    """(k,) whether a dealer's rhythm leaves no doubt, however young the dealer is."""
    return np.asarray((rhythm.gaps[rows] > LEAST_GAPS) & (_even(rhythm, rows) >= PLAIN))


def _even(rhythm: Rhythm, rows: I64) -> F64:
    return np.asarray(rhythm.shape[rows] @ REGULAR.astype(np.float64))


def day(rhythm: Rhythm, rows: I64, orders: F64, days: I64, pools: Pools) -> Day:
    """What was to be expected of a day that is over; days: since the dealer was first seen."""
    ready, length = mature(rhythm, rows, days), rhythm.length[rows]
    silent, overdue = np.ones(len(rows)), np.zeros(len(rows), np.bool_)
    _foretell(rhythm, rows, length, pools, silent, overdue)
    return Day(rows, orders, length, silent, ready, ready & ~overdue)


@compiled
def _foretell(
    rhythm: Rhythm, rows: I64, length: F64, pools: Pools, silent: F64, overdue: Bool
) -> None:
    for k in range(len(rows)):
        i = rows[k]
        if rhythm.gaps[i] > 0.0:
            silent[k] = staying_silent(rhythm, i, length[k], pools)
            overdue[k] = _waiting(rhythm, i, rhythm.vote_age[i], pools) < OVERDUE


@compiled
def staying_silent(rhythm: Rhythm, i: int, length: float, pools: Pools) -> float:
    """P(no order in the next `length` operating days | in control, open)."""
    before = _waiting(rhythm, i, rhythm.age[i], pools)
    return _waiting(rhythm, i, rhythm.age[i] + length, pools) / before


@compiled
def _waiting(rhythm: Rhythm, i: int, age: float, pools: Pools) -> float:
    """P(no order until this age | in control, open), whether ordering ahead counts or not."""
    own, shape = habit(rhythm, i, pools), rhythm.shape[i]
    plain = survival(age, own, shape, HALF_STEP)
    if rhythm.prepaid[i] == 0.0:
        return plain
    heeded = heeding(rhythm, i)
    return heeded * survival(age - rhythm.prepaid[i], own, shape, HALF_STEP) + (1 - heeded) * plain


@compiled
def heeding(rhythm: Rhythm, i: int) -> float:
    """Probability that what was ordered ahead puts off the next order."""
    return 1.0 / (1.0 + exp(-rhythm.heed[i]))


@compiled
def learn(rhythm: Rhythm, of: Day, opened: F64, silent: F64, suspicion: F64, pools: Pools) -> None:
    """Close a day.

    All (k,). opened: share of the peers that are open. silent: P(no order | in control, open), on
    the clock that this share leaves. suspicion: how little the day may teach, 0 to 1.
    """
    for k in range(len(of.rows)):
        i, orders, share = of.rows[k], of.orders[k], opened[k]
        length = of.length[k] * share
        rhythm.length[i] = 0.0
        if orders > 0.0 and rhythm.begun[i]:
            _end_gap(rhythm, i, length, 1.0 - suspicion[k], pools)
            _begin_gap(rhythm, i, orders)
        elif orders > 0.0:
            rhythm.begun[i], rhythm.usual[i] = True, orders
        elif rhythm.begun[i]:
            was_open = share * silent[k] / (1.0 - share + share * silent[k])
            rhythm.age[i] += length * was_open
            rhythm.vote_age[i] += of.length[k] if share >= MOSTLY else 0.0


def usual_gap(rhythm: Rhythm, rows: I64) -> F64:
    """(k,) operating days, 0 before the first gap."""
    gaps = rhythm.gaps[rows]
    return np.where(gaps > 0.0, rhythm.total[rows] / np.maximum(gaps, 1e-300), 0.0)


def proof(rhythm: Rhythm, rows: I64, days: F64, pools: Pools) -> F64:
    """(k,) nats that a silence of so many operating days would be worth, 0 without a rhythm."""
    known = np.where(rhythm.gaps[rows] > LEAST_GAPS, days, 0.0)
    return np.asarray(-np.log(_lasting(rhythm, rows, known, pools)))


def chance(rhythm: Rhythm, rows: I64, pools: Pools) -> F64:
    """(k,) P(no order for as long as it is now | in control), 1 where no rhythm is known."""
    return np.asarray(_lasting(rhythm, rows, rhythm.age[rows], pools))


@compiled
def _lasting(rhythm: Rhythm, rows: I64, age: F64, pools: Pools) -> F64:
    out = np.ones(len(rows))
    for k in range(len(rows)):
        if rhythm.gaps[rows[k]] > 0.0:
            out[k] = _waiting(rhythm, rows[k], age[k], pools)
    return out


def lesson(rhythm: Rhythm, rows: I64, sparse_days: float, pools: Pools) -> F64:
    """(5 + SHAPES, k) what dealers teach the fleet: skips, cycles, trust, whether known, shapes."""
    known = (rhythm.gaps[rows] >= LEAST_LESSONS).astype(np.float64)
    short = known * (rhythm.total[rows] < sparse_days * rhythm.gaps[rows])
    trusted = short / (1.0 + np.exp(-pools.trust - rhythm.trust[rows]))
    shapes = known[:, None] * rhythm.shape[rows]
    # a skipped cycle means something in a rhythm only; days without orders are told of by the count
    even = (known - short) * _even(rhythm, rows)
    sums = [even * rhythm.skips[rows], even * rhythm.cycles[rows], trusted, short, known]
    return np.stack([*sums, *shapes.T])


@compiled
def _begin_gap(rhythm: Rhythm, i: int, orders: float) -> None:
    """More orders than usual at once may pay for the next cycle ahead, for all of it at most."""
    ahead = min(max(orders / rhythm.usual[i] - 1.0, 0.0), 1.0)
    cycle = rhythm.total[i] / rhythm.gaps[i] + HALF_STEP if rhythm.gaps[i] > 0.0 else 0.0
    rhythm.prepaid[i] = ahead * cycle
    rhythm.usual[i] = USUAL_KEEP * rhythm.usual[i] + (1.0 - USUAL_KEEP) * orders
    rhythm.age[i] = rhythm.vote_age[i] = 0.0


@compiled
def _end_gap(rhythm: Rhythm, i: int, length: float, trust: float, pools: Pools) -> None:
    """An order ends the gap: it teaches the rhythm, or, where cycles were skipped, how often."""
    if rhythm.stale[i]:  # what is known of the old rhythm is worth two gaps from now on
        fewer = min(2.0 / rhythm.gaps[i], 1.0)
        rhythm.gaps[i] *= fewer
        rhythm.total[i] *= fewer
        rhythm.logs[i] *= fewer
        rhythm.stale[i] = False
        return
    gap = max(rhythm.age[i] + 0.5 * length, LEAST_GAP)
    kept, keep = trust, 0.0
    if rhythm.gaps[i] > 0.0:
        _learn_heed(rhythm, i, length, pools)
        skipped, skips = _skipped(rhythm, i, length, pools)
        kept *= 1.0 - skipped
        rhythm.skips[i] = rhythm.skips[i] * CYCLE_KEEP + trust * skipped * skips
        rhythm.cycles[i] = rhythm.cycles[i] * CYCLE_KEEP + trust
        pace = min(1.0, rhythm.total[i] / rhythm.gaps[i] / LEAST_MEMORY_DAYS)
        keep = 1.0 - (1.0 - GAP_KEEP**pace) * trust
    rhythm.gaps[i] = rhythm.gaps[i] * keep + kept
    rhythm.total[i] = rhythm.total[i] * keep + kept * gap
    rhythm.logs[i] = rhythm.logs[i] * keep + kept * log(gap)
    if kept > 0.0:
        weigh_shapes(
            rhythm.gaps[i], rhythm.total[i], rhythm.logs[i], pools.log_shape, rhythm.shape[i]
        )


@compiled
def _learn_heed(rhythm: Rhythm, i: int, length: float, pools: Pools) -> None:
    """Whether the gap that ends now fits better with what was ordered ahead, or without."""
    if rhythm.prepaid[i] == 0.0 or rhythm.gaps[i] <= 2.0:
        return
    own, shape, age = habit(rhythm, i, pools), rhythm.shape[i], rhythm.age[i]
    plain = survival(age, own, shape, HALF_STEP) - survival(age + length, own, shape, HALF_STEP)
    age -= rhythm.prepaid[i]
    put_off = survival(age, own, shape, HALF_STEP) - survival(age + length, own, shape, HALF_STEP)
    gain = log((put_off + 1e-6) / (plain + 1e-6))
    heed = rhythm.heed[i] + min(max(gain, -MOST_HEED_GAIN), MOST_HEED_GAIN)
    rhythm.heed[i] = min(max(heed, -MOST_HEED), MOST_HEED)


@compiled
def _skipped(rhythm: Rhythm, i: int, length: float, pools: Pools) -> tuple[float, float]:
    """Probability that the gap that ends now skipped cycles, and how many these would be."""
    own, shape = habit(rhythm, i, pools), rhythm.shape[i]
    age = rhythm.age[i] + length
    cycle = own.mean + HALF_STEP
    if age <= cycle or own.gaps <= 2.0:
        return 0.0, 1.0
    skips = max(np.floor(age / cycle - 0.5), 1.0)
    left = age - skips * cycle
    plain = keeping(age - length, own.mean, own.gaps, shape)
    plain -= keeping(age, own.mean, own.gaps, shape)
    after = keeping(left - length, own.mean, own.gaps, shape)
    after -= keeping(left, own.mean, own.gaps, shape)
    after *= own.skipping**skips
    return after / (after + (1.0 - own.skipping) * plain + 1e-300), skips
