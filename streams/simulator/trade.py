"""Orders: how many, when, of what, at which price."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from schemas.alert import Kind, Scope
from streams.simulator.benign import sales, shift_mix
from streams.simulator.catalog import Catalog, pick
from streams.simulator.dealers import Dealers, hours
from streams.simulator.seasons import effect, season, windows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from streams.simulator.benign import Benign
    from streams.simulator.incidents import Incident

_MEMORY = 0.6  # how much of a day's mood the next one keeps
_PROMOTION_PRICE = 0.8


@dataclass(frozen=True, slots=True)
class Lines:
    """Order lines in no particular order; every array has one entry per line."""

    at: NDArray[np.float64]  # days since START
    dealer: NDArray[np.int64]
    order: NDArray[np.int64]  # number of the order; its lines share it
    named: NDArray[np.bool_]  # the order has an order_id
    sku: NDArray[np.int64]
    quantity: NDArray[np.int64]  # units
    price: NDArray[np.float64]  # of one unit
    promo: NDArray[np.bool_]


def draw_orders(
    rng: np.random.Generator,
    dealers: Dealers,
    days: int,
    planted: tuple[Sequence[Incident], Sequence[Benign]],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Dealer and moment (days since START) of every order, after the incidents took theirs."""
    incidents, benign = planted
    usual = _expected(dealers, days) * sales(benign, len(dealers), days)
    counts = rng.poisson(usual * _mood(rng, dealers, days))
    counts = np.where(dealers.rhythm[:, None] > 0, _rhythm(rng, dealers, days), counts)
    dealer, day = (
        np.repeat(axis, counts.ravel()) for axis in np.indices(counts.shape).reshape(2, -1)
    )
    hour = pick(rng, hours(dealers), dealer)
    at = day + (hour + rng.random(dealer.size)) / 24
    kept = _kept(rng, dealers, dealer, at, incidents)
    return dealer[kept], at[kept]


def draw_lines(
    rng: np.random.Generator,
    dealers: Dealers,
    catalog: Catalog,
    orders: tuple[NDArray[np.int64], NDArray[np.float64]],
    benign: Sequence[Benign],
) -> Lines:
    """The lines of the orders at the prices of a quiet year."""
    many = 1 + rng.poisson(dealers.lines[orders[0]] - 1)
    order = np.repeat(np.arange(many.size), many)
    dealer, at = orders[0][order], orders[1][order]
    sku = pick(rng, catalog.assortment, dealer)
    sku = shift_mix(rng, catalog, sku, (dealer, at), benign)
    promo = _promoted(catalog, sku, at)
    noise = rng.standard_normal(sku.size) * catalog.spread[sku]
    log_price = catalog.log_price[sku] + dealers.markup[dealer] + 0.02 * at / 365 + noise
    price = np.exp(log_price) * np.where(promo, _PROMOTION_PRICE, 1.0)
    quantity = 1 + rng.poisson(np.array([6.0, 3.0, 1.5])[dealers.tier[dealer]])
    return Lines(at, dealer, order, dealers.lines[dealer] > 1, sku, quantity, price, promo)


def cut_prices(lines: Lines, incidents: Sequence[Incident]) -> Lines:
    """The lines with the price drops that were planted."""
    price = lines.price.copy()
    for incident in incidents:
        if incident.kind is Kind.UNIT_PRICE_DROP:
            hit = (lines.dealer == incident.entity) & _during(lines.at, incident)
            price[hit] *= 1 - incident.size
    return replace(lines, price=price)


def _expected(dealers: Dealers, days: int) -> NDArray[np.float64]:
    """Orders of every dealer and day in a quiet year: (dealers, days)."""
    day = np.arange(days)
    usual = dealers.rate[:, None] * dealers.weekday[:, day % 7] * season(days)
    trend = np.exp(dealers.growth[:, None] * day / 365)
    return usual * trend * effect(dealers.office, days) * _in_business(dealers, days)


def _in_business(dealers: Dealers, days: int) -> NDArray[np.float64]:
    """1 from opening to closing, with four weeks of growing after opening: (dealers, days)."""
    age = np.arange(days) - dealers.opened[:, None]
    grown = np.where(dealers.opened[:, None] > 0, np.clip((age + 1) / 28, 0, 1), 1.0)
    return np.where((age >= 0) & (np.arange(days) < dealers.closed[:, None]), grown, 0.0)


def _mood(rng: np.random.Generator, dealers: Dealers, days: int) -> NDArray[np.float64]:
    """Log-normal AR(1) around 1: good and bad days of a dealer come in runs: (dealers, days)."""
    steps = rng.standard_normal((days, len(dealers)))
    state = np.empty_like(steps)
    state[0] = steps[0]
    for day in range(1, days):
        state[day] = _MEMORY * state[day - 1] + np.sqrt(1 - _MEMORY**2) * steps[day]
    sd = dealers.restless
    return np.asarray(np.exp(state * sd - sd**2 / 2).T)


def _rhythm(rng: np.random.Generator, dealers: Dealers, days: int) -> NDArray[np.int64]:
    """One order every so many days, now and then forgotten: (dealers, days)."""
    period = np.maximum(dealers.rhythm, 1)[:, None]
    phase = rng.integers(0, 5, (len(dealers), 1))  # Monday to Friday for weekly ones
    due = (np.arange(days) % period == phase % period) & (_expected(dealers, days) > 0)
    return np.asarray(due & (rng.random(due.shape) > 0.03), np.int64)


def _kept(
    rng: np.random.Generator,
    dealers: Dealers,
    dealer: NDArray[np.int64],
    at: NDArray[np.float64],
    incidents: Sequence[Incident],
) -> NDArray[np.bool_]:
    """Orders that happen in spite of volume drops: each loses its share by chance."""
    kept = np.ones(at.size, np.bool_)
    for incident in incidents:
        if incident.kind is Kind.ORDER_VOLUME_DROP:
            whose = dealer if incident.scope is Scope.DEALER else dealers.region[dealer]
            hit = (whose == incident.entity) & _during(at, incident)
            kept[hit] &= rng.random(int(hit.sum())) >= incident.size * incident.grown(at[hit])
    return kept


def _promoted(
    catalog: Catalog, sku: NDArray[np.int64], at: NDArray[np.float64]
) -> NDArray[np.bool_]:
    days = int(at.max(initial=0.0)) + 1
    running = np.zeros(days, np.bool_)
    for window in windows(days):
        if window.type == "promotion":
            running[window.day : window.day + window.days] = True
    return np.asarray(running[at.astype(np.int64)] & catalog.promoted[sku])


def _during(at: NDArray[np.float64], incident: Incident) -> NDArray[np.bool_]:
    return (at >= incident.onset) & (at < incident.end)
