"""Who trades: dealers of very different size, habit and care."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from streams.simulator.seasons import FIRST_INCIDENT

if TYPE_CHECKING:
    from numpy.typing import NDArray

REGIONS = ("north", "south", "east", "west", "coast", "island")
TIERS = ("gold", "silver", "bronze")
MANAGERS = ("A. Weber", "L. Okafor", "M. Rossi", "S. Tanaka", "P. Novak")

_WEEKDAYS = {  # Monday to Sunday, mean 1
    True: np.array([1.35, 1.40, 1.35, 1.30, 1.20, 0.30, 0.10]),
    False: np.array([0.85, 0.85, 0.90, 1.00, 1.20, 1.50, 0.70]),
}
_HOURS = {  # relative, 0 to 23 h
    True: np.array([0] * 7 + [1, 5, 8, 8, 7, 4, 6, 7, 7, 5, 2, 1] + [0] * 5, np.float64),
    False: np.array([0] * 8 + [1, 3, 5, 6, 6, 5, 5, 6, 7, 8, 7, 5, 2, 1, 0, 0], np.float64),
}


@dataclass(frozen=True, slots=True)
class Dealers:
    """n dealers; every array has length n unless its comment says otherwise."""

    rate: NDArray[np.float64]  # orders a day, over the year
    region: NDArray[np.int64]  # index into REGIONS
    tier: NDArray[np.int64]  # index into TIERS
    office: NDArray[np.bool_]  # office hours; else those of a shop
    weekday: NDArray[np.float64]  # (n, 7) factors, mean 1
    restless: NDArray[np.float64]  # log-sd of a day's trade beyond chance
    growth: NDArray[np.float64]  # log per year
    rhythm: NDArray[np.int64]  # orders every so many days; 0: when it happens
    lines: NDArray[np.float64]  # mean lines of an order; 1: orders carry no order_id
    markup: NDArray[np.float64]  # log, on list prices
    complaint: NDArray[np.float64]  # complaints per order
    returned: NDArray[np.float64]  # returns per order
    opened: NDArray[np.int64]  # first day
    closed: NDArray[np.int64]  # day after the last

    def __len__(self) -> int:
        return self.rate.size


def draw_dealers(rng: np.random.Generator, n: int, days: int) -> Dealers:
    """Sizes are log-normal: half of them below ten orders a week, few above ten a day."""
    rate = np.clip(np.exp(rng.normal(0.3, 1.3, n)), 0.07, 100.0)
    office = rng.random(n) < 0.6
    systems = rng.random(n) < 0.5  # half of the dealers send orders from a system, line by line
    opened, closed = _lives(rng, n, days)
    return Dealers(
        rate=rate,
        region=rng.integers(0, len(REGIONS), n),
        tier=np.where(rate > 6, 0, np.where(rate > 1, 1, 2)),
        office=office,
        weekday=_weekdays(rng, office),
        restless=np.clip(np.exp(rng.normal(np.log(0.22), 0.3, n)), 0.08, 0.5),
        growth=rng.normal(0.03, 0.18, n),
        rhythm=np.where(rng.random(n) < 0.12, rng.choice([1, 7, 14], n), 0),
        lines=np.where(systems, rng.uniform(1.5, 4.0, n), 1.0),
        markup=rng.normal(0.0, 0.05, n),
        complaint=np.clip(0.03 * np.exp(rng.normal(0, 0.5, n)), 0.004, 0.15),
        returned=np.clip(0.04 * np.exp(rng.normal(0, 0.4, n)), 0.006, 0.15),
        opened=opened,
        closed=closed,
    )


def hours(dealers: Dealers) -> NDArray[np.float64]:
    """Cumulative share of a day's trade by hour: (n, 24), the last column 1."""
    shape = np.where(dealers.office[:, None], _HOURS[True], _HOURS[False])
    share: NDArray[np.float64] = np.cumsum(shape, axis=1) / shape.sum(axis=1, keepdims=True)
    return share


def dealer_id(number: int) -> str:
    """`D00007` for 7."""
    return f"D{number:05d}"


def _weekdays(rng: np.random.Generator, office: NDArray[np.bool_]) -> NDArray[np.float64]:
    typical = np.where(office[:, None], _WEEKDAYS[True], _WEEKDAYS[False])
    own = typical * np.exp(rng.normal(0, 0.1, (office.size, 7)))
    own[rng.random(office.size) < 0.5, 6] = 0  # closed on Sundays
    factors: NDArray[np.float64] = own / own.mean(axis=1, keepdims=True)
    return factors


def _lives(
    rng: np.random.Generator, n: int, days: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """One in ten joins later; a few have left before incidents begin."""
    opened, closed = np.zeros(n, np.int64), np.full(n, days)
    fate = rng.random(n)
    joined, left = fate < 0.10, fate > 0.98
    opened[joined] = rng.integers(20, max(days - 60, 21), joined.sum())
    closed[left] = rng.integers(30, FIRST_INCIDENT - 40, left.sum())
    return opened, closed
