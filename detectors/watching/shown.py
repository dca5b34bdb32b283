"""What is shown of the dealers who are told of: the window that says most, and what it holds."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from scipy import special

from detectors.baselines import bulk, case_rate, rhythm, unit_price, worth
from detectors.baselines import history as past
from detectors.baselines.history import History, Moment, Windows
from detectors.columns import F64, I64, Bool
from detectors.registry import DETECTORS
from detectors.timeline import DAY
from detectors.watching import extent, noise, rarity, trade
from detectors.watching.fleet import CASES, SIZE, TRADE, Fleet
from schemas.alert import Kind, Unit
from schemas.rounding import MOST_MONEY

LEAST_RISE: Final = 1.32  # of orders: what says neither for 1.7 times as many nor against it
UNITS: Final = {
    Kind.ORDER_VOLUME_DROP: Unit.ORDERS,
    Kind.ORDER_VOLUME_SURGE: Unit.ORDERS,
    Kind.UNIT_PRICE_DROP: Unit.PRICE_INDEX,
    Kind.COMPLAINT_SPIKE: Unit.COMPLAINTS,
    Kind.RETURN_SPIKE: Unit.RETURNS,
}


class Near(NamedTuple):
    """Dealers of one locale who are told of after a tick; arrays (k,)."""

    rows: I64
    factors: F64  # (k, 3) log factors of network, region and tier
    since: I64  # microseconds: the beginning of each one's first day
    now: Moment
    at: int  # microseconds: the end of the tick
    odds: F64  # nats
    carried: F64  # (k, detectors) share of each detector in that


class Shown(NamedTuple):
    """What is told of dealers; all arrays (k,) unless stated."""

    start: F64  # microseconds
    observed: F64
    expected: F64
    counted: F64  # expected, as it was counted: orders where goods are told
    variance: F64  # relative, of what is expected; of the log, for prices and goods
    chance: F64
    told: Bool  # whether there is anything to tell
    units: list[Unit]
    factors: F64  # (k, 3) of the trade: orders, their size, price
    looked: I64  # (m,) starts of the windows it was looked for in, the latest first
    low: F64  # bounds of the ratio, whenever the change began …
    high: F64  # … nan where the variance says it


def of(fleet: Fleet, kind: Kind, near: Near) -> Shown:
    """What one kind shows; its chance is that of the window, not of the search for it."""
    if kind in TRADE:
        return _of_trade(fleet, kind, near)
    if kind is Kind.UNIT_PRICE_DROP:
        return _of_prices(fleet, near)
    windows = past.windows(fleet.history[kind], near.rows, near.now)
    best = past.likeliest(windows, DETECTORS[kind].falling, near.since)
    return _of_counts(fleet, kind, near, windows, best)


def looks(kind: Kind, near: Near, shown: Shown) -> F64:
    """(k,) how many windows have been looked at that differ."""
    shortest = np.full(len(near.rows), float(near.at - shown.looked[0]))
    if kind is Kind.ORDER_VOLUME_DROP:  # none is shorter than that in which one is expected
        lasted = near.at - shown.start
        shortest = np.maximum(shortest, lasted / np.maximum(shown.counted, 1e-6))
    return rarity.looks(near.at - np.maximum(near.since, shown.looked[-1]), shortest)


def as_rare_as_its_rhythm(fleet: Fleet, rows: I64, shown: Shown, by_rhythm: Bool) -> Shown:
    """The silence of a dealer in rhythm may be rarer than its count."""
    rare = rhythm.chance(fleet.rhythm, rows, fleet.known.rhythm_pools())
    silent = by_rhythm & (shown.observed == 0)
    return shown._replace(chance=np.where(silent, np.minimum(shown.chance, rare), shown.chance))


def _of_trade(fleet: Fleet, kind: Kind, near: Near) -> Shown:
    """Orders, their size, or both: what carries the evidence leads, and gives the window."""
    rows, now, since, at = near.rows, near.now, near.since, near.at
    orders = fleet.history[Kind.ORDER_VOLUME_DROP]
    windows = past.windows(orders, rows, now)
    falling = DETECTORS[kind].falling
    likeliest = past.likeliest(windows, falling, since, LEAST_RISE)
    shown = _of_counts(fleet, kind, near, windows, likeliest)
    carried = trade.carried_by_size(kind, near.carried)
    leading = np.where(carried >= 0.5, trade.ORDER_SIZE, trade.FREQUENCY)
    if leading.any():
        windows = past.windows(fleet.history[SIZE], rows, now)
        best = trade.by_size(fleet, rows, windows, since, falling=falling)
        shown = _led_by_size(shown, best, leading > 0, orders, rows, now)
    days = trade.days_since(shown.start.astype(np.int64), now)
    variance = _variance(fleet, kind, rows, np.maximum((at - shown.start) / DAY, 1e-3))
    often = trade.of_orders(shown.observed, shown.expected, variance)
    factors, trust = trade.ratios(fleet, rows, now.day, days, often, leading)
    exact = leading == trade.FREQUENCY
    week = np.maximum(shown.expected, 7.0 * fleet.volume.level[rows] * (not falling))
    weekly = 1.0 + (shown.observed - shown.expected) / np.maximum(week, 1e-6)
    factors[exact, 0] = weekly[exact]
    shown = shown._replace(
        factors=factors, told=trade.told(kind, shown.observed, factors, often, leading)
    )
    both = (carried >= trade.SOME) | (trust[:, trade.ORDER_SIZE] >= 0.5)
    goods = both & (factors[:, 0] > 0)
    sizes = past.sums_since(fleet.history[SIZE], rows, now.day, days)
    spread = often.deviation**2 + trade.of_sizes(fleet, rows, sizes).deviation ** 2
    shown = shown._replace(variance=np.where(goods, spread, variance))
    return _in_goods(fleet, rows, shown, goods)


def _led_by_size(
    shown: Shown, best: trade.Smaller, led: Bool, orders: History, rows: I64, now: Moment
) -> Shown:
    """The same, in the window that the size of orders gives, where it leads."""
    start = np.where(led, best.start, shown.start)
    days = trade.days_since(best.start, now)
    seen = past.sums_since(orders, rows, now.day, days)
    expected = np.where(led, np.maximum(seen[:, 1], 1e-6), shown.expected)
    return shown._replace(
        start=start,
        observed=np.where(led, np.round(seen[:, 0], 6), shown.observed),
        expected=expected,
        counted=expected,
        chance=np.where(led, best.chance, shown.chance),
        low=np.where(led, np.nan, shown.low),
        high=np.where(led, np.nan, shown.high),
    )


def _in_goods(fleet: Fleet, rows: I64, shown: Shown, goods: Bool) -> Shown:
    """Where the size of orders matters: goods instead of orders, in money or else in units."""
    worth_of = worth.per_order(fleet.worth, rows)
    volume = shown.factors[:, trade.FREQUENCY] * shown.factors[:, trade.ORDER_SIZE]
    most = np.maximum(shown.expected, 7.0 * fleet.volume.level[rows])  # in the window, or a week
    # several currencies, or more money than an alert may name (see deciding.draft)
    no_money = ~(most * np.maximum(volume, 1.0) * worth_of < MOST_MONEY)
    each = np.where(no_money, trade.units_per_order(fleet, rows), worth_of)
    usual = np.where(goods, shown.expected * each, shown.expected)
    units = [
        Unit.ORDERS if not of_goods else Unit.UNITS if of_units else Unit.VALUE
        for of_goods, of_units in zip(goods, no_money, strict=True)
    ]
    return shown._replace(
        observed=np.where(goods, usual * volume, shown.observed),
        expected=usual,
        units=units,
        low=np.where(goods, np.nan, shown.low),
        high=np.where(goods, np.nan, shown.high),
    )


def _of_counts(fleet: Fleet, kind: Kind, near: Near, windows: Windows, best: I64) -> Shown:
    rows, at = near.rows, near.at
    every = np.arange(len(rows))
    start = windows.start[best]
    observed = np.round(windows.observed[every, best], 6)
    expected = np.maximum(windows.expected[every, best], 1e-6)
    days = np.maximum((at - start) / DAY, 1e-3)
    variance = _variance(fleet, kind, rows, days)
    falling = DETECTORS[kind].falling
    chance = rarity.few_or_many(observed, expected, variance, falling=falling)
    told = observed < expected if falling else observed > expected
    if kind is Kind.RETURN_SPIKE:
        told &= bulk.worth_telling(fleet.bulk, rows, observed)
    elif kind in CASES:
        told &= observed >= case_rate.LEAST_CASES
    units = [UNITS[kind]] * len(rows)
    factors = np.ones((len(rows), 3))
    of_each = noise.of_windows(fleet, kind, rows, (at - windows.start) / DAY)
    low, high = extent.bounds(
        windows, near.since, at, of_each, observed / expected, falling=falling
    )
    return Shown(
        start.astype(np.float64), observed, expected, expected, variance, chance, told, units,
        factors, windows.start, low, high,
    )  # fmt: skip


def _variance(fleet: Fleet, kind: Kind, rows: I64, days: F64) -> F64:
    """(k,) relative variance of the expected count of a window: own weeks and the level's error."""
    own = noise.own_variance(fleet, kind, rows, days)
    return own + noise.level_variance(fleet, kind, rows)


