"""How fast issues are usually resolved, by tier: what all partitions have counted, fading."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from detectors.baselines.resolution import BINS, DAY_S
from detectors.columns import F64

KEEP: Final = 0.5 ** (1 / 180.0)  # per day
LEAST: Final = 100.0  # resolutions before anything is usual
PRIOR: Final = 20.0  # resolutions the network's hazard is worth in a tier
SMOOTH: Final = 1.0  # resolutions at the network's mean hazard, for ages nobody has reached


class Resolutions:
    """Fading sums by tier: seconds at risk and resolutions, by age."""

    def __init__(self) -> None:
        self._tiers: dict[str, F64] = {}  # -> (2, BINS)

    def add(self, sums: Mapping[str, list[int]]) -> dict[str, list[float]]:
        """A day of all partitions, by tier; hazards a day by age, none while too few have ended."""
        for tier in sorted(sums):
            before = self._tiers.get(tier, np.zeros((2, BINS)))
            self._tiers[tier] = before * KEEP + np.array(sums[tier]).reshape(2, BINS)
        return self._told() if sums else {}

    def _told(self) -> dict[str, list[float]]:
        every = np.zeros((2, BINS))
        for tier in sorted(self._tiers):
            every += self._tiers[tier]
        if every[1].sum() < LEAST:
            return {}
        mean = every[1].sum() / max(every[0].sum(), 1.0)
        network = (every[1] + SMOOTH) / (every[0] + SMOOTH / mean)
        return {
            tier: ((ended + PRIOR) / (risk + PRIOR / network) * DAY_S).tolist()
            for tier, (risk, ended) in sorted(self._tiers.items())
        }

    def state(self) -> Any:
        """Plain values for a snapshot."""
        return [[tier, sums.tolist()] for tier, sums in sorted(self._tiers.items())]

    def load(self, state: Any) -> None:
        """Take over what `state` gave."""
        self._tiers = {tier: np.array(sums) for tier, sums in state}
