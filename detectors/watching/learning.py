"""The end of a local day: every baseline learns, and the fleet is told what the day has taught.

Days end where dealers are (`end_day`, per locale); the network's pools are told once a day, when
the day of the setting `timezone` has ended: what all days since then have taught, and a survey of
the whole fleet.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from detectors.baselines import (
    bulk,
    case_rate,
    order_size,
    order_volume,
    rhythm,
    unit_price,
    worth,
)
from detectors.baselines import history as past
from detectors.baselines.common_factor import scaled
from detectors.baselines.rhythm_break import SPARSE_DAYS
from detectors.columns import F64, I64
from detectors.evidence import shiryaev_roberts as ev
from detectors.registry import KINDS
from detectors.watching import ability
from detectors.watching.fleet import CASES, ORDERS, SIZE, TRADE, UNITS, Fleet
from detectors.watching.knowledge import CASE_KINDS
from detectors.watching.tally import SCALE as WHOLE
from detectors.watching.tally import TOTAL
from detectors.watching.view import DayView, TickView
from schemas.alert import Kind

# a silence that has proven itself with room to spare is no news any more: the dealer is dormant …
SILENCE_ORDERS: Final = 14.0  # … after so many expected orders, and …
DORMANT_GAPS: Final = 6.0  # … so many usual gaps: orders may come several at once, but seldom …
DORMANT_DAYS: Final = 45  # … but not before so many days …
MOST_DORMANT_DAYS: Final = 365  # … and at the latest after these
ACTIVE_DAYS: Final = 90  # without an order: no share of the budget any more
WARM_UP_DAYS: Final = 28
LEVEL_BINS: Final = 72  # of the log level, 0.25 wide, from -8
LEVEL_LOWEST: Final = -8.0
WEEK_BINS: Final = 120  # of the log weekly value, 0.25 wide, from -8
BIN: Final = 0.25
SETTLED_DAYS: Final = 30.0  # forgotten sum of days that make a level, half-life 35 days
_LOG_SHARE: Final = float(np.log(order_size.SHARE))


def end_day(fleet: Fleet, view: DayView) -> dict[str, list[int]]:
    """Close a local day for the dealers awake there; scaled sums of what it has taught."""
    lessons = _orders(fleet, view) | _sizes(fleet, view) | _prices(fleet, view)
    for which in range(2):
        lessons |= _case_kind(fleet, view, which)
    changed = np.maximum(fleet.size.suspicion[view.rows], fleet.price.suspicion[view.rows])
    worth.learn_day(fleet.worth, view.rows, 1.0 - changed)
    _share(fleet, view)
    _fall_asleep(fleet, view)
    everybody = np.flatnonzero(fleet.dealers.standing.locale == view.locale)
    for history in fleet.history.values():
        for day in range(view.day + 1, view.next_day + 1):
            past.begin_day(history, everybody, day)
    return lessons


def survey(fleet: Fleet, view: TickView) -> dict[str, list[int]]:
    """Scaled sums over all dealers awake, for the network's pools."""
    tier = fleet.dealers.standing.tier[view.rows]
    lesson = rhythm.lesson(fleet.rhythm, view.rows, SPARSE_DAYS, fleet.known.rhythm_pools())
    pools = {"rhythm": [_whole(column) for column in lesson]}
    for code in np.unique(tier).tolist():
        rows, of_tier = view.rows[tier == code], fleet.dealers.tiers.all[code]
        pools[f"tier/{of_tier}"] = _tier(fleet, rows)
        for which, name in enumerate(CASE_KINDS):
            pools[f"{name}/{of_tier}"] = _rates(fleet, rows, which)
    pools["bulk"] = [_whole(fleet.bulk.size), _whole(fleet.bulk.cases)]
    return pools | _weeks(fleet, view.rows)


