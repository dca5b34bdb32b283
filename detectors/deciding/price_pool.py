"""How prices vary in the fleet: from visit to visit, over weeks, and by deals.

A visit is off by the dealer's mood, which lasts, and by chance. All of it together is learned from
squares (bounded stochastic approximation), the mood from the products of a visit with the one
before: what chance brings does not come twice. How long a mood lasts is what is left of them after
a week. A dealer teaches moods in proportion to its own spread, and less the more its prices are
under suspicion: real cuts would pass for moods of the fleet.

Visits clearly low are counted, over months and over the last 200 visits; those beyond what chance
may bring are deals. In a week of clearance a low visit is no news, whoever comes; where none are
beyond chance, one is believed to be in as many visits as have been seen. Of lines it is learned
likewise how many are low for others too.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log, sqrt
from typing import Any, Final

from detectors.baselines.common_factor import SCALE
from detectors.baselines.price_lines import BY_CHANCE
from detectors.baselines.unit_price import FIRST_PRICES

LEAST: Final = 0.003**2  # variances
MOST: Final = 0.08**2
MOOD_KEEP: Final = 0.5 ** (1 / 60.0)  # per day
MOOD_PRIOR: Final = 20.0  # pairs of visits the first guess is worth …
FIRST_DAYS: Final = (1.0, 8.0)  # … that are a day and a week apart
FASTEST: Final = 0.5  # fading per day: what does not last for two days is a visit's
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
        near, far = (FIRST_PRICES.mood * exp(-FIRST_PRICES.fading * days) for days in FIRST_DAYS)
        # products of visits, worth, products a week or more apart, days of both
        self._mood = [MOOD_PRIOR * first for first in (near, 1.0, far, *FIRST_DAYS)]
        self._low = [(FIRST_PRICES.deals + BY_CHANCE) * LOW_PRIOR, LOW_PRIOR]  # low ones, visits
        self._lately = [0.0, 0.0]  # likewise
        self._common = [0.0, 0.0]  # lines: low in common, all

    def add(self, sums: Sequence[int]) -> list[float]:
        """The lessons of a day; PricePools."""
        surplus, worth, near, pairs, low, visits, common, lines, *far = (x / SCALE for x in sums)
        step = exp(min(max(0.2 * surplus / max(worth, 1.0), -0.1), 0.1))
        self._variance = min(max(self._variance * step, LEAST), MOST)
        self._mood = _faded(self._mood, MOOD_KEEP, near, pairs, *far)
        self._low = _faded(self._low, LOW_KEEP, low, visits)
        self._lately = _faded(self._lately, exp(-visits / LATELY), low, visits)
        self._common = _faded(self._common, exp(-lines / LINES), common, lines)
        return self._told()

    def _told(self) -> list[float]:
        mood, fading = self._moods()
        common = self._common[0] + LINES_PRIOR * FIRST_PRICES.common
        share = min(max(common / (self._common[1] + LINES_PRIOR), 1e-3), 0.9)
        visit = max(self._variance - mood, LEAST)
        return [visit, mood, self._deals(), share, fading]

    def _moods(self) -> tuple[float, float]:
        """Variance of moods, and -ln of their autocorrelation from day to day."""
        near, far, days, later = (self._mood[place] / self._mood[1] for place in (0, 2, 3, 4))
        near = max(near, LEAST)
        lost = log(near / max(far, 1e-3 * near)) / max(later - days, 1.0)
        fading = min(max(lost, FIRST_PRICES.fading), FASTEST)
        mood = near * exp(min(fading * days, 1.0))
        return min(max(mood, LEAST), MOST), fading

    def _deals(self) -> float:
        """Share of visits that are deals: usually or of late, whichever is more."""
        low, known = self._low[0] / self._low[1], max(self._low[1], 1.0)
        seen = self._lately[1] + LATELY_PRIOR
        lately = (self._lately[0] + LATELY_PRIOR * low) / seen
        beyond = max(_beyond_chance(low, known), _beyond_chance(lately, seen))
        unseen = 1.0 / (known + 1.0 / FIRST_PRICES.deals)
        return max(beyond, unseen)

    def state(self) -> Any:
        """Plain values for a snapshot."""
        return [self._variance, self._mood, self._low, self._lately, self._common]

    def load(self, state: Any) -> None:
        """Take over what `state` gave."""
        self._variance, self._mood, self._low, self._lately, self._common = state


def _faded(sums: list[float], keep: float, *more: float) -> list[float]:
    return [keep * before + fresh for before, fresh in zip(sums, more, strict=True)]


def _beyond_chance(share: float, visits: float) -> float:
    """The part of a share that two standard deviations of chance do not explain."""
    return share - BY_CHANCE - 2.0 * sqrt(BY_CHANCE * (1.0 - BY_CHANCE) / visits)
