"""Dealers of several time zones and countries in one fleet."""

from __future__ import annotations

from typing import Any

import pytest

from detectors.setup import Setup
from schemas.calendar import CalendarWindow, WindowScope, WindowType
from schemas.instant import DAY, HOUR
from schemas.master import DealerRecord
from tests.core.channel import START, Channel, Trade, name
from tests.core.expecting import expect_none, opened
from tests.core.playing import Player, Told, settings

EAST, WEST = "Asia/Shanghai", "America/New_York"
DROP = "order_volume_drop"


def setup(*windows: CalendarWindow, tick: int = 6 * HOUR, **fields: list[Any]) -> Setup:
    """Dealer n has the n-th value of each field."""
    count = max((len(values) for values in fields.values()), default=0)
    master = {
        name(n): DealerRecord(dealer_id=name(n), **{k: v[n] for k, v in fields.items() if v[n]})
        for n in range(count)
    }
    return Setup(settings(tick, budget={"false_alerts_per_week": 1.0}), master, windows)


def window(
    first: int, days: int, scope: WindowScope, entity: str | None, ratio: float | None = None
) -> CalendarWindow:
    span = START + first * DAY, START + (first + days) * DAY
    return CalendarWindow(*span, "w", WindowType.EVENT, scope, entity, ratio, local=True)


def test_days_end_at_the_midnight_of_each_dealer() -> None:
    where = setup(tick=HOUR, timezone=[EAST, WEST, None]).locales
    ended = {
        tick % 24: numbers
        for tick in range(START // HOUR, START // HOUR + 24)
        if (numbers := [n for n, ends in enumerate(where.at(tick).ends_day) if ends])
    }
    # the last hour of a day in UTC begins at 23:00, at 15:00 in the east, at 04:00 in the west
    assert ended == {23: [0], 4: [1], 15: [2]}


@pytest.mark.parametrize("tick", [HOUR, 6 * HOUR, DAY])
def test_a_day_begins_after_the_tick_that_ended_the_one_before(tick: int) -> None:
    where = setup(tick=tick, timezone=[EAST, WEST, None]).locales
    ticks = range(START // tick, (START + 90 * DAY) // tick)  # clocks of the west change in them
    for number in ticks:
        begins, before = where.at(number).begins_day.tolist(), where.at(number - 1)
        assert begins == before.ends_day.tolist()
        assert begins == (where.at(number).day != before.day).tolist()


def test_dealers_without_master_data_are_where_the_settings_are() -> None:
    where = setup(timezone=[EAST, None]).locales
    assert where.number(None) == where.number(DealerRecord(dealer_id="x")) == 0
    assert where.number(DealerRecord(dealer_id="x", timezone=EAST)) == 1


def test_world_wide_fleet_is_the_same_after_every_restart_and_for_any_split() -> None:
    known = setup(tick=6 * HOUR, timezone=[EAST, WEST, None, "Asia/Kolkata"] * 3)
    channel = Channel(dealers=12, days=60).at("day 45", dealer=1, orders_per_day=0.0)
    whole = Player(known, daily=True).play(channel)
    restarted = Player(known, daily=True, restart_at=range(0, 240, 3)).play(channel)
    split = Player(known, partitions=3, daily=True).play(channel)
    assert whole.lines == restarted.lines == split.lines
    assert whole.stats == restarted.stats == split.stats
    assert whole.outlooks == restarted.outlooks
    assert any(opened(DROP, 1)(alert) for alert in whole.alerts)


def test_where_dealers_are_changes_nothing_for_a_trade_that_knows_no_hours() -> None:
    """The same fleet in one zone and in four: days end elsewhere, the verdicts are the same."""
    channel = Channel(dealers=16, days=75).at("day 60", dealer=1, orders_per_day=0.0)
    here = Player(setup()).play(channel)
    around = Player(setup(timezone=[EAST, WEST, None, "Asia/Kolkata"] * 4)).play(channel)
    found = [_opened_on(told) for told in (here, around)]
    assert found[0].keys() == found[1].keys() == {name(1)}
    assert abs(found[0][name(1)] - found[1][name(1)]) <= DAY


def _opened_on(told: Told) -> dict[str, int]:
    return {one.entity: one.at for one in told.alerts if opened(DROP)(one)}


PAUSE = {"orders_per_day": 0.6}  # a fifth of what is usual


@pytest.mark.parametrize(
    ("scope", "entity"), [(WindowScope.REGION, "south"), (WindowScope.DEALER, name(2))]
)
def test_planned_pause_is_expected_of_those_it_concerns_only(
    scope: WindowScope, entity: str
) -> None:
    channel = Channel(dealers=20, days=75, usual=Trade(orders_per_day=3.0))
    channel.at("day 0", dealer=2, region="south")
    for dealer in (2, 3):
        channel.during("day 50", "day 60", dealer=dealer, **PAUSE)
    told = Player(setup(window(50, 10, scope, entity, ratio=0.2))).play(channel)
    expect_none(told.alerts, opened(DROP, 2))
    assert any(opened(DROP, 3)(one) for one in told.alerts)


def test_planned_rise_that_does_not_come_is_a_drop() -> None:
    fair = window(50, 10, WindowScope.DEALER, name(2), ratio=4.0)
    channel = Channel(dealers=20, days=75)
    expect_none(Player(setup()).play(channel).alerts, opened(DROP, 2))
    told = Player(setup(fair)).play(channel)
    assert any(opened(DROP, 2)(one) for one in told.alerts)


def test_cut_of_an_article_that_the_calendar_plans_is_no_drop() -> None:
    channel = Channel(dealers=12, days=75, usual=Trade(orders_per_day=4.0))
    channel.during("day 50", "day 60", dealer=2, price=0.7)
    plan = [window(50, 10, WindowScope.SKU, f"sku-{article}") for article in range(12)]
    cut, planned = Player(setup()).play(channel), Player(setup(*plan)).play(channel)
    assert any(opened("unit_price_drop", 2)(one) for one in cut.alerts)
    expect_none(planned.alerts, opened("unit_price_drop"))
