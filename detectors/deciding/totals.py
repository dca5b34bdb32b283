"""What the whole network does now: fading sums by cohort, levels of articles, excesses of articles.

Runs in the network stage only, on the exact sums of all partitions. Every loop goes through sorted
names: the same censuses give the same outlook to the last digit.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import exp
from typing import Any, Final

import numpy as np

from detectors.baselines.case_rate import LAG_DAYS
from detectors.baselines.common_factor import SCALE, SPEEDS, keep
from detectors.baselines.unit_price import NEW_DEVIATION
from detectors.columns import F64
from detectors.watching.dealers import Names
from schemas.wire import CaseSums, CellSums, ItemLevel, ItemSums, RatioSums, SkuFactor


class PeerTotals:
    """Observed and expected orders by region and tier, at every speed."""

    def __init__(self) -> None:
        self._cells: dict[tuple[str, str], F64] = {}  # -> (2, SPEEDS)

    def add(self, cells: Iterable[CellSums], tick_days: float) -> None:
        """One tick of all partitions."""
        whole: dict[tuple[str, str], list[int]] = {}
        for cell in cells:
            sums = whole.setdefault((cell.region, cell.tier), [0, 0])
            sums[0] += cell.observed
            sums[1] += cell.expected
        kept = keep(tick_days)
        for name in self._cells.keys() | whole.keys():
            before = self._cells.get(name, np.zeros((2, SPEEDS)))
            observed, expected = whole.get(name, [0, 0])
            fresh = np.array([[observed / SCALE], [expected / SCALE]])
            self._cells[name] = before * kept + fresh

    def network(self) -> RatioSums:
        """All dealers."""
        return self._sum("", (self._cells[name] for name in sorted(self._cells)))

    def regions(self) -> list[RatioSums]:
        """By region."""
        return self._groups(0)

    def tiers(self) -> list[RatioSums]:
        """By tier."""
        return self._groups(1)

    def _groups(self, axis: int) -> list[RatioSums]:
        names = sorted({cell[axis] for cell in self._cells})
        return [
            self._sum(name, (self._cells[c] for c in sorted(self._cells) if c[axis] == name))
            for name in names
        ]

    @staticmethod
    def _sum(name: str, cells: Iterable[F64]) -> RatioSums:
        total = np.zeros((2, SPEEDS))
        for cell in cells:
            total += cell
        return RatioSums(name, total[0].tolist(), total[1].tolist())

    def state(self) -> Any:
        """Plain values for a snapshot."""
        return [[*name, sums.tolist()] for name, sums in sorted(self._cells.items())]

    def load(self, state: Any) -> None:
        """Take over what `state` gave."""
        self._cells = {(region, tier): np.array(sums) for region, tier, sums in state}


class ItemLevels:
    """Network price level of every article, by currency: follows in about 60 votes."""

    VOTES: Final = 60.0

    def __init__(self) -> None:
        self._items: dict[tuple[str, str], tuple[float, float, int]] = {}

    def add(self, sums: Iterable[ItemSums]) -> list[ItemLevel]:
        """One tick of all partitions; the articles that changed."""
        whole: dict[tuple[str, str], list[int]] = {}
        for one in sums:
            row = whole.setdefault((one.currency, one.sku), [0] * 7)
            for place, value in enumerate(
                (one.lines, one.votes, one.residuals, one.all_residuals, one.deviations,
                 one.unknown_lines, one.unknown_logs)
            ):  # fmt: skip
                row[place] += value
        return [self._update(name, whole[name]) for name in sorted(whole)]

    def _update(self, name: tuple[str, str], sums: list[int]) -> ItemLevel:
        lines, votes, residuals, all_residuals, deviations, unknown, logs = sums
        if name not in self._items and unknown:
            self._items[name] = (logs / SCALE / unknown, NEW_DEVIATION, 0)
        level, deviation, seen = self._items.get(name, (0.0, NEW_DEVIATION, 0))
        if lines and seen < self.VOTES:  # a new article: everybody votes, the mean of all lines
            level += all_residuals / SCALE / (seen + unknown + lines)
        elif votes:
            level += residuals / SCALE / max(votes / SCALE, self.VOTES)
        if lines:
            mean = deviations / SCALE / lines * 1.2533  # to a normal's standard deviation
            deviation += min(lines / 400.0, 0.5) * (mean - deviation)
            deviation = min(max(deviation, 0.01), 0.5)
        self._items[name] = (level, deviation, seen + lines + unknown)
        return ItemLevel(*name, level, deviation)

    def state(self) -> Any:
        """Plain values for a snapshot."""
        return [[*name, *told] for name, told in sorted(self._items.items())]

    def load(self, state: Any) -> None:
        """Take over what `state` gave."""
        self._items = {(row[0], row[1]): (row[2], row[3], row[4]) for row in state}


class SkuFactors:
    """How often orders of each article end in a case: usually (120 days), and now (4 days)."""

    SLOW_DAYS, FAST_DAYS = 120.0, 4.0
    PRIOR_CASES: Final = 20.0
    EXCESS_DEVIATIONS: Final = 2.5

    def __init__(self, which: int) -> None:
        self._lag = LAG_DAYS[which]
        self._names = Names()
        # (skus, 5): exposure to come; slow observed and expected; fast observed and expected
        self._sums: F64 = np.zeros((0, 5))

    def add(self, sums: Iterable[CaseSums], tick_days: float) -> list[SkuFactor]:
        """One tick of all partitions; the articles that were touched or have an excess."""
        whole: dict[str, list[int]] = {}
        for one in sums:
            row = whole.setdefault(one.sku, [0, 0])
            row[0] += one.exposure
            row[1] += one.cases
        codes = self._names.codes(sorted(whole))
        self._make_room()
        fresh = np.zeros((len(self._names), 2))
        if whole:
            fresh[codes] = np.array([whole[name] for name in sorted(whole)]) / SCALE
        self._advance(fresh, tick_days)
        factor, excess = self._factor(), self._excess()
        told = sorted(set(codes.tolist()) | set(np.flatnonzero(excess > 1.0).tolist()))
        names = self._names.all
        rows = [SkuFactor(names[c], float(factor[c]), float(excess[c])) for c in told]
        return sorted(rows, key=lambda row: row.sku)

    def _advance(self, fresh: F64, tick_days: float) -> None:
        s, exposure, cases = self._sums, fresh[:, 0], fresh[:, 1]
        fade = exp(-tick_days / self._lag)
        due = (s[:, 0] + exposure) * (1.0 - fade)
        s[:, 0] = (s[:, 0] + exposure) * fade
        usual = due * self._factor()
        calm = self._excess() <= 1.0  # an excess is news, not the article's nature
        slow, fast = 0.5 ** (tick_days / self.SLOW_DAYS), 0.5 ** (tick_days / self.FAST_DAYS)
        s[:, 1] = np.where(calm, s[:, 1] * slow + cases, s[:, 1])
        s[:, 2] = np.where(calm, s[:, 2] * slow + due, s[:, 2])
        s[:, 3] = s[:, 3] * fast + cases
        s[:, 4] = s[:, 4] * fast + usual

    def _factor(self) -> F64:
        observed, expected = self._sums[:, 1], self._sums[:, 2]
        return np.asarray((observed + self.PRIOR_CASES) / (expected + self.PRIOR_CASES))

    def _excess(self) -> F64:
        observed, expected = self._sums[:, 3], self._sums[:, 4]
        z = (observed - expected) / np.sqrt(expected + 1.0)
        ratio = np.maximum((observed + 3.0) / (expected + 3.0), 1.0)
        return np.where(z > self.EXCESS_DEVIATIONS, ratio, 1.0)

    def _make_room(self) -> None:
        missing = len(self._names) - len(self._sums)
        self._sums = np.concatenate([self._sums, np.zeros((missing, 5))])

    def state(self) -> Any:
        """Plain values for a snapshot."""
        return [self._names.all, self._sums.tolist()]

    def load(self, state: Any) -> None:
        """Take over what `state` gave."""
        names, sums = state
        self._names = Names(names)
        self._sums = np.array(sums).reshape(-1, 5)
