"""How prices vary in the fleet: from visit to visit, over weeks, and by deals.

A visit is off by the dealer's mood, which lasts, and by chance. All of it together is learned from
squares (bounded stochastic approximation), the mood from the products of a visit with the one
before: what chance brings does not come twice. Visits clearly low are counted, over months and over
the last 200 visits; those beyond chance are deals. In a week of clearance a low visit is no news,
whoever comes. Of lines it is learned likewise how many are low for others too.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from typing import Any, Final

from detectors.baselines.common_factor import SCALE
from detectors.baselines.price_lines import BY_CHANCE
from detectors.baselines.unit_price import FIRST_PRICES

LEAST: Final = 0.003**2  # variances
MOST: Final = 0.08**2
MOOD_KEEP: Final = 0.5 ** (1 / 60.0)  # per day
MOOD_PRIOR: Final = 20.0  # pairs of visits the first guess is worth
LOW_KEEP: Final = 0.5 ** (1 / 60.0)
LOW_PRIOR: Final = 200.0  # visits the first guess is worth
LATELY: Final = 200.0  # visits: a large fleet's day, two or three weeks of 80 shops
LATELY_PRIOR: Final = 20.0  # visits the usual share is worth
LINES: Final = 2000.0  # they teach of late …
LINES_PRIOR: Final = 200.0  # … and how many of them the first guess is worth


class PricePool:
    """Sums of visits, fading."""

    def __init__(self) -> None:
        self._variance = FIRST_PRICES.visit + FIRST_PRICES.mood
        self._mood = [FIRST_PRICES.mood * MOOD_PRIOR, MOOD_PRIOR]  # products, worth
        self._low = [(FIRST_PRICES.deals + BY_CHANCE) * LOW_PRIOR, LOW_PRIOR]  # low ones, visits
        self._lately = [0.0, 0.0]  # likewise
        self._common = [0.0, 0.0]  # lines: low in common, all

    def add(self, sums: Sequence[int]) -> list[float]:
        """The lessons of a day; PricePools."""
        surplus, worth, product, product_worth, low, visits, common, lines = (
            x / SCALE for x in sums
        )
        step = exp(min(max(0.2 * surplus / max(worth, 1.0), -0.1), 0.1))
        self._variance = min(max(self._variance * step, LEAST), MOST)
        self._mood = _faded(self._mood, MOOD_KEEP, product, product_worth)
        self._low = _faded(self._low, LOW_KEEP, low, visits)
        self._lately = _faded(self._lately, exp(-visits / LATELY), low, visits)
        self._common = _faded(self._common, exp(-lines / LINES), common, lines)
        return self._told()

    def _told(self) -> list[float]:
        mood = min(max(self._mood[0] / self._mood[1], LEAST), MOST)
        low = self._low[0] / self._low[1]
        lately = (self._lately[0] + LATELY_PRIOR * low) / (self._lately[1] + LATELY_PRIOR)
        deals = max(low, lately, BY_CHANCE) - BY_CHANCE
        common = self._common[0] + LINES_PRIOR * FIRST_PRICES.common
        share = min(max(common / (self._common[1] + LINES_PRIOR), 1e-3), 0.9)
        return [max(self._variance - mood, LEAST), mood, deals, share]

    def state(self) -> Any:
        """Plain values for a snapshot."""
        return [self._variance, self._mood, self._low, self._lately, self._common]

    def load(self, state: Any) -> None:
        """Take over what `state` gave."""
        self._variance, self._mood, self._low, self._lately, self._common = state


def _faded(sums: list[float], keep: float, *more: float) -> list[float]:
    return [keep * before + fresh for before, fresh in zip(sums, more, strict=True)]
