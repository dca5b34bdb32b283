"""Orders that become smaller or larger, and what is none of that, as timelines."""

from __future__ import annotations

from functools import cache

import pytest

from detectors.setup import Setup
from schemas.alert import Alert, Kind, Unit
from schemas.calendar import CalendarWindow, WindowScope, WindowType
from schemas.rows import OrderRow, ReturnRow
from tests.core.channel import Channel, Trade, when
from tests.core.expecting import expect, expect_none, opened
from tests.core.playing import Player, Told, settings

DROP, SURGE = "order_volume_drop", "order_volume_surge"


USUAL = Trade(orders_per_day=4.0, quantity=20.0)


def play(channel: Channel) -> Told:
    """One false alert in twenty weeks: what alerts here, alerts for a reason."""
    setup = Setup(settings(budget={"false_alerts_per_week": 0.05}))
    return Player(setup).play(channel)


@cache
def halved() -> Told:
    """Dealer 3 orders as often from day 60 on, but half as much; dealer 5 the other way round."""
    channel = Channel(dealers=24, days=130, usual=USUAL).at("day 60", dealer=3, quantity=10.0)
    return play(channel.at("day 60", dealer=5, orders_per_day=2.0))


def test_orders_of_half_the_size_are_told() -> None:
    alert = expect(halved().alerts, opened(DROP, dealer=3), "day 61", and_="day 85")
    assert alert.effect.unit is Unit.VALUE
    assert alert.effect.ratio == pytest.approx(0.5, abs=0.15)
    assert "orders as often as usual" in alert.message.en
    assert "smaller" in alert.message.en
    assert "下单次数如常" in alert.message.zh
    assert abs(alert.onset - when("day 60")) <= when("day 66") - when("day 60")


def test_money_of_smaller_orders_is_their_size() -> None:
    alert = expect(halved().alerts, opened(DROP, dealer=3), "day 61", and_="day 85")
    assert alert.parts is not None
    assert alert.parts.order_size == pytest.approx(alert.parts.total, rel=0.25)
    assert alert.parts.total < 0
    assert alert.effect.loss_per_week == pytest.approx(-alert.parts.total)


def test_half_the_size_is_found_about_as_fast_as_half_the_number() -> None:
    size = expect(halved().alerts, opened(DROP, dealer=3), "day 61", and_="day 85")
    number = expect(halved().alerts, opened(DROP, dealer=5), "day 61", and_="day 130")
    assert size.at <= number.at


def test_halving_alerts_nobody_else() -> None:
    assert {one.entity for one in halved().alerts} == {"dealer-003", "dealer-005"}


def test_many_more_orders_of_half_the_size_are_no_drop() -> None:
    change = {"quantity": 10.0, "orders_per_day": 10.0}
    told = play(Channel(days=90, usual=USUAL).at("day 60", dealer=3, **change))
    expect_none(told.alerts, opened(DROP))


def test_stocking_up_is_told() -> None:
    told = play(Channel(days=80).at("day 60", dealer=3, orders_per_day=9.0))
    alert = expect(told.alerts, opened(SURGE, dealer=3), "day 60", and_="day 75")
    assert alert.parts is not None
    assert alert.parts.total > 0
    assert alert.effect.loss_per_week == -alert.parts.total
    assert "more than usual" in alert.message.en
    expect_none([one for one in told.alerts if one.entity != "dealer-003"])


@pytest.mark.parametrize(("quantity", "severity"), [(5.0, "warning"), (1.0, "info")])
def test_surge_is_no_more_than_news_unless_it_is_large(quantity: float, severity: str) -> None:
    """Three times as many orders: two weeks of a usual dealer a week, less of a small one."""
    channel = Channel(days=80).at("day 0", dealer=3, quantity=quantity)
    told = play(channel.at("day 60", dealer=3, orders_per_day=9.0))
    lines = [one for one in told.alerts if one.kind is Kind.ORDER_VOLUME_SURGE]
    assert max(str(one.severity) for one in lines) == severity


def test_orders_of_three_times_the_size_are_told() -> None:
    told = play(Channel(days=80).at("day 60", dealer=3, quantity=15.0))
    alert = expect(told.alerts, opened(SURGE, dealer=3), "day 60", and_="day 72")
    assert alert.effect.unit is Unit.VALUE
    assert "larger" in alert.message.en


@pytest.mark.parametrize("days", [21, 30])
def test_return_to_normal_after_a_surge_is_no_drop(days: int) -> None:
    channel = Channel(days=60 + days + 40)
    told = play(channel.during("day 60", f"day {60 + days}", dealer=3, orders_per_day=7.5))
    expect(told.alerts, opened(SURGE, dealer=3), "day 60", and_="day 80")
    expect_none(told.alerts, opened(DROP))


def test_return_to_normal_after_smaller_orders_is_no_surge() -> None:
    told = play(Channel(days=120).during("day 60", "day 80", dealer=3, quantity=2.0))
    expect(told.alerts, opened(DROP, dealer=3), "day 60", and_="day 80")
    expect_none(told.alerts, opened(SURGE))


