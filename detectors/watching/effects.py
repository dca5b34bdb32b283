"""What known windows mean for each dealer in a tick: its locale's, its region's and its own."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from detectors.calendar import PLAIN, DayEffect, Whom, ratios
from detectors.columns import F64, I64, Bool
from detectors.setup import Setup
from detectors.watching.fleet import Fleet
from schemas.calendar import WindowScope


class Effects(NamedTuple):
    """Arrays (k,), k dealers awake; see detectors.calendar.DayEffect."""

    weight: F64
    variance: F64
    price_weight: F64
    case_weight: F64
    planned: Bool
    ratio: F64  # of the expected orders


def of(setup: Setup, fleet: Fleet, rows: I64, tick: int) -> Effects:
    """The effects of a tick on some dealers, in the order of their rows."""
    found = _plain(len(rows))
    start, end = setup.timeline.start(tick), setup.timeline.end(tick)
    days = setup.locales.at(tick).day.tolist()
    for number, locale in enumerate(setup.locales.all):
        today = locale.calendar.today(days[number])
        if today.effects:
            ratio = ratios(today, start, end)
            for whom, effect in today.effects.items():
                here = _concerned(fleet, rows, number, whom)
                _apply(found, here, effect, ratio.get(whom, 1.0))
    return found


def articles(setup: Setup, tick: int) -> list[frozenset[str]]:
    """Articles whose prices are planned, by locale."""
    days = setup.locales.at(tick).day.tolist()
    return [
        locale.calendar.today(day).articles
        for locale, day in zip(setup.locales.all, days, strict=True)
    ]


def _plain(k: int) -> Effects:
    return Effects(
        weight=np.full(k, PLAIN.weight),
        variance=np.full(k, PLAIN.variance),
        price_weight=np.full(k, PLAIN.price_weight),
        case_weight=np.full(k, PLAIN.case_weight),
        planned=np.full(k, PLAIN.planned),
        ratio=np.ones(k),
    )


def _concerned(fleet: Fleet, rows: I64, locale: int, whom: Whom) -> Bool:
    """(k,) whether a window of this locale concerns a dealer."""
    scope, entity = whom
    standing = fleet.dealers.standing
    here: Bool = standing.locale[rows] == locale
    if scope is WindowScope.MARKET:
        return here
    if entity is None or scope not in (WindowScope.REGION, WindowScope.DEALER):
        return np.zeros(len(rows), np.bool_)
    if scope is WindowScope.REGION:
        code = fleet.dealers.regions.find(entity)
        return np.asarray(here & (standing.region[rows] == (-1 if code is None else code)))
    row = fleet.dealers.ids.find(entity)
    return np.asarray(here & (rows == (-1 if row is None else row)))


def _apply(found: Effects, here: Bool, effect: DayEffect, ratio: float) -> None:
    """Of several windows the strongest counts; expected ratios multiply."""
    found.weight[here] = np.minimum(found.weight[here], effect.weight)
    found.variance[here] = np.maximum(found.variance[here], effect.variance)
    found.price_weight[here] = np.minimum(found.price_weight[here], effect.price_weight)
    found.case_weight[here] = np.minimum(found.case_weight[here], effect.case_weight)
    found.planned[here] |= effect.planned
    found.ratio[here] *= ratio
