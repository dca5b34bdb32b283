"""How soon regular dealers are found when they stop, and how often one is suspected wrongly.

A fleet of dealers who trade every day, every second Tuesday, every week but a day early or late, or
by chance at the same rates. After half a year half of them stop, each on a day of its own; the
others go on for a year more. Everything runs through the two stages of the core, at the default
budget.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from detectors.columns import F64, I64
from detectors.deciding.network import Network
from detectors.setup import Setup
from detectors.watching.partition import Partition
from schemas.alert import Alert, Change, Kind
from schemas.batch import Batch, Source
from schemas.instant import DAY, HOUR, parse_instant
from schemas.settings import Settings
from schemas.texts import Spans, Texts

START: Final = parse_instant("2024-01-01T00:00:00Z")  # a Monday
FIRST_STOP, LAST_STOP = 182, 272  # days
TICK: Final = 6 * HOUR
_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
Habit = Callable[[np.random.Generator, int], I64]  # chance, days -> (days,) orders


def every_day(chance: np.random.Generator, days: int) -> I64:
    """One order a day, now and then another."""
    return 1 + chance.poisson(0.3, days)


def every_second_tuesday(chance: np.random.Generator, days: int) -> I64:
    """One order every second Tuesday."""
    orders = np.zeros(days, np.int64)
    orders[1 + 7 * int(chance.integers(2)) :: 14] = 1
    return orders


def weekly(chance: np.random.Generator, days: int) -> I64:
    """One order a week, on a day of the dealer's own, or the day before or after."""
    due = np.arange(int(chance.integers(1, 6)), days - 1, 7)
    orders = np.zeros(days, np.int64)
    orders[due + chance.integers(-1, 2, len(due))] = 1
    return orders


def by_chance(per_day: float) -> Habit:
    """Poisson."""

    def habit(chance: np.random.Generator, days: int) -> I64:
        return chance.poisson(per_day, days)

    return habit


HABITS: Final[dict[str, tuple[Habit, float]]] = {  # and what share of the fleet has it
    "every day": (every_day, 0.15),
    "every second Tuesday": (every_second_tuesday, 0.15),
    "weekly, a day early or late": (weekly, 0.15),
    "by chance, one a day": (by_chance(1.0), 0.2),
    "by chance, one in 7 days": (by_chance(1 / 7), 0.15),
    "by chance, one in 14 days": (by_chance(1 / 14), 0.1),
    "by chance, three a day": (by_chance(3.0), 0.1),
}


