"""Whether the evidence keeps its promise: one offset per kind, learned from the fleet itself.

Under no change and a true model, evidence crosses ln(365 / b) at most b times a year. Overshoot
makes it fewer (evidence jumps over the line), what a model does not know makes it more. Both show
in how often the fleet's evidence comes near the line: its excursions with a peak in a band about it
(`detectors.watching.crossings`) have an expected number under no change, since P(R > A) falls like
1 / A:

    expected = dealers * days * b / 365 * (e^BELOW - e^-ABOVE)

True changes do not stop there, so they hardly count; those that last for a few days only may, such
as sales that nobody announced, and lift the line of surges. The offset is the log of found over
expected excursions, both forgotten with a half-life of half a year and shrunk to no offset; at most
a nat either way: what is further off is a fault to be found, not to be learned.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, log
from typing import Any, Final

from detectors.watching.crossings import ABOVE, BELOW

MOST_NATS: Final = 1.0
PRIOR: Final = 10.0  # excursions, found and expected alike, that no offset is worth
HALF_LIFE_DAYS: Final = 180.0
IN_BAND: Final = exp(BELOW) - exp(-ABOVE)  # excursions in the band for one false alarm


class Calibration:
    """Offsets of the thresholds."""

    def __init__(self) -> None:
        self._sums: dict[str, tuple[float, float]] = {}  # forgotten: found, expected

    def offset(self, kind: str) -> float:
        """Nats by which a kind's threshold differs from ln(365 / b)."""
        found, expected = self._sums.get(kind, (0.0, 0.0))
        offset = log((max(found, 0.0) + PRIOR) / (expected + PRIOR))
        return min(max(offset, -MOST_NATS), MOST_NATS)

    def learn(
        self,
        found: Mapping[str, int],
        sharing: Mapping[str, int],
        per_day: Mapping[str, float],
        days: float,
    ) -> None:
        """A tick of so many days; per_day: false alarms asked of one dealer in a day, by kind."""
        keep = 0.5 ** (days / HALF_LIFE_DAYS)
        for kind in sorted(sharing):
            before, due = self._sums.get(kind, (0.0, 0.0))
            expected = sharing[kind] * days * per_day[kind] * IN_BAND
            self._sums[kind] = (before * keep + found.get(kind, 0), due * keep + expected)

    def state(self) -> Any:
        """Plain values for a snapshot."""
        return sorted(self._sums.items())

    def load(self, state: Any) -> None:
        """Take over what `state` gave."""
        self._sums = {kind: (found, expected) for kind, (found, expected) in state}
