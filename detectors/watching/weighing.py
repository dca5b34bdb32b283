"""Weighing a tick: with the outlook of the same tick, evidence of every kind moves on."""

from __future__ import annotations

import numpy as np

from detectors.baselines import (
    bulk,
    case_rate,
    openings,
    order_size,
    order_surge,
    order_volume,
    peer_shift,
    rhythm,
    rhythm_break,
    unit_price,
)
from detectors.baselines import history as past
from detectors.baselines.common_factor import PeerSums, log_factors, unevenness
from detectors.columns import F64
from detectors.evidence import both_ways
from detectors.evidence import shiryaev_roberts as ev
from detectors.evidence.detector import Detector
from detectors.registry import DETECTORS
from detectors.watching import prices
from detectors.watching.fleet import CASES, SIZE, Fleet
from detectors.watching.knowledge import CASE_KINDS, opened, peer_sums
from detectors.watching.view import TickView
from schemas.alert import Kind
from schemas.wire import Outlook


def weigh(fleet: Fleet, view: TickView, outlook: Outlook, tick_days: float) -> F64:
    """Move the evidence of every kind; (k, 3) log factors of network, region and tier."""
    factors = np.empty((len(view.rows), 3))
    standing = fleet.dealers.standing
    sums = peer_sums(outlook, fleet.dealers.regions, fleet.dealers.tiers)
    log_factors(view.rows, standing.region, standing.tier, fleet.volume.own, sums, factors)
    if "orders" not in outlook.silent:
        _orders(fleet, view, factors.sum(axis=1), tick_days)
        _sizes(fleet, view, sums)
    if view.over is not None:
        _rhythm(fleet, view, view.over, outlook)
    _prices(fleet, view)
    for which, name in enumerate(CASE_KINDS):
        _case_kind(fleet, view, which, tick_days, heard=name not in outlook.silent)
    return factors


def _orders(fleet: Fleet, view: TickView, log_factor: F64, tick_days: float) -> None:
    volume, rows = fleet.volume, view.rows
    open_days = view.exposure * np.exp(log_factor)
    expected = volume.level[rows] * open_days
    volume.day_orders[rows] += view.orders
    volume.day_expected[rows] += expected
    volume.day_exposure[rows] += open_days
    order_volume.learn_hours(volume, rows, view.orders, view.locale, view.segments)
    kind = Kind.ORDER_VOLUME_DROP
    past.record(fleet.history[kind], rows, view.tick, view.day, view.orders, expected)
    volume.pending_expected[rows] += np.where(view.mature, expected, 0.0)
    volume.pending_days[rows] += np.where(view.mature, tick_days, 0.0)
    enough = volume.pending_expected[rows] >= order_volume.LEAST_STEP
    speaks = view.mature & ((view.orders > 0) | enough | view.ends_day)
    if not speaks.any():
        return
    pools = fleet.known.volume_pools(fleet.dealers.tiers)
    seen = order_volume.seen(
        volume, rows[speaks], view.orders[speaks], pools, view.effects.weight[speaks],
        (view.effects.variance + unevenness(log_factor))[speaks],
    )  # fmt: skip
    bounded = order_surge.bounded(volume, seen, view.promoted[speaks, 0])
    _both_ways(fleet, order_volume.DETECTOR, order_volume.SURGE, seen, bounded, view.now)


def _both_ways(
    fleet: Fleet, fall: Detector, rise: Detector, seen: ev.Seen, bounded: F64, now: float
) -> None:
    kept = fleet.evidence
    shares = (kept.share(fall.name, seen.rows), kept.share(rise.name, seen.rows))
    both_ways.step(fall, rise, kept.of[fall.name], kept.of[rise.name], seen, shares, bounded, now)


def _sizes(fleet: Fleet, view: TickView, sums: PeerSums) -> None:
    size, standing = fleet.size, fleet.dealers.standing
    bought = np.flatnonzero(view.sizes[:, 1] > 0.5)
    rows = view.rows[bought]
    total, orders, squares = view.sizes[bought].T
    larger = view.promoted[bought, 1]  # as planned, so it is neither news nor a lesson
    shift = np.empty(len(rows))
    peer_shift.shifts(rows, standing.region, standing.tier, size.own, sums, shift)
    size.day[rows, 0] += total - larger - shift * orders
    size.day[rows, 1] += orders
    size.day[rows, 2] += squares - shift * (2.0 * total - shift * orders)
    pools = fleet.known.size_pools()
    precision = orders / order_size.noise(size, rows, pools).order
    mean = total / orders - shift
    past.record(fleet.history[SIZE], rows, view.tick, view.day[bought], precision * mean, precision)
    ready = order_size.mature(size, rows, standing.first_day, view.day[bought])
    if not ready.any():
        return
    rows = rows[ready]
    weight = view.effects.weight[bought[ready]]
    seen = order_size.seen(size, rows, mean[ready], orders[ready], pools, weight, view.now)
    bounded = seen.value - (larger / orders)[ready]
    _both_ways(fleet, order_size.SMALLER, order_size.LARGER, seen, bounded, view.now)


