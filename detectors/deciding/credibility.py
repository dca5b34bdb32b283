"""How many cases the fleet's mean is worth for one dealer, by how well it would have foretold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from detectors.baselines.bulk import KEEP, USUAL_WORTH, WORTHS
from detectors.baselines.common_factor import SCALE

LEAST_CASES: Final = 50.0  # that must have been foretold
# Where the worths are alike, the largest: dealers are as the fleet until it helps to tell them
# apart, and evidence grows soonest.
ALIKE: Final = 1.02  # times the least error


class Credibility:
    """Fading sums of cases and squared errors."""

    def __init__(self) -> None:
        self._sums = [0.0] * (1 + len(WORTHS))

    def add(self, sums: Sequence[int]) -> list[float]:
        """The worth, after the lessons of a block: cases, and the errors of WORTHS."""
        fading = zip(self._sums, sums, strict=True)
        self._sums = [KEEP * before + fresh / SCALE for before, fresh in fading]
        cases, *errors = self._sums
        if cases < LEAST_CASES:
            return [USUAL_WORTH]
        alike = [
            worth
            for worth, error in zip(WORTHS, errors, strict=True)
            if error <= ALIKE * min(errors)
        ]
        return [max(alike)]

    def state(self) -> Any:
        """Plain values for a snapshot."""
        return self._sums

    def load(self, state: Any) -> None:
        """Take over what `state` gave."""
        self._sums = state
