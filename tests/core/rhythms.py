"""Dealers with and without rhythm, and what the detector of rhythm makes of them, day by day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from detectors.baselines import rhythm, rhythm_break
from detectors.baselines.rhythm import DETECTOR, Pools, Rhythm
from detectors.columns import F64, I64
from detectors.evidence.shiryaev_roberts import Evidence

POOLS: Final = Pools(np.log(rhythm.SHAPE_PRIOR), rhythm.SKIPPING, rhythm.TRUST)


def renewal(shape: float, gap: float, dealers: int, days: int, seed: int) -> I64:
    """(dealers, days) orders of gamma gaps; shape 1 is Poisson."""
    chance = np.random.default_rng(seed)
    gaps = chance.gamma(shape, gap / shape, (dealers, int(3 * days / gap) + 20))
    at = gaps.cumsum(axis=1) - chance.uniform(0, gap, (dealers, 1))
    orders = np.zeros((dealers, days), np.int64)
    who, which = np.nonzero((at >= 0) & (at < days))
    np.add.at(orders, (who, at[who, which].astype(np.int64)), 1)
    return orders


def appointed(every: int, jitter: int, missed: float, dealers: int, days: int, seed: int) -> I64:
    """(dealers, days) an order every so many days, early or late by some, now and then none."""
    chance = np.random.default_rng(seed)
    due = np.arange(jitter, days - jitter, every)
    orders = np.zeros((dealers, days), np.int64)
    for dealer in range(dealers):
        kept = due[chance.random(len(due)) >= missed]
        orders[dealer, kept + chance.integers(-jitter, jitter + 1, len(kept))] = 1
    return orders


@dataclass
class Watched:
    """Dealers watched by their rhythm alone, all of them open all the time."""

    dealers: int
    by_count: float = np.nan  # P(no order in a day) by the counts
    known: Rhythm = field(init=False)
    evidence: Evidence = field(init=False)
    days: int = 0

    def __post_init__(self) -> None:
        self.known, self.evidence = rhythm.empty(self.dealers), DETECTOR.empty(self.dealers)

    def day(self, orders: I64, opened: float = 1.0) -> F64:
        """(dealers,) R after a day with these orders, all of the time claimed."""
        n = self.dealers
        rows, every = np.arange(n), np.ones(n)
        age = np.full(n, self.days)
        self.known.length[:] = 1.0
        of = rhythm.day(self.known, rows, orders.astype(np.float64), age, POOLS)
        share, by_count = opened * every, self.by_count * every
        judged = rhythm_break.judge(self.known, of, share, by_count, POOLS)
        rhythm.learn(self.known, of, share, judged.silent, 0 * every, POOLS)
        self.days += 1
        DETECTOR.step(self.evidence, rhythm_break.step(of, judged, every), float(self.days))
        return np.exp(self.evidence.log_odds)

    def play(self, orders: I64) -> Iterator[F64]:
        """(dealers,) R after each day; orders: (dealers, days)."""
        for day in range(orders.shape[1]):
            yield self.day(orders[:, day])
