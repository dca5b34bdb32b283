"""One tick as one partition sees it: what was expected and what was counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from detectors.baselines import order_volume, rhythm
from detectors.columns import F64, I64, Bool
from detectors.locales import Segments
from detectors.setup import Setup
from detectors.timeline import DAY
from detectors.watching import effects, prices
from detectors.watching.effects import Effects
from detectors.watching.fleet import Fleet
from detectors.watching.prices import PriceView

HOME: Final = 0  # the locale of the settings


@dataclass(frozen=True)
class TickView:
    """A tick that has been counted and waits for its outlook; arrays (k,), k dealers awake."""

    tick: int
    now: float  # end of the tick, days since 1970
    ending: list[int]  # locales whose day ends with the tick
    rows: I64
    locale: I64  # number of detectors.locales
    day: I64  # local day, counted from 1970-01-01
    begins_day: Bool  # whether that day begins with the tick …
    ends_day: Bool  # … and whether it ends with it
    effects: Effects
    orders: F64
    exposure: F64  # operating days, times what known windows expect
    expected: F64  # orders, without common factor
    mature: Bool
    sizes: F64  # (k, 3) see order_size.count
    promoted: F64  # (k, 2) orders at planned prices, and what they are larger than usual
    prices: PriceView
    cases: F64  # (k, 2) complaints, returns
    returned: F64  # (k, 3) sizes of returns, in usual orders: sum of logs, sum, cases
    fresh: F64  # (k, 2) order lines weighted by article, for complaints and returns
    segments: Segments
    over: rhythm.Day | None  # for the dealers whose day ends with the tick


class DayView(NamedTuple):
    """A local day that has ended, for the dealers awake in one locale; arrays (k,)."""

    locale: int
    day: int  # counted from 1970-01-01
    next_day: int  # that begins now; not always the next number, for days have been left out
    rows: I64
    mature: Bool
    planned: Bool  # inside a known window


def take(setup: Setup, fleet: Fleet, tick: int) -> TickView:
    """Close a tick: what was counted for it leaves the open ticks."""
    rows = fleet.dealers.awake()
    opened, slot = fleet.open, tick % setup.timeline.open_ticks
    local, locale = setup.locales.at(tick), fleet.dealers.standing.locale[rows].astype(np.int64)
    day, segments = local.day[locale], setup.locales.segments(tick)
    known = effects.of(setup, fleet, rows, tick)
    exposed = _exposure(fleet, rows, locale, segments) * known.ratio
    orders = np.maximum(opened.orders[rows, slot], 0.0)
    fleet.rhythm.length[rows] += exposed
    ends = local.ends_day[locale]
    view = TickView(
        tick=tick,
        now=setup.timeline.end(tick) / DAY,
        ending=np.flatnonzero(local.ends_day).tolist(),
        rows=rows,
        locale=locale,
        day=day,
        begins_day=local.begins_day[locale],
        ends_day=ends,
        effects=known,
        orders=orders,
        exposure=exposed,
        expected=fleet.volume.level[rows] * exposed,
        mature=_mature(fleet, rows, day),
        sizes=opened.size[rows, slot],
        promoted=opened.promoted[rows, slot],
        prices=prices.take(fleet, rows, day, tick),
        cases=np.maximum(opened.cases[rows, slot], 0.0),
        returned=np.stack([column[rows, slot] for column in fleet.returned], axis=1),
        fresh=opened.exposure[rows, slot],
        segments=segments,
        over=_day_over(fleet, rows[ends], orders[ends], day[ends]) if ends.any() else None,
    )
    for column in (*opened, *fleet.returned):
        column[:, slot] = 0.0
    return view


def _mature(fleet: Fleet, rows: I64, day: I64) -> Bool:
    standing, pools = fleet.dealers.standing, fleet.known.volume_pools(fleet.dealers.tiers)
    return order_volume.mature(fleet.volume, rows, standing.first_day, standing.tier, day, pools)


def _day_over(fleet: Fleet, rows: I64, orders: F64, day: I64) -> rhythm.Day:
    orders = fleet.volume.day_orders[rows] + orders
    age = day - fleet.dealers.standing.first_day[rows]
    return rhythm.day(fleet.rhythm, rows, orders, age, fleet.known.rhythm_pools())


def ended_days(setup: Setup, view: TickView) -> Iterator[DayView]:
    """The local days that end with a tick, by locale."""
    days, following = setup.locales.at(view.tick).day, setup.locales.at(view.tick + 1).day
    for number in view.ending:
        here: slice | I64 = slice(None)
        if len(setup.locales.all) > 1:
            here = np.flatnonzero(view.locale == number)
        planned = view.effects.planned
        yield DayView(
            number, int(days[number]), int(following[number]),
            view.rows[here], view.mature[here], planned[here],
        )  # fmt: skip


def _exposure(fleet: Fleet, rows: I64, locale: I64, segments: Segments) -> F64:
    hours = fleet.known.volume_pools(fleet.dealers.tiers).hour
    out = np.empty(len(rows))
    tier = fleet.dealers.standing.tier
    order_volume.exposure(fleet.volume, rows, tier, hours, locale, segments, out)
    return out