def _of_prices(fleet: Fleet, near: Near) -> Shown:
    rows, now, since, at = near.rows, near.now, near.since, near.at
    windows = past.windows(fleet.history[Kind.UNIT_PRICE_DROP], rows, now)
    drift = unit_price.variance(fleet.price, rows, fleet.known.price_pools())[:, None]
    total, precision = windows.observed, np.maximum(windows.expected, 1e-9)
    # evidence of the mean: its square over twice its variance, drift of the dealer included
    strength = total**2 / (2.0 * precision * (1.0 + precision * drift))
    known = windows.start[None, :] >= since[:, None]
    every = np.arange(len(total))
    last_visit = windows.expected[every, np.argmax(windows.expected > 0, axis=1)]
    several = windows.expected > 1.001 * last_visit[:, None]  # sums of single precision
    proof = np.where((total < 0) & known & several, strength, 0.0)
    best = np.argmax(proof, axis=1)
    mean = total[every, best] / precision[every, best]
    deviation = np.sqrt(1.0 / precision[every, best] + drift[:, 0])
    chance = special.ndtr(mean / deviation)
    index = np.exp(mean)
    start = windows.start[best]
    days = trade.days_since(start, now)
    seen = past.sums_since(fleet.history[Kind.ORDER_VOLUME_DROP], rows, now.day, days)
    kind = Kind.ORDER_VOLUME_DROP
    of_orders = _variance(fleet, kind, rows, np.maximum((at - start) / DAY, 1e-3))
    often = trade.of_orders(seen[:, 0], seen[:, 1], of_orders)
    leading = np.full(len(rows), trade.PRICE)
    factors, _ = trade.ratios(fleet, rows, now.day, days, often, leading)
    factors[:, trade.PRICE] = index
    units = [Unit.PRICE_INDEX] * len(rows)
    usual, unknown = np.ones(len(rows)), np.full(len(rows), np.nan)
    return Shown(
        start.astype(np.float64), index, usual, usual, deviation**2, chance,
        proof[every, best] > 0, units, factors, windows.start, unknown, unknown,
    )  # fmt: skip