def test_one_bulk_order_is_no_surge() -> None:
    channel = Channel(days=75)
    bulk = {"order_id": "bulk", "sku": "sku-1", "quantity": 74_215.0, "unit_price": 11.0}
    expect_none(play(channel.also("day 60 10:00", OrderRow, dealer=3, **bulk)).alerts)


def test_bulk_order_that_is_cancelled_is_nothing() -> None:
    channel, lines = Channel(days=70), {"order_id": "bulk", "sku": "sku-1", "quantity": 74_215.0}
    channel.also("day 60 10:00", OrderRow, dealer=3, unit_price=11.0, **lines)
    channel.also("day 60 10:16", ReturnRow, dealer=3, **lines)
    plain, netted = play(Channel(days=70)), play(channel)
    assert not plain.alerts
    assert not netted.alerts


def test_price_cut_is_no_smaller_order() -> None:
    told = play(Channel(days=85).at("day 60", dealer=3, price=0.8))
    expect(told.alerts, opened("unit_price_drop", dealer=3), "day 60", and_="day 63")
    expect_none(told.alerts, opened(DROP))


def test_money_of_a_price_cut_is_its_price() -> None:
    told = play(Channel(days=65).at("day 60", dealer=3, price=0.8))
    alert = expect(told.alerts, opened("unit_price_drop", dealer=3), "day 60", and_="day 63")
    assert alert.parts is not None
    assert alert.parts.price == pytest.approx(alert.parts.total, rel=0.3)


def test_promotion_of_usual_quantities_is_no_smaller_order() -> None:
    expect_none(play(Channel(days=85).at("day 60", dealer=3, price=0.6, promo=True)).alerts)


def test_planned_promotion_is_no_surge() -> None:
    """Three times as many orders, each three times as large, at prices flagged as planned."""
    change = {"orders_per_day": 9.0, "quantity": 15.0, "price": 0.7, "promo": True}
    told = play(Channel(days=100).during("day 60", "day 74", dealer=3, **change))
    expect_none(told.alerts, opened(SURGE))


@pytest.mark.parametrize("announced", [True, False])
def test_announced_event_of_the_expected_size_is_no_surge(*, announced: bool) -> None:
    """Three times as many orders for ten days, with and without a line in the calendar."""
    days, whom = (when("day 60"), when("day 70")), (WindowScope.DEALER, "dealer-003")
    event = CalendarWindow(*days, "fair", WindowType.EVENT, *whom, 3.0)
    scarce = settings(budget={"false_alerts_per_week": 0.05})
    channel = Channel(days=90).during("day 60", "day 70", dealer=3, orders_per_day=9.0)
    told = Player(Setup(scarce, windows=[event] if announced else [])).play(channel)
    assert any(opened(SURGE)(one) for one in told.alerts) is not announced


def test_another_mix_is_no_other_size() -> None:
    expect_none(play(Channel(days=95).at("day 60", dealer=3, articles=(0, 1))).alerts)
    expect_none(play(Channel(days=95).at("day 60", dealer=3, articles=(10, 11))).alerts)


def test_season_of_smaller_orders_is_nobodys_news() -> None:
    expect_none(play(Channel(dealers=40, days=85).at("day 60", quantity=3.0)).alerts)


def test_season_of_larger_orders_is_nobodys_news() -> None:
    told = play(Channel(dealers=40, days=85).at("day 60", quantity=8.0, orders_per_day=5.0))
    expect_none(told.alerts)


def test_dealer_in_two_currencies_is_told_of_in_units() -> None:
    channel = Channel(days=95).at("day 20", dealer=3, currency="USD")
    told = play(channel.at("day 60", dealer=3, quantity=2.0))
    alert = expect(told.alerts, opened(DROP, dealer=3), "day 60", and_="day 90")
    assert alert.effect.unit is Unit.UNITS
    assert alert.effect.loss_per_week is None
    assert alert.parts is None


def test_sparse_dealer_of_smaller_orders_is_told() -> None:
    """An order in ten days: eight of them say it."""
    channel = Channel(dealers=30, days=500).at("day 0", dealer=3, orders_per_day=0.1)
    told = play(channel.at("day 300", dealer=3, quantity=1.0))
    alert = expect(told.alerts, opened(DROP, dealer=3), "day 310", and_="day 480")
    assert alert.effect.unit is Unit.VALUE


def parts_add_up(alert: Alert) -> bool:
    parts, loss = alert.parts, alert.effect.loss_per_week
    if parts is None or loss is None:
        return parts is None and loss is None
    five = (parts.order_frequency, parts.order_size, parts.price, parts.mix, parts.lost_skus)
    cents = [round(100 * one) for one in five]
    return sum(cents) == round(100 * parts.total) == -round(100 * loss)


def test_parts_of_every_line_add_up_to_the_cent() -> None:
    change = {"quantity": 9.0, "orders_per_day": 3.0, "price": 0.9}
    told = play(Channel(days=90, usual=USUAL).at("day 60", dealer=3, **change))
    assert {one.kind for one in told.alerts} >= {Kind.ORDER_VOLUME_DROP, Kind.UNIT_PRICE_DROP}
    assert all(parts_add_up(one) for one in told.alerts)
    both = [one for one in told.alerts if one.kind is Kind.ORDER_VOLUME_DROP][-1].parts
    assert both is not None
    assert both.order_size < 0
    assert both.price < 0
