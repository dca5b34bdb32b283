"""The lines of the table, as numbers, for one method.

Everything at equal false alarms: the scores of each method are cut where it has, outside incidents,
as many false alarms per dealer-year as the line says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import msgspec
import numpy as np

from benchmarks.detection.episodes import Openings, Scores
from benchmarks.detection.matching import Interval, interval, matched
from benchmarks.detection.scenarios import F64, Bool, Planted, Truth
from benchmarks.detection.scoring import delays, rate
from schemas.alert import Kind

BUDGETS: Final = (1.0, 0.1)  # false alarms per dealer-year
LONGEST: Final = 28.0  # days: what is missed, or found later, counts as this
SOON: Final = 7.0  # days
LARGE: Final = 12.0  # orders a day
_TITLES: Final = {
    Kind.ORDER_VOLUME_DROP: "volume",
    Kind.UNIT_PRICE_DROP: "price",
    Kind.COMPLAINT_SPIKE: "complaints",
    Kind.RETURN_SPIKE: "returns",
}
RHYTHMS: Final = {1: "every day", 7: "every week", 14: "every second week"}

Cut = Callable[[Kind, float], Openings]  # the alerts of a kind at a budget


class Figure(msgspec.Struct, frozen=True):
    """One number with its interval; None is more than any number, as days that never come."""

    value: float | None
    low: float | None = None
    high: float | None = None


Line = dict[str, Figure]  # by what is measured


def measure(truth: Truth, scores: Mapping[Kind, Scores]) -> dict[str, Line]:
    """Every line this method has a score for."""
    cuts: dict[tuple[Kind, float], Openings] = {}

    def cut(kind: Kind, budget: float) -> Openings:
        if (kind, budget) not in cuts:
            cuts[kind, budget] = matched(truth, kind, scores[kind], budget)
        return cuts[kind, budget]

    lines: dict[str, Line] = {}
    for kind, title in _TITLES.items():
        if kind in scores:
            steps = ~_slow(truth.planted[kind]) & (truth.planted[kind].rhythm == 0)
            for budget in BUDGETS:
                lines[f"{title}, {budget:g}"] = _found(truth, kind, cut(kind, budget), steps)
    if Kind.ORDER_VOLUME_DROP in scores:
        lines |= _of_orders(truth, cut)
    if Kind.UNIT_PRICE_DROP in scores:
        lines["price alarms in a change of mix / else"] = _inside(
            truth, Kind.UNIT_PRICE_DROP, truth.shift, cut(Kind.UNIT_PRICE_DROP, 1.0)
        )
    return lines


def _of_orders(truth: Truth, cut: Cut) -> dict[str, Line]:
    kind = Kind.ORDER_VOLUME_DROP
    planted, often, seldom = truth.planted[kind], cut(kind, 1.0), cut(kind, 0.1)
    silent = (planted.size == 1.0) & (planted.rhythm == 0)
    lines = {
        "silence of large dealers": _median(truth, often, silent & (planted.rate >= LARGE)),
        "slow erosion": _median(truth, often, _slow(planted)),
        "alarms in holidays / else": _inside(truth, kind, truth.holiday, often),
        "alarms in a shock of the region": {"a year": _plain(rate(truth.shock, often))},
    }
    for days, name in RHYTHMS.items():
        own = (planted.size == 1.0) & (planted.rhythm == days)
        lines[f"regular, {name}"] = _median(truth, seldom, own)
    return lines


def _slow(planted: Planted) -> Bool:
    return planted.slow


def _found(truth: Truth, kind: Kind, opened: Openings, which: Bool) -> Line:
    """Recall in a week, and mean delay with a limit."""
    planted = truth.planted[kind]
    delay, dealer = delays(planted, opened)[which], planted.dealer[which]
    soon = interval(dealer, delay, lambda days: float(np.mean(days <= SOON)))
    mean = interval(dealer, delay, lambda days: float(np.mean(np.minimum(days, LONGEST))))
    return {"recall in 7 d": _figure(soon), "delay, days": _figure(mean)}


def _median(truth: Truth, opened: Openings, which: Bool) -> Line:
    """Median delay in days, what is missed counted as never; and the share that is found."""
    planted = truth.planted[Kind.ORDER_VOLUME_DROP]
    delay, dealer = delays(planted, opened)[which], planted.dealer[which]
    middle = interval(dealer, delay, _middle)
    share = interval(dealer, delay, lambda days: float(np.mean(np.isfinite(days))))
    return {"median, days": _figure(middle), "found": _figure(share)}


def _middle(days: F64) -> float:
    """Median that may be infinite."""
    return float(np.sort(days)[len(days) // 2])


def _inside(truth: Truth, kind: Kind, days: Bool, opened: Openings) -> Line:
    """False alarms per dealer-year inside some days and outside of them."""
    free = truth.free[kind]
    return {
        "inside": _plain(rate(free & days, opened)),
        "outside": _plain(rate(free & ~days, opened)),
    }


def _figure(found: Interval) -> Figure:
    return Figure(*(_told(one) for one in found))


def _plain(value: float) -> Figure:
    return Figure(_told(value))


def _told(value: float) -> float | None:
    return round(value, 3) if np.isfinite(value) else None
