"""The priced lines of a tick: they vote in its census and are weighed with its outlook.

Low ones wait for the end of the local day and are weighed with the outlook of its last tick.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from detectors.baselines import price_lines
from detectors.baselines.common_factor import SCALE
from detectors.baselines.price_lines import Lines, Standing
from detectors.columns import F64, I64, Array, Bool
from detectors.watching.fleet import Fleet


class PriceView(NamedTuple):
    """Lines that have voted; arrays (k,), k lines of m dealers."""

    lines: Lines
    known: Bool  # the article had a level
    place: I64  # (k,) of the dealers in the view of the tick


def take(fleet: Fleet, rows: I64, day: I64, tick: int) -> PriceView:
    """Take the lines of a tick out of those that wait; they vote.

    rows, day: dealers awake and their local days.
    """
    whole = price_lines.joined(fleet.lines)
    lines, fleet.lines = _parted(whole, whole.tick <= tick)
    place = np.searchsorted(rows, lines.dealer)
    known = np.zeros(len(place), np.bool_)
    order = np.lexsort((lines.dealer, lines.item))
    price_lines.vote(
        _standing(fleet), fleet.pair, fleet.known.item, fleet.votes, lines, order,
        day[place], 1 / SCALE, known,
    )  # fmt: skip
    return PriceView(lines, known, place)


def weigh(fleet: Fleet, view: PriceView, rows: I64, ends: Bool) -> tuple[I64, F64]:
    """Weigh against the levels of the tick's outlook what does not wait any longer.

    rows, ends: (n,) dealers awake, and whose day ends. Places (m,) of those that have bought, and
    (m, 7) sums of price_lines.weigh.
    """
    late, place = _low_ones(fleet, rows, ends)
    bought = np.unique(np.concatenate([view.place, place]))
    sums = np.zeros((len(bought), 7))
    low = np.zeros(len(view.place), np.bool_)
    _weigh(fleet, view.lines, view.known, np.searchsorted(bought, view.place), sums, low)
    again = np.flatnonzero(low & ends[view.place])
    if low.any():
        fleet.low.append(_parted(view.lines, low & ~ends[view.place])[0])
    for lines, at in (late, place), (_chosen(view.lines, again), view.place[again]):
        known = np.ones(len(at), np.bool_)
        _weigh(fleet, lines, known, np.searchsorted(bought, at), sums, low[:0])
    return bought, sums


def _low_ones(fleet: Fleet, rows: I64, ends: Bool) -> tuple[Lines, I64]:
    """The low lines of days that end, and the places of their dealers."""
    if not fleet.low or not ends.any():
        return price_lines.no_lines(), np.zeros(0, np.int64)
    whole = price_lines.joined(fleet.low)
    place = np.searchsorted(rows, whole.dealer)
    due = ends[place]
    lines, fleet.low = _parted(whole, due)
    return lines, place[due]


def _weigh(fleet: Fleet, lines: Lines, known: Bool, place: I64, sums: F64, waits: Bool) -> None:
    price_lines.weigh(
        _standing(fleet), fleet.pair, fleet.known.item, fleet.votes, lines, known, place,
        1 / SCALE, fleet.known.price_pools().common, sums, waits,
    )  # fmt: skip


def _parted(lines: Lines, chosen: Bool) -> tuple[Lines, list[Lines]]:
    """Those chosen, and the others as what waits."""
    return _chosen(lines, chosen), [_chosen(lines, ~chosen)]


def _chosen(lines: Lines, which: Array) -> Lines:
    return Lines._make(column[which] for column in lines)


def _standing(fleet: Fleet) -> Standing:
    price = fleet.price
    return Standing(price.markup, price.lines, price.suspicion, price.day_surplus, price.day_lines)
