"""What is said of the dealers whose evidence is near or over the line."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from scipy import special

from detectors.baselines import history as past
from detectors.baselines import rhythm, worth
from detectors.baselines.history import History, Moment, Windows
from detectors.baselines.price_lines import OWN_TERM
from detectors.columns import F64, I64, Bool
from detectors.evidence.detector import Form
from detectors.registry import DETECTORS, KINDS
from detectors.setup import Setup
from detectors.timeline import DAY
from detectors.watching import noise, odd, rarity, trade
from detectors.watching.crossings import cross
from detectors.watching.fleet import CASES, SIZE, TRADE, Fleet
from detectors.watching.learning import WARM_UP_DAYS, usual_week
from detectors.watching.view import HOME, TickView
from schemas.alert import Kind, Unit
from schemas.wire import Reading

LEAST_CASES: Final = 2.0  # one case proves nothing, however rare cases are
LEAST_RISE: Final = 1.32  # of orders: what says neither for 1.7 times as many nor against it
_PLACE: Final = {kind: place for place, kind in enumerate(KINDS)}
UNITS: Final = {
    Kind.ORDER_VOLUME_DROP: Unit.ORDERS,
    Kind.ORDER_VOLUME_SURGE: Unit.ORDERS,
    Kind.UNIT_PRICE_DROP: Unit.PRICE_INDEX,
    Kind.COMPLAINT_SPIKE: Unit.COMPLAINTS,
    Kind.RETURN_SPIKE: Unit.RETURNS,
}


class Found(NamedTuple):
    """What one tick has shown."""

    readings: list[Reading]  # by kind and dealer id
    excursions: dict[str, int]  # kind -> excursions of the evidence into the band about its line
    sharing: dict[str, int]  # kind -> dealers with a full share of its budget …
    slight: dict[str, int]  # … and with a slight one


def readings(setup: Setup, fleet: Fleet, view: TickView, factors: F64) -> Found:
    """What is told of every kind after a tick has been weighed.

    factors: (k, 3) log factors of network, region and tier of the view's dealers.
    """
    at, length = setup.timeline.end(view.tick), setup.timeline.tick
    found = Found([], {}, {}, {})
    for kind in KINDS:
        near = np.flatnonzero(_near(fleet, kind, view, found))
        for number in np.unique(view.locale[near]).tolist():
            here = near[view.locale[near] == number]
            start = setup.locales.all[number].time.start
            now = Moment(view.tick, length, int(view.day[here[0]]), start)
            found.readings.extend(_of_kind(fleet, kind, view.rows[here], factors[here], now, at))
    found.readings.sort(key=lambda reading: (reading.kind, reading.dealer.id))
    return found


def _near(fleet: Fleet, kind: Kind, view: TickView, found: Found) -> Bool:
    """(k,) whether a dealer is told of; counts what calibration wants to know."""
    near = np.empty(len(view.rows), np.bool_)
    found.excursions[kind], found.sharing[kind], found.slight[kind] = cross(
        fleet.crossings,
        view.rows,
        _PLACE[kind],
        fleet.evidence.log_odds(kind, view.rows),
        fleet.known.threshold(kind),
        fleet.known.nominal(kind),
        HOME in view.ending,
        near,
    )
    return near


def _of_kind(
    fleet: Fleet, kind: Kind, rows: I64, factors: F64, now: Moment, at: int
) -> list[Reading]:
    if kind is Kind.UNUSUAL_PATTERN:
        return odd.readings(fleet, rows, factors, now, at)
    standing, detector = fleet.dealers.standing, DETECTORS[kind]
    age = now.day - standing.first_day[rows]
    since = np.array([now.start(day) for day in standing.first_day[rows].tolist()], np.int64)
    if kind in TRADE:
        shown = _of_trade(fleet, kind, rows, now, since, at)
    elif kind is Kind.UNIT_PRICE_DROP:
        shown = _of_prices(fleet, rows, now, since, at)
    else:
        windows = past.windows(fleet.history[kind], rows, now)
        best = past.likeliest(windows, detector.falling, since)
        shown = _of_counts(fleet, kind, rows, windows, best, at)
    start, observed, expected, chance = shown.start, shown.observed, shown.expected, shown.chance
    young = age < WARM_UP_DAYS
    if kind is Kind.ORDER_VOLUME_DROP:
        by_rhythm = _told_by_rhythm(fleet, rows)
        young &= ~(by_rhythm & rhythm.plain(fleet.rhythm, rows))
        rare = rhythm.chance(fleet.rhythm, rows, fleet.known.rhythm_pools())
        chance = np.where(by_rhythm & (observed == 0), np.minimum(chance, rare), chance)
    shortest = np.full(len(rows), float(at - shown.looked[0]))
    if detector.form is Form.COUNT and detector.falling:
        shortest = np.maximum(shortest, (at - start) / np.maximum(shown.counted, 1e-6))
    chance = rarity.of_any(chance, rarity.looks(at - np.maximum(since, shown.looked[-1]), shortest))
    odds, ratio = fleet.evidence.log_odds(kind, rows), fleet.evidence.ratio(kind, rows)
    carried = fleet.evidence.carried(kind, rows)
    week, shares = usual_week(fleet, rows), fleet.share(kind, rows)
    loss = (
        np.full(len(rows), np.nan) if kind in CASES else week * (1.0 - shown.factors.prod(axis=1))
    )
    return [
        Reading(
            kind=kind,
            dealer=fleet.dealers.card(int(row)),
            log_odds=float(odds[k]),
            onset=min(int(start[k]), at),
            window_from=min(int(start[k]), at),
            observed=float(observed[k]),
            expected=float(expected[k]),
            unit=shown.units[k],
            ratio=float(ratio[k]),
            variance=float(shown.variance[k]),
            telling=bool(shown.told[k]),
            chance=float(chance[k]),
            loss_per_week=None if np.isnan(loss[k]) else float(loss[k]),
            currency=_currency(fleet, int(row)),
            week_value=None if np.isnan(week[k]) else float(week[k]),
            factors=tuple(shown.factors[k].tolist()),
            network_ratio=float(np.exp(factors[k, 0])),
            region_ratio=float(np.exp(factors[k, 1])),
            warming_up=bool(young[k]),
            carried={one.name: float(x) for one, x in zip(KINDS[kind], carried[k], strict=True)},
            share=float(shares[k]),
        )
        for k, row in enumerate(rows)
    ]


def _told_by_rhythm(fleet: Fleet, rows: I64) -> Bool:
    """(k,) whether the rhythm carries most of the evidence of a drop."""
    kind = Kind.ORDER_VOLUME_DROP
    place = [one.name for one in KINDS[kind]].index(rhythm.DETECTOR.name)
    return np.asarray(fleet.evidence.carried(kind, rows)[:, place] > 0.5)


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


def _of_trade(fleet: Fleet, kind: Kind, rows: I64, now: Moment, since: I64, at: int) -> Shown:
    """Orders, their size, or both: what carries the evidence leads, and gives the window."""
    orders = fleet.history[Kind.ORDER_VOLUME_DROP]
    windows = past.windows(orders, rows, now)
    falling = DETECTORS[kind].falling
    likeliest = past.likeliest(windows, falling, since, LEAST_RISE)
    shown = _of_counts(fleet, kind, rows, windows, likeliest, at)
    carried = trade.carried_by_size(fleet, kind, rows)
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
    )


def _in_goods(fleet: Fleet, rows: I64, shown: Shown, goods: Bool) -> Shown:
    """Where the size of orders matters: goods instead of orders, in money or else in units."""
    worth_of = worth.per_order(fleet.worth, rows)
    mixed = np.isnan(worth_of)
    each = np.where(mixed, trade.units_per_order(fleet, rows), worth_of)
    usual = np.where(goods, shown.expected * each, shown.expected)
    volume = shown.factors[:, trade.FREQUENCY] * shown.factors[:, trade.ORDER_SIZE]
    units = [
        Unit.ORDERS if not of_goods else Unit.UNITS if of_units else Unit.VALUE
        for of_goods, of_units in zip(goods, mixed, strict=True)
    ]
    return shown._replace(
        observed=np.where(goods, usual * volume, shown.observed), expected=usual, units=units
    )


def _of_counts(fleet: Fleet, kind: Kind, rows: I64, windows: Windows, best: I64, at: int) -> Shown:
    every = np.arange(len(rows))
    start = windows.start[best]
    observed = np.round(windows.observed[every, best], 6)
    expected = np.maximum(windows.expected[every, best], 1e-6)
    days = np.maximum((at - start) / DAY, 1e-3)
    variance = _variance(fleet, kind, rows, days)
    falling = DETECTORS[kind].falling
    chance = rarity.few_or_many(observed, expected, variance, falling=falling)
    told = observed < expected if falling else (observed > expected) & (observed >= LEAST_CASES)
    units = [UNITS[kind]] * len(rows)
    factors = np.ones((len(rows), 3))
    return Shown(
        start.astype(np.float64), observed, expected, expected, variance, chance, told, units,
        factors, windows.start,
    )  # fmt: skip


def _variance(fleet: Fleet, kind: Kind, rows: I64, days: F64) -> F64:
    """(k,) relative variance of the expected count of a window: own weeks and the level's error."""
    own = noise.own_variance(fleet, kind, rows, days)
    return own + noise.level_variance(fleet, kind, rows)


def _of_prices(fleet: Fleet, rows: I64, now: Moment, since: I64, at: int) -> Shown:
    windows = past.windows(fleet.history[Kind.UNIT_PRICE_DROP], rows, now)
    drift = fleet.known.pools["drift"][0] + OWN_TERM**2 / 10.0
    total, precision = windows.observed, np.maximum(windows.expected, 1e-9)
    # evidence of the mean: its square over twice its variance, drift of the dealer included
    strength = total**2 / (2.0 * precision * (1.0 + precision * drift))
    known = windows.start[None, :] >= since[:, None]
    best = np.argmax(np.where((total < 0) & known, strength, -1.0), axis=1)
    every = np.arange(len(best))
    mean = total[every, best] / precision[every, best]
    deviation = np.sqrt(1.0 / precision[every, best] + drift)
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
    usual = np.ones(len(rows))
    return Shown(
        start.astype(np.float64), index, usual, usual, deviation**2, chance, index < 0.9999, units,
        factors, windows.start,
    )  # fmt: skip


def _currency(fleet: Fleet, row: int) -> str | None:
    code = int(fleet.worth.currency[row])
    return fleet.currencies.all[code] if code >= 0 and not fleet.worth.mixed[row] else None
