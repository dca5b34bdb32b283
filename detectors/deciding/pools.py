"""What the fleet teaches its members, once a day: priors by tier, dispersion, usual weekly value.

Empirical Bayes from exact sums; medians come from histograms, because histograms add up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import exp, log
from typing import Any, Final

import numpy as np

from detectors.baselines import bulk, rhythm
from detectors.baselines.case_rate import LAG_DAYS, LONGEST_LAG_DAYS, SHORTEST_LAG_DAYS
from detectors.baselines.common_factor import SCALE
from detectors.baselines.order_size import USUAL_DEVIATION, USUAL_LASTING
from detectors.deciding.credibility import Credibility
from detectors.deciding.price_pool import PricePool
from detectors.deciding.resolutions import Resolutions
from detectors.watching.knowledge import CASE_KINDS
from detectors.watching.learning import BIN, LEVEL_LOWEST

PERSISTENCE_KEEP: Final = 0.985  # per day
FLEET: Final = 20.0  # dealers that can teach others
LAG_KEEP: Final = 0.5 ** (1 / 60.0)  # per day
LAG_PRIOR: Final = 30.0  # cases the first guess of a lag is worth
LASTING_PRIOR: Final = 20.0  # days with orders
LEAST_LASTING: Final = 0.005  # of the variance of an order
DEVIATION_DEALERS: Final = 20.0  # that yesterday's deviation is worth


class FleetPools:
    """The network's side of what `detectors.watching.learning` counts."""

    def __init__(self) -> None:
        self._log_dispersion = log(0.08)
        self._persistence = [0.0, 0.0]  # fading sums of products and of their worth
        self._own: dict[str, PricePool | Credibility] = {
            "prices": PricePool(),
            "credibility": Credibility(),
        }
        self._lasting = [USUAL_LASTING * LASTING_PRIOR, LASTING_PRIOR]  # as persistence, of sizes
        self._log_size = 2.0 * log(USUAL_DEVIATION)
        self._case_dispersion = dict.fromkeys(CASE_KINDS, 0.03)
        # days from order to case, and fading number of cases that have taught it
        self._lags = {name: [lag, 0.0] for name, lag in zip(CASE_KINDS, LAG_DAYS, strict=True)}
        self._resolutions = Resolutions()

    def add(self, pools: Iterable[Mapping[str, list[int]]]) -> dict[str, list[float]]:
        """The sums of all partitions after a local day; what partitions should know anew."""
        whole = _sum(pools)
        issues = {name[7:]: whole.pop(name) for name in sorted(whole) if name.startswith("issues/")}
        told = {f"issues/{tier}": law for tier, law in self._resolutions.add(issues).items()}
        for name in sorted(whole):
            sums = whole[name]
            group, of_member, member = name.partition("/")
            if group == "lag":
                told[name] = [self._lag(member, sums[0] / SCALE, sums[1] / SCALE)]
            elif group == "size":
                told[name] = self._size(*(value / SCALE for value in sums))
            elif group == "tier":
                told[name] = _tier(sums)
            elif group in self._own:
                told[name] = self._own[group].add(sums)
            elif group == "rhythm":
                told[name] = _rhythm(sums)
            elif group == "bulk":
                size, cases = (value / SCALE for value in sums)
                told[name] = [(size + FLEET * bulk.USUAL) / (cases + FLEET)]
            elif group == "week":
                told[name] = [_median(sums)]
            elif of_member:
                told[name] = _rate(sums)
            else:
                told[name] = self._variance(name, sums)
        return told

    def _lag(self, kind: str, ages: float, cases: float) -> float:
        """Mean days from order to case: stochastic approximation of its largest likelihood.

        ages / lag - cases is the gradient over log lag. The curvature is at most a unit a case, and
        less as orders overlap: a third of it is taken.
        """
        lag, seen = self._lags[kind]
        seen = seen * LAG_KEEP + cases
        step = 3.0 * (ages / lag - cases) / (LAG_PRIOR + seen)
        lag = min(max(lag * exp(min(max(step, -0.1), 0.1)), SHORTEST_LAG_DAYS), LONGEST_LAG_DAYS)
        self._lags[kind] = [lag, seen]
        return lag

    def _variance(self, name: str, sums: list[int]) -> list[float]:
        surplus, worth = sums[0] / SCALE, sums[1] / SCALE
        if name == "dispersion":
            return self._dispersion(surplus, worth, sums[2] / SCALE, sums[3] / SCALE)
        step = exp(min(max(0.2 * surplus / max(worth, 1.0), -0.1), 0.1))
        self._case_dispersion[name] = min(max(self._case_dispersion[name] * step, 0.005), 1.5)
        return [self._case_dispersion[name]]

    def _size(self, log: float, dealers: float, product: float, worth: float) -> list[float]:
        """Variance of an order's log size, and the share of it that lasts."""
        prior = [USUAL_LASTING * LASTING_PRIOR, LASTING_PRIOR]
        for place, (value, usual) in enumerate(zip((product, worth), prior, strict=True)):
            faded = PERSISTENCE_KEEP * (self._lasting[place] - usual)
            self._lasting[place] = usual + faded + value
        lasting = min(max(self._lasting[0] / self._lasting[1], LEAST_LASTING), 0.5)
        self._log_size += (log - dealers * self._log_size) / (dealers + DEVIATION_DEALERS)
        return [exp(self._log_size), lasting]

    def _dispersion(
        self, surplus: float, worth: float, product: float, product_worth: float
    ) -> list[float]:
        if worth > 1.0:
            step = 0.25 * surplus / worth
            self._log_dispersion = min(max(self._log_dispersion + step, log(0.01)), log(0.6))
        fading = self._persistence
        fading[0] = fading[0] * PERSISTENCE_KEEP + product
        fading[1] = fading[1] * PERSISTENCE_KEEP + product_worth
        known = fading[1] > 1.0
        persistence = min(max(fading[0] / fading[1], 0.2), 0.93) if known else 0.6
        return [self._log_dispersion, persistence]

    def state(self) -> Any:
        """Plain values for a snapshot."""
        return [
            self._log_dispersion, self._persistence, self._case_dispersion,
            self._resolutions.state(), self._lags, self._lasting, self._log_size,
            {name: one.state() for name, one in self._own.items()},
        ]  # fmt: skip

    def load(self, state: Any) -> None:
        """Take over what `state` gave."""
        (
            self._log_dispersion, self._persistence, self._case_dispersion, law,
            self._lags, self._lasting, self._log_size, own,
        ) = state  # fmt: skip
        self._resolutions.load(law)
        for name, one in self._own.items():
            one.load(own[name])


