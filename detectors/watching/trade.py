"""What has become of a dealer's trade since it changed: how often, how much at a time, what price.

A week's trade is worth orders x size x price. What an alert is about enters that product as it was
seen; the others only as far as they are themselves improbable (`_trust`), or noise of a short
window would be told as money.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from scipy import special

from detectors.baselines import history as past
from detectors.baselines import order_size, unit_price
from detectors.baselines.history import Moment, Windows
from detectors.columns import F64, I64, Bool
from detectors.registry import DETECTORS, KINDS
from detectors.timeline import DAY
from detectors.watching.fleet import SIZE, Fleet
from detectors.watching.tally import TOTAL
from schemas.alert import Kind

FREQUENCY, ORDER_SIZE, PRICE = range(3)
SOME: Final = 0.2  # of the evidence: what carries less is not told
SURE: Final = 2.5  # standard deviations at which a change counts half
LESS: Final = 0.95  # of the usual volume: a fall of less than a twentieth is none to tell of
DOUBT: Final = 1.5  # standard deviations
LEAST_ORDERS: Final = 3.0  # of a surge: one or two prove nothing, however large
_SIZES: Final = (order_size.SMALLER.part, order_size.LARGER.part)


class Part(NamedTuple):
    """One factor of the trade over a window, against what was expected; arrays (k,)."""

    log: F64  # of the ratio
    deviation: F64  # of that, in control


def days_since(start: I64, now: Moment) -> I64:
    """(k,) local days from the one that holds `start` (microseconds) to the open one."""
    # a change to summer time moves midnights by an hour or two
    back = -((start - now.start(now.day) + DAY // 12) // DAY)
    return np.maximum(back, 0) + 1


def of_orders(observed: F64, expected: F64, variance: F64) -> Part:
    """How often; variance: (k,) relative, of the expected count."""
    mean = expected + 0.5
    return Part(np.log((observed + 0.5) / mean), np.sqrt(variance + 1.0 / mean))


def of_sizes(fleet: Fleet, rows: I64, sums: F64) -> Part:
    """How much at a time; sums: (k, ..., 2) weighted residuals and precision."""
    latent = order_size.noise(fleet.size, rows, fleet.known.size_pools()).latent
    return _mean(sums, latent.reshape(-1, *[1] * (sums.ndim - 2)))


def of_prices(fleet: Fleet, rows: I64, sums: F64) -> Part:
    """At what price; sums: (k, 2) weighted residuals and precision."""
    return _mean(sums, unit_price.variance(fleet.price, rows, fleet.known.price_pools()))


def _mean(sums: F64, latent: F64) -> Part:
    precision = np.maximum(sums[..., 1], 1e-9)
    return Part(sums[..., 0] / precision, np.sqrt(1.0 / precision + latent))


def _trust(part: Part) -> F64:
    """(k,) how far a change is improbable, 0 to 1."""
    off = np.minimum(np.abs(part.log) / part.deviation, 100.0)
    return np.asarray(1.0 / (1.0 + np.exp(-3.0 * (off - SURE))))


def ratios(
    fleet: Fleet, rows: I64, day: int, days: I64, orders: Part, leading: I64
) -> tuple[F64, F64]:
    """(k, 3) factors of the trade over the last `days`, and how far each is told.

    leading: (k,) the factor the alert is about.
    """
    sizes = of_sizes(fleet, rows, past.sums_since(fleet.history[SIZE], rows, day, days))
    of_price = fleet.history[Kind.UNIT_PRICE_DROP]
    prices = of_prices(fleet, rows, past.sums_since(of_price, rows, day, days))
    parts = (orders, sizes, prices)
    trust = np.stack([_trust(part) for part in parts], axis=1)
    trust[np.arange(len(rows)), leading] = 1.0
    return np.exp(np.stack([part.log for part in parts], axis=1) * trust), trust


class Smaller(NamedTuple):
    """The window in which the size of orders says most for a change; arrays (k,)."""

    start: I64  # microseconds
    chance: F64


def by_size(fleet: Fleet, rows: I64, windows: Windows, since: I64, *, falling: bool) -> Smaller:
    """The window that shows a change of size best, not before `since` (k,)."""
    part = of_sizes(fleet, rows, np.stack([windows.observed, windows.expected], axis=2))
    off = (-part.log if falling else part.log) / part.deviation
    known = windows.start[None, :] >= since[:, None]
    best = np.argmax(np.where(known, off, -np.inf), axis=1)
    chance = special.ndtr(-off[np.arange(len(rows)), best])
    return Smaller(windows.start[best], np.asarray(chance))


def carried_by_size(kind: Kind, carried: F64) -> F64:
    """(k,) share of the evidence that the size of orders carries; carried: (k, detectors)."""
    place = [one.part in _SIZES for one in KINDS[kind]]
    return np.asarray(carried[:, place].sum(axis=1))


def units_per_order(fleet: Fleet, rows: I64) -> F64:
    """(k,) units of an order since the beginning: for who trades in several currencies."""
    sums = fleet.tally.sums[rows, TOTAL].astype(np.float64)
    return np.asarray(sums[:, 2] / np.maximum(sums[:, 0], 1.0))


def told(kind: Kind, observed: F64, factors: F64, often: Part, leading: I64) -> Bool:
    """(k,) whether it is a change of the volume at all: half as many of twice the size is none.

    Where the size leads, the number of orders gets the benefit of the doubt: who has come to order
    twice as often, half as much each time, is known by the size first.
    """
    volume = np.log(np.maximum(factors[:, FREQUENCY], 1e-9) * factors[:, ORDER_SIZE])
    by_size = often.log + np.log(factors[:, ORDER_SIZE])
    if DETECTORS[kind].falling:
        volume = np.where(leading == ORDER_SIZE, by_size + DOUBT * often.deviation, volume)
        return np.asarray(volume < np.log(LESS))
    volume = np.where(leading == ORDER_SIZE, by_size - DOUBT * often.deviation, volume)
    return np.asarray((volume > -np.log(LESS)) & (observed >= LEAST_ORDERS))
