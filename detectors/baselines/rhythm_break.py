"""How likely a day's silence was: for a dealer in rhythm, and for one who has changed.

    renewal   q = S(a + u) / S(a), S the survival of the gaps seen so far;
    closures  q <- 1 - C + C q, C the share of the peers that are open;
    counts    q <- W q + (1 - W) q_count while gaps are short: W, how much the rhythm is trusted,
              from how well either has predicted so far. An irregular dealer is judged by its counts
              (of sparse dealers the level follows too fast, they are left to their gaps).

After a change to a share rho of the usual, q = S0(rho (a + u)) / S0(rho a), S0 without skipped
cycles. All of this is one law in control, so that the evidence keeps its meaning; the better the
rhythm, the more of the time it claims from the count model (detectors.evidence.joint).
"""

from __future__ import annotations

from math import exp, log
from typing import Final, NamedTuple

import numpy as np

from detectors.baselines.rhythm import (
    DETECTOR,
    Day,
    Pools,
    Rhythm,
    heeding,
    staying_silent,
)
from detectors.columns import F64
from detectors.evidence import shiryaev_roberts as ev
from detectors.evidence.renewal import SHAPES, keeping
from schemas.compiled import compiled

SPARSE_DAYS: Final = 4.0  # mean gap from which on the count model is not asked
MEMORY_DAYS: Final = 90.0  # of the evidence, and …
MEMORY_GAPS: Final = 6.0  # … so many gaps more
TRUST_KEEP: Final = 0.5 ** (1 / 180.0)  # per day
MOST_TRUST: Final = 10.0  # nats by which one model may be ahead
LATER: Final = 4.0  # nats of trust more until half of the time is claimed
LEAST_CLAIM, MOST_CLAIM = 0.02, 0.9  # of the time
LEAST_SPARSE_CLAIM: Final = 0.5
LEAST, MOST = 1e-12, 1.0 - 1e-9  # of a probability
_EVEN = int(np.searchsorted(SHAPES, 2.0))  # the first shape that is more even than chance


class Judged(NamedTuple):
    """What a day's silence is worth; all arrays (k,) unless stated."""

    silent: F64  # P(silent | in control, open), by the rhythm alone
    usual: F64  # P(silent | in control)
    changed: F64  # (k, sizes) P(silent | changed)
    keep: F64  # of the evidence so far
    claim: F64  # of the time from now on


def judge(rhythm: Rhythm, of: Day, opened: F64, by_count: F64, pools: Pools) -> Judged:
    """Judge a day; the rhythm's standing against the counts moves on.

    opened: (k,) share of the peers that are open; by_count: (k,) P(silent) by the counts, nan where
    they know nothing.
    """
    k, sizes = len(of.rows), DETECTOR.sizes
    judged = Judged(np.ones(k), np.ones(k), np.ones((k, len(sizes))), np.ones(k), np.zeros(k))
    _judge(rhythm, of, opened, by_count, pools, sizes, judged)
    return judged


def step(of: Day, judged: Judged, share: F64) -> ev.Silence:
    """The step of the evidence for dealers whose silence means something.

    share: (k,) of the day in which a change may begin for this detector.
    """
    ready = of.mature
    return ev.Silence(
        rows=of.rows[ready],
        spoke=of.orders[ready] > 0,
        usual=judged.usual[ready],
        changed=judged.changed[ready],
        elapsed=share[ready],
        keep=judged.keep[ready],
    )


def of_count(intensity: F64, expected: F64) -> F64:
    """(k,) P(no order) of counts with a gamma intensity; intensity: (k, 2) mean and variance."""
    mean, variance = intensity[:, 0], np.maximum(intensity[:, 1], 1e-9)
    return np.asarray((1.0 + variance / mean * expected) ** (-mean * mean / variance))


@compiled
def _judge(
    rhythm: Rhythm, of: Day, opened: F64, by_count: F64, pools: Pools, sizes: F64, judged: Judged
) -> None:
    for k in range(len(of.rows)):
        i, share = of.rows[k], opened[k]
        if rhythm.gaps[i] == 0.0:
            continue
        mean, length = rhythm.total[i] / rhythm.gaps[i], of.length[k] * share
        silent = of.silent[k] if share == 1.0 else staying_silent(rhythm, i, length, pools)
        judged.silent[k] = silent
        judged.usual[k] = _opened(silent, share)
        judged.keep[k] = exp(-1.0 / (MEMORY_DAYS + MEMORY_GAPS * mean))
        for j in range(len(sizes)):
            changed = _changed(rhythm, i, sizes[j], mean, length)
            judged.changed[k, j] = _opened(changed, share)
        if mean >= SPARSE_DAYS:
            even = rhythm.shape[i, _EVEN:].sum()
            judged.claim[k] = min(max(even, LEAST_SPARSE_CLAIM), MOST_CLAIM)
        elif not np.isnan(by_count[k]):
            counted = _opened(by_count[k], share)
            trusted = 1.0 / (1.0 + exp(-pools.trust - rhythm.trust[i]))
            _compare(rhythm, i, judged.usual[k], counted, of.orders[k] > 0.0)
            judged.usual[k] = trusted * judged.usual[k] + (1.0 - trusted) * counted
            claim = 1.0 / (1.0 + exp(LATER - pools.trust - rhythm.trust[i]))
            judged.claim[k] = min(max(claim, LEAST_CLAIM), MOST_CLAIM)


@compiled
def _opened(silent: float, share: float) -> float:
    """P(silent) of a dealer that is open with this probability."""
    return min(max(1.0 - share + share * silent, LEAST), MOST)


@compiled
def _changed(rhythm: Rhythm, i: int, size: float, mean: float, length: float) -> float:
    before = _keeping(rhythm, i, size, rhythm.age[i], mean)
    return _keeping(rhythm, i, size, rhythm.age[i] + length, mean) / before


@compiled
def _keeping(rhythm: Rhythm, i: int, size: float, age: float, mean: float) -> float:
    """P(no order until this age | changed to this size)."""
    gaps, shape = rhythm.gaps[i], rhythm.shape[i]
    plain = keeping(size * age, mean, gaps, shape)
    if rhythm.prepaid[i] == 0.0:
        return plain
    heeded = heeding(rhythm, i)
    later = keeping(size * (age - rhythm.prepaid[i]), mean, gaps, shape)
    return heeded * later + (1.0 - heeded) * plain


@compiled
def _compare(rhythm: Rhythm, i: int, rhythmic: float, counted: float, spoke: bool) -> None:
    """How much better the rhythm has predicted this day, in nats."""
    gain = log((1.0 - rhythmic) / (1.0 - counted)) if spoke else log(rhythmic / counted)
    trust = TRUST_KEEP * (rhythm.trust[i] + gain)
    rhythm.trust[i] = min(max(trust, -MOST_TRUST), MOST_TRUST)