def _rhythm(fleet: Fleet, view: TickView, over: rhythm.Day, outlook: Outlook) -> None:
    volume, rows, name = fleet.volume, over.rows, rhythm.DETECTOR.name
    pools, ends = fleet.known.rhythm_pools(), view.ends_day
    share = _opened(fleet, view, over, outlook)
    counted = rhythm_break.of_count(fleet.rhythm.intensity[rows], volume.day_expected[rows])
    by_count = np.where(view.mature[ends], counted, np.nan)
    judged = rhythm_break.judge(fleet.rhythm, over, share, by_count, pools)
    rhythm.learn(fleet.rhythm, over, share, judged.silent, volume.suspicion[rows], pools)
    seen = rhythm_break.step(over, judged, fleet.evidence.share(name, rows))
    rhythm.DETECTOR.step(fleet.evidence.of[name], seen, view.now)
    fleet.evidence.claim(name, rows, np.where(over.mature, judged.claim, 0.0))
    known = fleet.known.volume_pools(fleet.dealers.tiers)
    latent = order_volume.latent(volume, rows, known, view.effects.variance[ends])
    counts = fleet.evidence.of[Kind.ORDER_VOLUME_DROP]
    ev.intensity(counts, rows, *latent, fleet.rhythm.intensity)


def _opened(fleet: Fleet, view: TickView, over: rhythm.Day, outlook: Outlook) -> F64:
    """(k,) share of the peers that are open, 0 while nothing is heard of orders at all."""
    if "orders" in outlook.silent:
        return np.zeros(len(over.rows))
    known, ends = view.effects, view.ends_day
    most = openings.most_open(known.weight[ends], known.variance[ends], known.planned[ends])
    region = fleet.dealers.standing.region[over.rows]
    sums = opened(outlook, fleet.dealers.regions)
    return openings.open_share(openings.votes(over), region, sums, most)


def _prices(fleet: Fleet, view: TickView) -> None:
    kind, price = Kind.UNIT_PRICE_DROP, fleet.price
    bought, sums = prices.weigh(fleet, view.prices, view.rows, view.ends_day)
    heard = sums[:, 1] > 0
    bought, (total, precision, shift) = bought[heard], sums[heard, :3].T
    rows = view.rows[bought]
    price.day_weighted[rows] += total
    price.day_precision[rows] += precision
    price.day_low[rows] += sums[heard, 3:5]
    price.day_common[rows] += sums[heard, 5:]
    past.record(fleet.history[kind], rows, view.tick, view.day[bought], shift, precision)
    if view.over is None:
        return
    visited = np.flatnonzero(view.ends_day & (price.day_precision[view.rows] > 0))
    rows = view.rows[visited]
    unit_price.end_visit(price, rows)
    ready = unit_price.mature(price, rows, fleet.dealers.standing.first_day, view.day[visited])
    if not ready.any():
        return
    weight = view.effects.price_weight[visited][ready]
    seen = unit_price.seen(price, rows[ready], view.now, fleet.known.price_pools(), weight)
    DETECTORS[kind].step(fleet.evidence.of[kind], seen, view.now)


def _case_kind(fleet: Fleet, view: TickView, which: int, tick_days: float, *, heard: bool) -> None:
    kind, cases, rows = CASES[which], fleet.cases(which), view.rows
    standing = fleet.dealers.standing
    pools = fleet.known.case_pools(CASE_KINDS[which], fleet.dealers.tiers)
    count = view.cases[:, which]
    tick = case_rate.CaseTick(
        cases=count,
        fresh=view.fresh[:, which],
        mature=view.day - standing.first_day[rows] >= case_rate.MIN_AGE_DAYS,
        rate=case_rate.rate(cases, rows, standing.tier, pools),
    )
    expected = np.empty(len(rows))
    case_rate.advance(cases, rows, tick, tick_days, pools.lag_days, heard, expected)
    if not heard:
        return
    past.record(fleet.history[kind], rows, view.tick, view.day, count, expected)
    speaks = tick.mature & ((count > 0) | view.ends_day)
    if not speaks.any():
        return
    weight = view.effects.case_weight[speaks]
    seen = case_rate.seen(cases, rows[speaks], count[speaks], standing.tier, pools, weight)
    share = fleet.evidence.share(kind, rows[speaks])
    DETECTORS[kind].step(
        fleet.evidence.of[kind], seen._replace(elapsed=seen.elapsed * share), view.now
    )
    if kind is bulk.DETECTOR.kind:
        _bulk(fleet, seen, view.returned[speaks], view.now)


def _bulk(fleet: Fleet, seen: ev.Seen, sizes: F64, now: float) -> None:
    """Weigh how much has come back with the cases of a step; sizes: (k, 3), see TickView."""
    name, evidence = bulk.DETECTOR.name, fleet.evidence
    share = evidence.share(name, seen.rows)
    bulk.DETECTOR.step(evidence.of[name], seen._replace(elapsed=seen.elapsed * share), now)
    cases = np.flatnonzero((sizes[:, 2] > 0) & (seen.value > 0))
    rows, back = seen.rows[cases], sizes[cases]
    nats = bulk.gain(fleet.bulk, rows, back, fleet.known.bulk_pools())
    ev.favour(evidence.of[name], rows, nats * seen.weight[cases])
    bulk.learn(fleet.bulk, rows, *back[:, 1:].T)
    evidence.claim(name, seen.rows, np.full(len(seen.rows), bulk.CLAIM))
