"""The priced lines of a tick: they vote in its census and are weighed with its outlook."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from detectors.baselines import price_lines
from detectors.baselines.common_factor import SCALE
from detectors.baselines.price_lines import Lines, Standing
from detectors.columns import F64, I64, Bool
from detectors.watching.fleet import Fleet


class PriceView(NamedTuple):
    """Lines that have voted; arrays (k,), k lines of m dealers."""

    lines: Lines
    known: Bool  # the article had a level
    bought: I64  # (m,) places of the dealers in the view of the tick
    place: I64  # which of these


def take(fleet: Fleet, rows: I64, day: I64, tick: int) -> PriceView:
    """Take the lines of a tick out of those that wait; they vote.

    rows, day: dealers awake and their local days.
    """
    lines = _of_tick(fleet, tick)
    dealers, place = np.unique(lines.dealer, return_inverse=True)
    bought = np.searchsorted(rows, dealers)
    known = np.zeros(len(place), np.bool_)
    order = np.lexsort((lines.dealer, lines.item))
    price_lines.vote(
        _standing(fleet), fleet.pair, fleet.known.item, fleet.votes, lines, order,
        day[bought][place], 1 / SCALE, known,
    )  # fmt: skip
    return PriceView(lines, known, bought, place)


def weigh(fleet: Fleet, view: PriceView) -> F64:
    """(m, 5) sums of price_lines.weigh, against the levels of the tick's outlook."""
    sums = np.zeros((len(view.bought), 5))
    price_lines.weigh(
        _standing(fleet), fleet.pair, fleet.known.item, fleet.votes, view.lines, view.known,
        view.place, 1 / SCALE, sums,
    )  # fmt: skip
    return sums


def _of_tick(fleet: Fleet, tick: int) -> Lines:
    whole = price_lines.joined(fleet.lines)
    now = whole.tick <= tick
    fleet.lines = [Lines._make(column[~now] for column in whole)]
    return Lines._make(column[now] for column in whole)


def _standing(fleet: Fleet) -> Standing:
    price = fleet.price
    return Standing(price.markup, price.lines, price.suspicion, price.day_surplus, price.day_lines)