def _sum(pools: Iterable[Mapping[str, list[int]]]) -> dict[str, list[int]]:
    whole: dict[str, list[int]] = {}
    for one in pools:
        for name, sums in one.items():
            before = whole.setdefault(name, [0] * len(sums))
            whole[name] = [a + b for a, b in zip(before, sums, strict=True)]
    return whole


def _tier(sums: list[int]) -> list[float]:
    """Median level, weekday profile (7, mean 1), hour profile (24, sum 1)."""
    orders, expected = np.array(sums[:7]) / SCALE, np.array(sums[7:14]) / SCALE
    hours = np.array(sums[14:38]) / SCALE + 1.0
    weekday = (orders + 1.0) / (expected + 1.0)
    level = _median(sums[38:]) if sum(sums[38:]) else 1.0
    return [level, *(weekday / weekday.mean()).tolist(), *(hours / hours.sum()).tolist()]


def _rhythm(sums: list[int]) -> list[float]:
    """Skips by cycle, logit of the share that keeps a rhythm, log prior of the shapes."""
    skips, cycles, trusted, short, known, *shapes = (value / SCALE for value in sums)
    skipping = min(max((skips + 0.2) / (skips + cycles + 10.0), 0.005), 0.1)
    share = (trusted + 0.2) / (short + 2.0)
    trust = min(max(log(share / (1.0 - share)), -6.0), 2.0) if short >= FLEET else rhythm.TRUST
    told = np.array(rhythm.SHAPE_PRIOR)
    if known >= FLEET:
        told = 0.8 * np.array(shapes) / known + 0.2 * told
    return [skipping, trust, *np.log(told).tolist()]


def _median(histogram: list[int]) -> float:
    """The median of a histogram of logs, straight within its bin."""
    total = sum(histogram)
    below = 0
    for place, count in enumerate(histogram):
        if 2 * (below + count) >= total > 0:
            part = (total / 2 - below) / max(count, 1)
            return exp(LEVEL_LOWEST + BIN * (place + part))
        below += count
    return 1.0


def _rate(sums: list[int]) -> list[float]:
    """Cases per line, and how many cases the tier's rate is worth for one dealer (moments)."""
    cases, lines, spread, surplus = (value / SCALE for value in sums)
    rate = (cases + 0.5) / (lines + 20.0)
    prior = min(max(spread / max(surplus, 1e-6), 1.0), 20.0) if spread > 5.0 else 2.0
    return [rate, prior]
