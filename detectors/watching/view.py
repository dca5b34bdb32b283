"""One tick as one partition sees it: what was expected and what was counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detectors.baselines import order_volume
from detectors.calendar import DayEffect
from detectors.columns import F64, I64, Bool
from detectors.setup import Setup
from detectors.timeline import DAY, Timeline
from detectors.watching.fleet import Fleet


@dataclass(frozen=True)
class TickView:
    """A tick that has been counted and waits for its outlook; arrays (k,), k dealers awake."""

    tick: int
    day: int  # local day, counted from 1970-01-01
    now: float  # end of the tick, days since 1970
    effect: DayEffect
    rows: I64
    orders: F64
    exposure: F64  # operating days
    expected: F64  # orders, without common factor
    mature: Bool
    price: F64  # (k, 3) see unit_price.count_lines
    cases: F64  # (k, 2) complaints, returns
    fresh: F64  # (k, 2) order lines weighted by article, for complaints and returns
    segments: tuple[I64, I64, F64]  # weekday, hour, share of the hour


def take(setup: Setup, fleet: Fleet, tick: int) -> TickView:
    """Close a tick: what was counted for it leaves the open ticks."""
    timeline = setup.timeline
    rows = fleet.dealers.awake()
    slot = tick % timeline.open_ticks
    day = timeline.day(tick)
    opened = fleet.open
    segments = _segments(timeline, tick)
    exposed = _exposure(fleet, rows, segments)
    pools = fleet.known.volume_pools(fleet.dealers.tiers)
    standing = fleet.dealers.standing
    view = TickView(
        tick=tick,
        day=day,
        now=timeline.end(tick) / DAY,
        effect=setup.calendar.effect(day),
        rows=rows,
        orders=np.maximum(opened.orders[rows, slot], 0.0),
        exposure=exposed,
        expected=fleet.volume.level[rows] * exposed,
        mature=order_volume.mature(
            fleet.volume, rows, standing.first_day, standing.tier, day, pools
        ),
        price=opened.price[rows, slot],
        cases=np.maximum(opened.cases[rows, slot], 0.0),
        fresh=opened.exposure[rows, slot],
        segments=segments,
    )
    for column in opened:
        column[:, slot] = 0.0
    return view


def _segments(timeline: Timeline, tick: int) -> tuple[I64, I64, F64]:
    pieces = timeline.segments(tick)
    return (
        np.array([piece.weekday for piece in pieces]),
        np.array([piece.hour for piece in pieces]),
        np.array([piece.share for piece in pieces]),
    )


def _exposure(fleet: Fleet, rows: I64, segments: tuple[I64, I64, F64]) -> F64:
    hours = fleet.known.volume_pools(fleet.dealers.tiers).hour
    out = np.empty(len(rows))
    tier = fleet.dealers.standing.tier
    order_volume.exposure(fleet.volume, rows, tier, hours, *segments, out)
    return out
