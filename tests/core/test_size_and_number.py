"""Orders of half the size are found about as fast as half as many orders."""

from __future__ import annotations

from functools import cache
from itertools import product
from statistics import median

import pytest

from detectors.setup import Setup
from schemas.alert import Alert, Change, Kind, Unit
from schemas.instant import DAY
from tests.core.channel import Channel, Trade, name, when
from tests.core.playing import Player, settings

A_DAY = (0.7, 2.0, 6.0)  # orders
SPREADS = (0.3, 0.9)  # of the log of an order's size
SORTS = tuple(product(A_DAY, SPREADS, ("size", "number", *["neither"] * 6)))
EACH, SEEDS = 2, 3  # dealers of every sort, and how often they are drawn
CHANGED, DAYS = 90, 150
NEVER = DAYS - CHANGED


Sort = tuple[float, float, str]
Found = tuple[float, Unit]  # days from the change to its alert, and what it is told in


@cache
def found() -> dict[Sort, list[Found]]:
    """By sort of dealer; those not found count as NEVER."""
    days_of: dict[Sort, list[Found]] = {}
    for seed in range(SEEDS):
        channel = changed(seed)
        first = opened(Player(Setup(settings(tick=DAY))).play(channel).alerts)
        for dealer in range(channel.dealers):
            one = first.get(name(dealer), (float(NEVER), Unit.ORDERS))
            days_of.setdefault(SORTS[dealer % len(SORTS)], []).append(one)
    return days_of


def changed(seed: int) -> Channel:
    """Dealers of every sort; one in eight halves its orders, one in eight the size of them."""
    usual = Trade(quantity=20.0)
    channel = Channel(dealers=EACH * len(SORTS), days=DAYS, seed=seed, usual=usual)
    for dealer in range(channel.dealers):
        a_day, spread, part = SORTS[dealer % len(SORTS)]
        channel.at("day 0", dealer, orders_per_day=a_day, spread=spread)
        if part == "size":
            channel.at(f"day {CHANGED}", dealer, quantity=10.0)
        elif part == "number":
            channel.at(f"day {CHANGED}", dealer, orders_per_day=a_day / 2)
    return channel


def opened(alerts: list[Alert]) -> dict[str, Found]:
    """The first drop of each dealer after the change."""
    first: dict[str, Found] = {}
    for alert in alerts:
        days = (alert.at - when(f"day {CHANGED}")) / DAY
        drop = alert.kind is Kind.ORDER_VOLUME_DROP and alert.change is Change.OPENED
        if drop and days > 0:
            first.setdefault(alert.entity, (days, alert.effect.unit))
    return first


def days(part: str, a_day: float | None = None, spread: float | None = None) -> float:
    """Median days to the alert, over the dealers of some sorts; those not found count as NEVER."""
    every = [
        one
        for (rate, wide, changed), ones in found().items()
        if changed == part and a_day in (None, rate) and spread in (None, wide)
        for one, _ in ones
    ]
    return median(every)


@pytest.mark.parametrize("a_day", A_DAY)
def test_half_the_size_is_found_about_as_fast_as_half_the_number(a_day: float) -> None:
    assert days("size", a_day=a_day) <= 1.25 * days("number", a_day=a_day) + 2.0


@pytest.mark.parametrize("spread", SPREADS)
def test_it_is_so_however_much_sizes_vary(spread: float) -> None:
    assert days("size", spread=spread) <= 1.25 * days("number", spread=spread) + 2.0


def test_the_alert_says_which() -> None:
    units = {
        part: {unit for sort, ones in found().items() if sort[2] == part
               for one, unit in ones if one < NEVER}
        for part in ("size", "number")
    }  # fmt: skip
    assert units == {"size": {Unit.VALUE}, "number": {Unit.ORDERS}}


def test_dealers_that_go_on_are_left_alone() -> None:
    alerted = sum(one < NEVER for sort, ones in found().items() if sort[2] == "neither"
                  for one, _ in ones)  # fmt: skip
    assert alerted <= 2
