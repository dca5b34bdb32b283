"""What the whole network does now: fading sums by cohort, levels of articles, excesses of articles.

Runs in the network stage only, on the exact sums of all partitions. Every loop goes through sorted
names: the same censuses give the same outlook to the last digit.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import exp
from typing import Any, Final, NamedTuple

import numpy as np

from detectors.baselines.case_rate import LAG_DAYS
from detectors.baselines.common_factor import SCALE, SPEEDS, keep
from detectors.baselines.price_lines import (
    LATELY_KEEP,
    NEW_DEVIATION,
    TO_DEVIATION,
    ItemVotes,
)
from detectors.columns import F64, I64, Bool, grown
from detectors.watching.dealers import Names
from schemas.named_rows import Levels, Sums
from schemas.wire import CellSums, OpenSums, RatioSums

JUMP_DEALERS: Final = 8.0  # fewer make no price list
FORGOTTEN: Final = 1e-9  # of a dealer: what is less is none
JUMP_SHARE: Final = 0.6  # of them; by chance once in millions


class PeerTotals:
    """Observed and expected orders, shift and weight of their sizes, by region and tier."""

    def __init__(self) -> None:
        self._cells: dict[tuple[str, str], F64] = {}  # -> (4, SPEEDS)

    def add(self, cells: Iterable[CellSums], tick_days: float) -> None:
        """One tick of all partitions."""
        whole: dict[tuple[str, str], list[int]] = {}
        for cell in cells:
            sums = whole.setdefault((cell.region, cell.tier), [0] * 4)
            for place, value in enumerate((cell.observed, cell.expected, cell.shift, cell.weight)):
                sums[place] += value
        kept = keep(tick_days)
        for name in self._cells.keys() | whole.keys():
            before = self._cells.get(name, np.zeros((4, SPEEDS)))
            fresh = np.array([[value / SCALE] for value in whole.get(name, [0] * 4)])
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
        total = np.zeros((4, SPEEDS))
        for cell in cells:
            total += cell
        return RatioSums(name, *total.tolist())

    def state(self) -> Any:
        """Plain values for a snapshot."""
        return [[*name, sums.tolist()] for name, sums in sorted(self._cells.items())]

    def load(self, state: Any) -> None:
        """Take over what `state` gave."""
        self._cells = {(region, tier): np.array(sums) for region, tier, sums in state}


def opened(cells: Iterable[OpenSums]) -> list[OpenSums]:
    """Who was open on a local day, by region."""
    whole: dict[str, list[int]] = {}
    for cell in cells:
        sums = whole.setdefault(cell.region, [0, 0, 0])
        for place, value in enumerate((cell.ordered, cell.expected, cell.variance)):
            sums[place] += value
    return [OpenSums(region, *whole[region]) for region in sorted(whole)]


class Articles(Names):
    """Names of articles, and sums by them."""

    def sorted(self, chosen: Bool) -> I64:
        """(k,) codes of the chosen ones (names,) by name: few of all are touched in a tick."""
        codes = np.flatnonzero(chosen).tolist()
        return np.array(sorted(codes, key=self.all.__getitem__), np.int64)

    def add_up(self, parts: Iterable[Sums], width: int) -> tuple[I64, Bool]:
        """(names, width) sums over all parts, and (names,) which ones any part names."""
        known = [(self.codes_of(part.texts), part.rows(width)) for part in parts]
        whole, named = np.zeros((len(self), width), np.int64), np.zeros(len(self), np.bool_)
        for codes, rows in known:
            whole[codes] += rows  # a part names an article once
            named[codes] = True
        return whole, named

    def levels(self, codes: I64, *columns: F64) -> Levels:
        """What is told of some."""
        rows = np.stack([column[codes] for column in columns], axis=1)
        return Levels.of(self.texts(codes), rows)


class _Products(Names):
    """What articles have in common at quantities of any class, in one currency."""

    def __init__(self) -> None:
        super().__init__()
        self._of: I64 = np.zeros(0, np.int64)  # (articles,) code of the product

    def of(self, articles: Names) -> I64:
        """(articles,) codes; called with the same articles and what has come since."""
        fresh = articles.all[len(self._of) :]
        if fresh:
            codes = self.codes([name.rpartition("\0")[0] for name in fresh])
            self._of = np.concatenate([self._of, codes])
        return self._of


class _Level(NamedTuple):
    """What is known of articles."""

    level: F64  # (n,) log of the unit price
    deviation: F64  # (n,) standard deviation of a line around it
    lines: F64  # (n,) seen


def _no_levels(n: int) -> _Level:
    return _Level(np.zeros(n), np.full(n, NEW_DEVIATION), np.zeros(n))


class ItemLevels:
    """Network price level of every article, by currency: follows in about 60 votes.

    Beside it, how many dealers have bought the product of late, at quantities of any class, how
    many of them at clearly low prices, and how low.
    """

    VOTES: Final = 60.0

    def __init__(self) -> None:
        self._names = Articles()
        self._products = _Products()
        self._known = _no_levels(0)
        self._lately: F64 = np.zeros((3, 0))  # (…, products): dealers, low ones, their residuals

    def add(self, sums: Iterable[Sums], tick_days: float) -> Levels:
        """One tick of all partitions; the articles that changed."""
        before = len(self._names)
        whole, named = self._names.add_up(sums, len(ItemVotes._fields))
        self._known = grown(self._known, _no_levels, len(self._names))
        told = self._names.sorted(named)
        self._update(told, ItemVotes(*whole[told].T.astype(np.float64)), told >= before)
        lately = self._of_late(told, whole, LATELY_KEEP**tick_days)
        return self._names.levels(told, self._known.level, self._known.deviation, *lately)

    def _of_late(self, items: I64, whole: I64, keep: float) -> F64:
        """(3, names) dealers that bought the product of late, low ones, their mean residual."""
        product = self._products.of(self._names)
        missing = len(self._products) - self._lately.shape[1]
        lately = np.concatenate([self._lately * keep, np.zeros((3, missing))], axis=1)
        lately[np.abs(lately) < FORGOTTEN] = 0.0
        votes = ItemVotes(*whole[items].T / SCALE)
        for sums, fresh in zip(
            lately, (votes.dealers, votes.low, votes.low_residuals), strict=True
        ):
            np.add.at(sums, product[items], fresh)
        self._lately = lately
        dealers, low, fallen = lately[:, product]
        return np.stack([dealers, low, fallen / np.maximum(low, FORGOTTEN)])

    def _update(self, items: I64, sums: ItemVotes, is_new: Bool) -> None:
        level, deviation, seen = (column[items] for column in self._known)
        first = is_new & (sums.unknown_lines > 0)
        level[first] = sums.unknown_logs[first] / SCALE / sums.unknown_lines[first]
        # a new article: everybody votes, the mean of all lines
        young = (sums.lines > 0) & (seen < self.VOTES)
        count = np.maximum(seen + sums.unknown_lines + sums.lines, 1.0)
        votes = np.maximum(sums.votes / SCALE, self.VOTES)
        move = np.where(young, sums.all_residuals / SCALE / count, sums.residuals / SCALE / votes)
        jump = _jump(sums)
        move = np.where(~young & (jump != 0.0), jump, move)
        level += np.where(young | (sums.votes > 0), move, 0.0)
        mean = sums.deviations / SCALE / np.maximum(sums.settled, 1.0) * TO_DEVIATION
        wider = deviation + np.minimum(sums.settled / 400.0, 0.5) * (mean - deviation)
        known = self._known
        known.level[items] = level
        known.deviation[items] = np.where(sums.settled > 0, np.clip(wider, 0.01, 0.5), deviation)
        known.lines[items] += sums.lines + sums.unknown_lines

    def state(self) -> Any:
        """Plain values for a snapshot."""
        count = len(self._names)
        known = [column[:count].tolist() for column in self._known]
        return [self._names.all, known, self._lately.tolist()]

    def load(self, state: Any) -> None:
        """Take over what `state` gave."""
        names, columns, lately = state
        self._names, self._products = Articles(names), _Products()
        self._products.of(self._names)
        self._known = _Level(*map(np.array, columns))
        self._lately = np.array(lately)


def _jump(sums: ItemVotes) -> F64:
    """(k,) how far levels have jumped in a tick: where most dealers of an article say so."""
    enough = sums.dealers >= JUMP_DEALERS * SCALE
    low = enough & (sums.low >= JUMP_SHARE * sums.dealers)
    high = enough & (sums.high >= JUMP_SHARE * sums.dealers)
    fall = np.where(low, sums.low_residuals / np.maximum(sums.low, 1.0), 0.0)
    rise = np.where(high, sums.high_residuals / np.maximum(sums.high, 1.0), 0.0)
    return np.asarray(fall + rise)


class SkuFactors:
    """How often orders of each article end in a case: usually (120 days), and now (4 days)."""

    SLOW_DAYS, FAST_DAYS = 120.0, 4.0
    PRIOR_CASES: Final = 20.0
    EXCESS_DEVIATIONS: Final = 2.5

    def __init__(self, which: int) -> None:
        self._lag = LAG_DAYS[which]
        self._names = Articles()
        # (skus, 5): exposure to come; slow observed and expected; fast observed and expected
        self._sums: F64 = np.zeros((0, 5))

    def add(self, sums: Iterable[Sums], tick_days: float) -> Levels:
        """One tick of all partitions; the articles that were touched or have an excess."""
        whole, named = self._names.add_up(sums, 2)
        self._make_room()
        self._advance(whole / SCALE, tick_days)
        excess = self._excess()
        told = self._names.sorted(named | (excess > 1.0))
        return self._names.levels(told, self._factor(), excess)

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
        self._names = Articles(names)
        self._sums = np.array(sums).reshape(-1, 5)
