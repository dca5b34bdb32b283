"""The end of a local day: every baseline learns, and the fleet is told what the day has taught."""

from __future__ import annotations

from typing import Final

import numpy as np

from detectors.baselines import case_rate, order_volume, unit_price, worth
from detectors.baselines import history as past
from detectors.baselines.common_factor import scaled
from detectors.columns import F64, I64, Bool
from detectors.watching.fleet import CASES, Fleet
from detectors.watching.knowledge import CASE_KINDS
from detectors.watching.view import TickView
from schemas.alert import Kind

DORMANT_DAYS: Final = 45
MOST_DORMANT_DAYS: Final = 365
SILENCE_ORDERS: Final = 14.0  # expected orders of silence that prove it with room to spare
PROOF_DAYS: Final = 60.0  # who cannot prove even silence in this time gets no share of the budget
ABLE_LINES: Final = 10.0  # forgotten sum of priced lines, half-life 60 days
USUAL_THRESHOLD: Final = 9.0  # nats, before the network has told
LEVEL_BINS: Final = 72  # of the log level, 0.25 wide, from -8
LEVEL_LOWEST: Final = -8.0
WEEK_BINS: Final = 120  # of the log weekly value, 0.25 wide, from -8
BIN: Final = 0.25


def end_day(fleet: Fleet, view: TickView) -> dict[str, list[int]]:
    """Close the local day of a tick for all dealers awake; scaled sums for the network's pools."""
    pools = _orders(fleet, view) | _prices(fleet, view)
    for which in range(2):
        pools |= _case_kind(fleet, view, which)
    worth.learn_day(fleet.worth, view.rows)
    pools |= _weeks(fleet, view.rows)
    _fall_asleep(fleet, view)
    for history in fleet.history.values():
        past.begin_day(history, view.day + 1)
    return pools


def _orders(fleet: Fleet, view: TickView) -> dict[str, list[int]]:
    kind, rows = Kind.ORDER_VOLUME_DROP, view.rows
    known = fleet.known.volume_pools(fleet.dealers.tiers)
    month = past.last_days(fleet.history[kind], rows, view.day, 28)
    ten = past.last_days(fleet.history[kind], rows, view.day, 10)
    tier = fleet.dealers.standing.tier
    lesson, accepted = order_volume.learn_day(
        fleet.volume, rows, tier, fleet.evidence.log_odds(kind, rows), view.mature, month, ten,
        view.day, view.effect.planned, known,
    )  # fmt: skip
    fleet.evidence.clear(kind, rows[accepted])
    pools = {"dispersion": [_whole(column) for column in lesson]}
    for code in np.unique(tier[rows]).tolist():
        pools[f"tier/{fleet.dealers.tiers.all[code]}"] = _tier(fleet, rows[tier[rows] == code])
    able = _able_orders(fleet, view, known)
    pools["able/orders"] = [int(able.sum())]
    return pools


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


def _able_orders(fleet: Fleet, view: TickView, known: order_volume.Pools) -> F64:
    """(k,) 1 where silence could be proven in 60 days: nats of an empty negative binomial."""
    volume, rows = fleet.volume, view.rows
    lasting = (1 + known.persistence) / (1 - known.persistence)
    variance = order_volume.dispersion(volume, rows, known) * lasting / PROOF_DAYS
    variance += 1.0 / (volume.level_orders[rows] + 2.0)
    nats = np.log1p(variance * volume.level[rows] * PROOF_DAYS) / variance
    threshold = fleet.known.thresholds.get(Kind.ORDER_VOLUME_DROP, USUAL_THRESHOLD)
    return np.where(view.mature & (nats >= threshold), 1.0, 0.0)


def _prices(fleet: Fleet, view: TickView) -> dict[str, list[int]]:
    kind, rows = Kind.UNIT_PRICE_DROP, view.rows
    mature = unit_price.mature(fleet.price, rows, fleet.dealers.standing.first_day, view.day)
    month = past.last_days(fleet.history[kind], rows, view.day, 28)
    drift = fleet.known.pools["drift"][0]
    odds = fleet.evidence.log_odds(kind, rows)
    lesson, accepted = unit_price.learn_day(fleet.price, rows, odds, mature, month, view.day, drift)
    fleet.evidence.clear(kind, rows[accepted])
    able = int((mature & (fleet.price.lines[rows] > ABLE_LINES)).sum())
    return {"drift": [_whole(column) for column in lesson], "able/prices": [able]}


def _case_kind(fleet: Fleet, view: TickView, which: int) -> dict[str, list[int]]:
    kind, name, cases = CASES[which], CASE_KINDS[which], fleet.cases(which)
    rows, standing = view.rows, fleet.dealers.standing
    known = fleet.known.case_pools(name, fleet.dealers.tiers)
    mature = view.day - standing.first_day[rows] >= case_rate.MIN_AGE_DAYS
    rates = case_rate.rate(cases, rows, standing.tier, known)
    accepted = np.zeros(len(rows), np.bool_)
    odds = fleet.evidence.log_odds(kind, rows)
    case_rate.learn_day(cases, rows, odds, mature, rates, view.day, accepted)
    fleet.evidence.clear(kind, rows[accepted])
    pools = {f"able/{name}": [int((mature & _able_cases(cases, rows, rates)).sum())]}
    if view.day % 7 == 6:
        week = past.last_days(fleet.history[kind], rows, view.day, 7)
        trusted = mature & (cases.suspicion[rows] < 0.9)
        lesson = case_rate.week_lesson(week, known.dispersion, trusted)
        pools[name] = [_whole(column) for column in lesson]
    for code in np.unique(standing.tier[rows]).tolist():
        here = rows[standing.tier[rows] == code]
        pools[f"{name}/{fleet.dealers.tiers.all[code]}"] = _rates(cases, here, known.rate[code])
    return pools


def _able_cases(cases: case_rate.Cases, rows: I64, rates: F64) -> Bool:
    """(k,) whether a sixfold rate would bring two cases in a month, the least to stand out."""
    month = 30.0 * rates * cases.lines[rows] * (1 - case_rate.KEEP)
    return np.asarray(6.0 * month >= 2.0)


def _rates(cases: case_rate.Cases, rows: I64, rate: float) -> list[int]:
    """Cases, lines, and two moments of the spread of rates within a tier."""
    count, lines = cases.cases[rows], cases.lines[rows]
    mean = lines * rate
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


def _fall_asleep(fleet: Fleet, view: TickView) -> None:
    """A dealer silent for long enough to have proven it is dormant; its evidence ends."""
    rows, standing = view.rows, fleet.dealers.standing
    last = np.maximum(standing.last_order_day[rows], standing.first_day[rows])
    proof = SILENCE_ORDERS / np.maximum(fleet.volume.level[rows], 1e-6)
    limit = np.clip(proof, DORMANT_DAYS, MOST_DORMANT_DAYS)
    asleep = rows[view.day - last > limit]
    standing.dormant[asleep] = standing.dozed[asleep] = True
    fleet.evidence.clear_all(asleep)


def _histogram(values: F64, bins: int) -> F64:
    place = np.floor((np.log(np.maximum(values, 1e-12)) - LEVEL_LOWEST) / BIN).astype(np.int64)
    return np.bincount(np.clip(place, 0, bins - 1), minlength=bins).astype(np.float64)


def _whole(values: F64) -> int:
    return int(scaled(np.asarray(values)).sum())