@dataclass(frozen=True)
class Fleet:
    """Dealers, what each does on each day, and when half of them stop."""

    dealers: int = 1_000
    days: int = 182 + 365
    seed: int = 1
    orders: I64 = field(init=False)  # (dealers, days)
    stop: F64 = field(init=False)  # (dealers,) first day without orders, inf = never
    habit: list[str] = field(init=False)

    def __post_init__(self) -> None:
        shares = np.array([share for _, share in HABITS.values()])
        chance = np.random.default_rng(self.seed)
        names = list(HABITS)
        which = np.searchsorted(shares.cumsum(), (np.arange(self.dealers) + 0.5) / self.dealers)
        orders = np.stack([HABITS[names[w]][0](chance, self.days) for w in which])
        stop = np.where(
            np.arange(self.dealers) % 2 == 0,
            chance.integers(FIRST_STOP, LAST_STOP, self.dealers).astype(np.float64),
            np.inf,
        )
        orders[np.arange(self.days) >= stop[:, None]] = 0
        object.__setattr__(self, "orders", orders)
        object.__setattr__(self, "stop", stop)
        object.__setattr__(self, "habit", [names[w] for w in which])

    def batches(self) -> Iterator[tuple[int, Batch]]:
        """Every tick with its orders."""
        chance = np.random.default_rng([self.seed, 1])
        number, per_day = 0, DAY // TICK
        for day in range(self.days):
            who = np.repeat(np.arange(self.dealers), self.orders[:, day])
            at = START + day * DAY + chance.integers(8 * HOUR, 18 * HOUR, len(who))
            units = chance.integers(1, 20, len(who)).astype(np.float64)
            for tick in range(START // TICK + day * per_day, START // TICK + (day + 1) * per_day):
                here = np.flatnonzero(at // TICK == tick)
                here = here[np.argsort(at[here], kind="stable")]
                yield tick, _batch(who[here], at[here], units[here], number)
                number += len(here)


def name(dealer: int) -> str:
    """The id of a dealer."""
    return f"D{dealer:05}"


def _batch(who: I64, at: I64, units: F64, number: int) -> Batch:
    n = len(who)
    ids = np.arange(number + 1, number + n + 1, dtype=np.uint64)
    return Batch(
        source=Source.ORDERS,
        topic="orders",
        partition=0,
        position=ids.astype(np.int64),
        raw=Spans.of([b""] * n),
        ts=at,
        event=ids * _GOLDEN,
        order=ids,
        dealer=Texts.of(name(dealer) for dealer in who),
        sku=Texts.of(["S1"] * n),
        quantity=units,
        unit_price=np.full(n, 10.0),
        currency=Texts.of(["EUR"] * n),
        promo=np.zeros(n, np.bool_),
        region=Texts.of(f"R{dealer % 5}" for dealer in who),
        tier=Texts.of(["A"] * n),
        category=Texts.of([""] * n),
    )


@dataclass(frozen=True)
class Outcome:
    """What came of one habit."""

    stopped: int
    delays: F64  # (stopped,) days from the first day without orders to the alert, inf = never
    false_alerts: int  # of drops, before a dealer stops
    dealer_years: float  # in which they could come

    def within(self, days: float) -> float:
        """Share of those who stop that is found within so many days."""
        return float((self.delays <= days).mean())


def outcomes(fleet: Fleet, alerts: list[Alert]) -> dict[str, Outcome]:
    """By habit."""
    opened: dict[str, list[float]] = {}
    for one in alerts:
        if one.kind is Kind.ORDER_VOLUME_DROP and one.change is Change.OPENED:
            opened.setdefault(one.entity, []).append((one.at - START) / DAY)
    found: dict[str, list[tuple[float, int, float]]] = {}
    for dealer, habit in enumerate(fleet.habit):
        days, stop = opened.get(name(dealer), []), float(fleet.stop[dealer])
        delay = min((day - stop for day in days if day > stop), default=np.inf)
        before = sum(day <= stop for day in days)
        watched = (min(stop, fleet.days) - 28) / 365
        found.setdefault(habit, []).append((delay if stop < np.inf else np.nan, before, watched))
    return {habit: _outcome(np.array(rows)) for habit, rows in found.items()}


def _outcome(rows: F64) -> Outcome:
    delays = rows[~np.isnan(rows[:, 0]), 0]
    return Outcome(len(delays), delays, int(rows[:, 1].sum()), float(rows[:, 2].sum()))


def play(fleet: Fleet, budget: float = 2.0) -> list[Alert]:
    """The alerts of a fleet; budget: false alerts a week."""
    told = {"tick": f"{TICK // HOUR}h", "budget": {"false_alerts_per_week": budget}}
    setup = Setup(Settings.model_validate(told))
    partition, network, alerts = Partition(0, setup), Network(setup, 1), []
    for tick, batch in fleet.batches():
        partition.apply((tick + 1) * TICK + setup.timeline.lateness, [batch])
        outlook = network.combine([partition.close(tick)])
        alerts += network.decide([partition.weigh(outlook)]).alerts
    return alerts


def main(seed: int = 1) -> None:
    """Measure and print."""
    fleet, before = Fleet(seed=seed), time.process_time()
    alerts = play(fleet)
    print(f"{'':<29}found: half  9 of 10   never    false alerts / dealer-year")
    for habit, one in outcomes(fleet, alerts).items():
        half, most = np.quantile(one.delays, [0.5, 0.9], method="higher")
        missed = np.isinf(one.delays).sum()
        print(
            f"{habit:<29}{half:>8.1f} d{most:>8.1f} d{missed:>4} of {one.stopped:<4}"
            f"{one.false_alerts:>6} / {one.dealer_years:.0f}"
        )
    print(f"{time.process_time() - before:.0f} s CPU")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