def _orders(fleet: Fleet, view: DayView) -> dict[str, list[int]]:
    kind, rows = Kind.ORDER_VOLUME_DROP, view.rows
    known = fleet.known.volume_pools(fleet.dealers.tiers)
    month = past.last_days(fleet.history[kind], rows, view.day, 28)
    ten = past.last_days(fleet.history[kind], rows, view.day, 10)
    tier, age = fleet.dealers.standing.tier, view.day - fleet.dealers.standing.first_day[rows]
    known_well = view.mature | rhythm.mature(fleet.rhythm, rows, age)
    lesson, accepted = order_volume.learn_day(
        fleet.volume, rows, tier, either_way(fleet, rows), known_well, month, ten,
        view.day, view.planned, known,
    )  # fmt: skip
    for changed in TRADE:
        fleet.evidence.clear(changed, rows[accepted])
    fleet.rhythm.stale[rows[accepted]] = fleet.rhythm.gaps[rows[accepted]] > 0
    return {"dispersion": [_whole(column) for column in lesson]}


def either_way(fleet: Fleet, rows: I64) -> F64:
    """(k,) log odds that a dealer's trade has changed: neither a fall nor a rise is learned.

    A young level may still be too low, and would stay so if its dealer's rise were suspicious.
    """
    fall, rise = (fleet.evidence.log_odds(kind, rows) for kind in TRADE)
    settled = fleet.volume.level_days[rows] > SETTLED_DAYS
    return np.maximum(fall, np.where(settled, rise, ev.NOTHING))


def _tier(fleet: Fleet, rows: I64) -> list[int]:
    """Weekday sums (7 + 7), hour sums (24) and the histogram of levels of one tier's dealers."""
    volume = fleet.volume
    settled = rows[volume.level_days[rows] > 5.0]
    sums = [
        *scaled(volume.weekday_orders[rows]).sum(axis=0),
        *scaled(volume.weekday_expected[rows]).sum(axis=0),
        *scaled(volume.hour_orders[rows].astype(np.float64)).sum(axis=0),
        *_histogram(volume.level_orders[settled] / volume.level_days[settled], LEVEL_BINS),
    ]
    return [int(value) for value in sums]


def _sizes(fleet: Fleet, view: DayView) -> dict[str, list[int]]:
    rows, size = view.rows, fleet.size
    month = past.last_days(fleet.history[SIZE], rows, view.day, 28)
    ways = [fleet.evidence.of[one.name] for one in (order_size.SMALLER, order_size.LARGER)]
    odds = np.max([of.log_odds[rows] for of in ways], axis=0)
    odds = np.where(odds > ev.NOTHING, odds - _LOG_SHARE, ev.NOTHING)
    day = order_size.Day(view.day, view.next_day)
    trust = np.where(view.planned, 0.25, 1.0)
    pools = fleet.known.size_pools()
    lesson, accepted = order_size.learn_day(size, rows, odds, month, trust, day, pools)
    ready = order_size.mature(size, rows, fleet.dealers.standing.first_day, view.day)
    share = np.where(ready, order_size.SHARE, 0.0)
    for one in (order_size.SMALLER, order_size.LARGER):
        ev.clear(fleet.evidence.of[one.name], rows[accepted])
        fleet.evidence.claim(one.name, rows, share)
    return {"size": [_whole(column) for column in lesson]}


def _prices(fleet: Fleet, view: DayView) -> dict[str, list[int]]:
    kind, rows = Kind.UNIT_PRICE_DROP, view.rows
    mature = unit_price.mature(fleet.price, rows, fleet.dealers.standing.first_day, view.day)
    month = past.last_days(fleet.history[kind], rows, view.day, 28)
    pools = fleet.known.price_pools()
    odds = fleet.evidence.log_odds(kind, rows)
    lesson, accepted = unit_price.learn_day(fleet.price, rows, odds, mature, month, view.day, pools)
    fleet.evidence.clear(kind, rows[accepted])
    return {"prices": [_whole(column) for column in lesson]}


