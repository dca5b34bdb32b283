"""What is usual in each tier: river's half-space trees, and the ranks of their scores.

One `river.anomaly.HalfSpaceTrees` per tier learns from at most 50 dealer-days a day, chosen by
hash among all partitions and taken in that order: 24 µs each, whatever the size of the fleet. Its
random splits come from a fixed seed and never change, so its state is its masses.

river is imported with the first forest: 60 MB and half a second that a worker without the network's
role never pays.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from scipy import special

from detectors.baselines import forest
from detectors.baselines.forest import HEIGHT, INNER, NODES, TREES, WINDOW, Forest
from detectors.baselines.pattern import BINS
from detectors.columns import F64
from detectors.watching.patterns import MOST_POINTS
from schemas.wire import PatternLaw, PatternSums

SEED: Final = 1
KEEP: Final = 0.5 ** (1 / 28.0)  # per day, of the ranks
LEAST_RANKED: Final = 200.0  # dealer-days before a rank means anything
DAY_PRIOR: Final = 20.0  # dealer-days that say nothing is in common today


class TierForest:
    """One tier's trees."""

    def __init__(self, features: int) -> None:
        from river import anomaly  # noqa: PLC0415  heavy, see the header

        self._features = features
        made: Any = anomaly.HalfSpaceTrees  # untyped
        self._trees = made(TREES, HEIGHT, WINDOW, seed=SEED)
        self._trees.learn_one(dict.fromkeys(range(features), 0.5))  # builds them
        self._nodes = [list(tree.iter_bfs()) for tree in self._trees.trees]  # level by level
        self._set([0] * (TREES * NODES), [0] * (TREES * NODES), 0)

    def learn(self, points: Iterable[list[float]]) -> bool:
        """Points in a fixed order; whether a window has become full."""
        windows = 0
        for point in points:
            self._trees.learn_one(dict(enumerate(point)))
            windows += self._trees.counter == 0
        return windows > 0

    def score(self, point: list[float]) -> float:
        """River's own score."""
        return float(self._trees.score_one(dict(enumerate(point))))

    def arrays(self) -> Forest:
        """The last full window, for many dealers."""
        inner = [tree[:INNER] for tree in self._nodes]
        return Forest(
            np.array([[node.feature for node in tree] for tree in inner]),
            np.array([[node.threshold for node in tree] for tree in inner]),
            np.array([[node.r_mass for node in tree] for tree in self._nodes]),
        )

    def _set(self, filling: list[int], full: list[int], counter: int) -> None:
        every = [node for tree in self._nodes for node in tree]
        for node, left, right in zip(every, filling, full, strict=True):
            node.l_mass, node.r_mass = left, right
        self._trees.counter = counter

    def state(self) -> Any:
        """Plain values for a snapshot."""
        every = [node for tree in self._nodes for node in tree]
        masses = [node.l_mass for node in every], [node.r_mass for node in every]
        return [self._features, *masses, self._trees.counter]

    @classmethod
    def of(cls, state: Any) -> TierForest:
        """What `state` gave."""
        features, filling, full, counter = state
        made = cls(features)
        made._set(filling, full, counter)
        return made


class Patterns:
    """What is usual, by tier."""

    def __init__(self) -> None:
        self._forests: dict[str, TierForest] = {}
        self._stored: dict[str, Any] = {}  # of a snapshot, until they are to learn: 30 ms each
        self._ranks: dict[str, F64] = {}  # -> (BINS,) fading dealer-days by score …
        self._ranked: dict[str, float] = {}  # … as of this day

    def add(self, told: Iterable[PatternSums], now: float) -> list[PatternLaw]:
        """Days that ended, of all partitions in any order; what their tiers should know.

        now: days since 1970.
        """
        by_tier: dict[str, list[PatternSums]] = {}
        for one in told:
            by_tier.setdefault(one.tier, []).append(one)
        return [self._tier(tier, by_tier[tier], now) for tier in sorted(by_tier)]

    def _tier(self, tier: str, told: list[PatternSums], now: float) -> PatternLaw:
        today = np.array([one.ranks for one in told], np.float64).sum(axis=0)
        table = self._table(tier)
        common = float(table @ today) / (float(today.sum()) + DAY_PRIOR)
        self._rank(tier, today, now)
        chosen = sorted((s for one in told for s in one.points), key=lambda s: s.key)[:MOST_POINTS]
        trees = self._learn(tier, [one.values for one in chosen])
        ranked = len(table) and table.any()
        return PatternLaw(tier, common, table.tolist() if ranked else [], trees)

    def _rank(self, tier: str, today: F64, now: float) -> None:
        before = self._ranks.get(tier, np.zeros(BINS))
        self._ranks[tier] = before * KEEP ** (now - self._ranked.get(tier, now)) + today
        self._ranked[tier] = now

    def _table(self, tier: str) -> F64:
        """(BINS,) normal score of every bin, large = unusual; zeros before ranks mean anything."""
        ranks = self._ranks.get(tier, np.zeros(BINS))
        if ranks.sum() < LEAST_RANKED:
            return np.zeros(BINS)
        rarer = np.cumsum(ranks) - 0.5 * ranks
        return np.asarray(-special.ndtri((rarer + 0.5) / (ranks.sum() + 1.0)))

    def _learn(self, tier: str, points: list[list[float]]) -> bytes:
        """The trees, where a window has become full."""
        if not points:
            return b""
        if tier in self._stored:
            self._forests[tier] = TierForest.of(self._stored.pop(tier))
        elif tier not in self._forests:
            self._forests[tier] = TierForest(len(points[0]))
        known = self._forests[tier]
        return forest.pack(known.arrays()) if known.learn(points) else b""

    def state(self) -> Any:
        """Plain values for a snapshot."""
        ranks = [[t, known.tolist(), self._ranked[t]] for t, known in sorted(self._ranks.items())]
        forests = self._stored | {tier: one.state() for tier, one in self._forests.items()}
        return [ranks, sorted(forests.items())]

    def load(self, state: Any) -> None:
        """Take over what `state` gave."""
        ranks, forests = state
        self._ranks = {tier: np.array(known) for tier, known, _ in ranks}
        self._ranked = {tier: day for tier, _, day in ranks}
        self._forests, self._stored = {}, dict(forests)
