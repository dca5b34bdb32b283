"""What a partition knows of usual patterns, and what the network is still to be told."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np

from detectors.baselines import forest, pattern
from detectors.baselines.forest import Forest
from detectors.columns import F64, I64, Array
from schemas.wire import PatternLaw, PatternPoint, PatternSums


class PatternBook:
    """What is usual by tier, as the network has told, and what it is still to be told."""

    def __init__(self) -> None:
        self._forests: dict[str, Forest] = {}
        self._laws: dict[str, PatternLaw] = {}  # without their forests
        self._sums: list[PatternSums] = []

    def hand_over(self) -> list[PatternSums]:
        """The sums for the next census; they are told once."""
        sums, self._sums = self._sums, []
        return sums

    def note(self, sums: list[PatternSums]) -> None:
        """What the next census is to tell."""
        self._sums += sums

    def learn(self, laws: list[PatternLaw]) -> None:
        """Take over what an outlook tells."""
        for law in laws:
            if law.forest:
                self._forests[law.tier] = forest.unpack(law.forest)
            self._laws[law.tier] = PatternLaw(law.tier, law.common, law.scores, b"")

    def bins(self, tier: str, points: F64) -> I64:
        """(k,) how usual points (k, measures) are, NO_POINT before a forest is known."""
        known = self._forests.get(tier)
        if known is None:
            return np.full(len(points), pattern.NO_POINT)
        return pattern.place(forest.sums(known, points))

    def scores(self, tier: str, bins: I64) -> F64 | None:
        """(k,) normal scores less the tier's own of today, None before they mean anything."""
        law = self._laws.get(tier)
        return np.array(law.scores)[bins] - law.common if law and law.scores else None

    def snapshot(self) -> dict[str, Array]:
        """Everything, as named arrays."""
        laws = [[law.tier, law.common, law.scores] for law in self._laws.values()]
        sums = [
            [one.tier, one.ranks, [[p.key, p.values] for p in one.points]] for one in self._sums
        ]
        told = json.dumps([laws, sums, list(self._forests)])
        trees = b"".join(forest.pack(one) for one in self._forests.values())
        return {
            "patterns": np.frombuffer(told.encode(), np.uint8).copy(),
            "patterns.forests": np.frombuffer(trees, np.uint8).copy(),
        }

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Take over what `snapshot` gave."""
        laws, sums, tiers = json.loads(arrays["patterns"].tobytes())
        self._laws = {t: PatternLaw(t, common, scores, b"") for t, common, scores in laws}
        self._sums = [
            PatternSums(tier, ranks, [PatternPoint(*p) for p in points])
            for tier, ranks, points in sums
        ]
        trees = arrays["patterns.forests"].tobytes()
        each = len(trees) // max(len(tiers), 1)
        self._forests = {
            tier: forest.unpack(trees[each * n : each * (n + 1)]) for n, tier in enumerate(tiers)
        }