def _case_kind(fleet: Fleet, view: DayView, which: int) -> dict[str, list[int]]:
    kind, name, cases = CASES[which], CASE_KINDS[which], fleet.cases(which)
    rows, standing = view.rows, fleet.dealers.standing
    known = fleet.known.case_pools(name, fleet.dealers.tiers)
    mature = view.day - standing.first_day[rows] >= case_rate.MIN_AGE_DAYS
    rates = case_rate.rate(cases, rows, standing.tier, known)
    accepted = np.zeros(len(rows), np.bool_)
    lag = case_rate.lag_lesson(cases, rows, mature)
    lessons = {f"lag/{name}": [_whole(column) for column in lag]}
    odds = fleet.evidence.log_odds(kind, rows)
    case_rate.learn_day(cases, rows, odds, mature, rates, view.day, accepted)
    fleet.evidence.clear(kind, rows[accepted])
    if kind is bulk.DETECTOR.kind:
        lessons |= _bulk(fleet, view, 1.0 - cases.suspicion[rows])
    if view.day % 7 != 6:  # weeks end on Wednesdays, as days are counted from a Thursday
        return lessons
    # the week before this one: by now a change that began in it is suspected
    week = past.last_days(fleet.history[kind], rows, view.day - 7, 7)
    trust = np.where(mature, 1.0 - cases.suspicion[rows], 0.0)
    lesson = case_rate.week_lesson(week, known.dispersion, trust)
    return lessons | {name: [_whole(column) for column in lesson]}


def _bulk(fleet: Fleet, view: DayView, trust: F64) -> dict[str, list[int]]:
    ordered = fleet.tally.sums[view.rows, TOTAL][:, [ORDERS, UNITS]] / WHOLE
    mean = fleet.known.bulk_pools().mean
    lesson = bulk.end_day(fleet.bulk, view.rows, view.day, ordered, trust, mean)
    return {} if lesson is None else {"credibility": [_whole(column) for column in lesson]}


def _rates(fleet: Fleet, rows: I64, which: int) -> list[int]:
    """Cases, lines, and two moments of the spread of rates within the tier of these dealers."""
    cases, tier = fleet.cases(which), fleet.dealers.standing.tier
    known = fleet.known.case_pools(CASE_KINDS[which], fleet.dealers.tiers)
    count, lines = cases.cases[rows], cases.lines[rows]
    mean = lines * known.rate[tier[rows]]
    surplus = ((count - mean) ** 2 - count) / (1.0 + mean)
    return [_whole(x) for x in (count, lines, mean**2 / (1.0 + mean), surplus)]


def _weeks(fleet: Fleet, rows: I64) -> dict[str, list[int]]:
    """Histograms of dealers' usual weekly value, by currency."""
    week = usual_week(fleet, rows)
    pools = {}
    for code, currency in enumerate(fleet.currencies.all):
        mine = (fleet.worth.currency[rows] == code) & (week > 0)
        if mine.any():
            pools[f"week/{currency}"] = [int(v) for v in _histogram(week[mine], WEEK_BINS)]
    return pools


def usual_week(fleet: Fleet, rows: I64) -> F64:
    """(k,) money a usual week brings, nan where no single amount describes it."""
    return 7.0 * fleet.volume.level[rows] * worth.per_order(fleet.worth, rows)


def _share(fleet: Fleet, view: DayView) -> None:
    """Who can prove what from now on, and who has a share of the budget at all."""
    rows, standing = view.rows, fleet.dealers.standing
    known = view.day - standing.first_day[rows] >= WARM_UP_DAYS
    active = view.day - standing.last_order_day[rows] <= ACTIVE_DAYS
    for place, kind in enumerate(KINDS):
        fleet.crossings.able[rows, place] = ability.able(fleet, kind, rows, view.day)
        fleet.crossings.sharing[rows, place] = known & active


def _fall_asleep(fleet: Fleet, view: DayView) -> None:
    """A dealer silent for long enough to have proven it is dormant; its evidence ends."""
    rows, standing = view.rows, fleet.dealers.standing
    last = np.maximum(standing.last_order_day[rows], standing.first_day[rows])
    proof = SILENCE_ORDERS / np.maximum(fleet.volume.level[rows], 1e-6)
    gaps = DORMANT_GAPS * rhythm.usual_gap(fleet.rhythm, rows)
    limit = np.clip(np.maximum(proof, gaps), DORMANT_DAYS, MOST_DORMANT_DAYS)
    asleep = rows[view.day - last > limit]
    standing.dormant[asleep] = standing.dozed[asleep] = True
    fleet.evidence.clear_all(asleep)


def _histogram(values: F64, bins: int) -> F64:
    place = np.floor((np.log(np.maximum(values, 1e-12)) - LEVEL_LOWEST) / BIN).astype(np.int64)
    return np.bincount(np.clip(place, 0, bins - 1), minlength=bins).astype(np.float64)


def _whole(values: F64) -> int:
    return int(scaled(np.asarray(values)).sum())
