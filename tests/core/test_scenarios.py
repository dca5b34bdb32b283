"""What the core says of a channel's troubles, as timelines."""

from __future__ import annotations

import re

import pytest

from detectors.setup import Setup
from schemas.alert import Change, Kind, Scope, SuppressedReason
from schemas.batch import Source
from schemas.instant import DAY, HOUR, Micros
from schemas.master import DealerRecord
from schemas.rows import OrderRow, ReturnRow
from schemas.stats import DealerStats, DealerStatus
from schemas.wire import Outlook, decode
from tests.core.channel import Channel, Trade, name, when
from tests.core.expecting import expect, expect_none, of_dealers, opened, resolved
from tests.core.playing import TICK, Player, Told, settings


def play(channel: Channel, tick: Micros = TICK, stopped: tuple[str, str] | None = None) -> Told:
    """One false alert in two years: what alerts here, alerts for a reason."""
    setup = Setup(settings(tick, budget={"false_alerts_per_week": 0.01}))
    pause = (0, 0) if stopped is None else (when(stopped[0]), when(stopped[1]))
    return Player(setup).play(channel, pause)


def decode_outlook(data: bytes) -> Outlook:
    outlook = decode(data)
    assert isinstance(outlook, Outlook)
    return outlook


def last_of(told: Told, dealer: int) -> DealerStats:
    return [one for one in told.stats if one.dealer.id == name(dealer)][-1]


def test_calm_channel_alerts_nobody() -> None:
    told = play(Channel())
    assert not told.alerts
    assert not told.ledger
    assert not told.letters


def test_silent_dealer_is_told_within_days() -> None:
    told = play(Channel().at("day 60", dealer=3, orders_per_day=0))
    alert = expect(told.alerts, opened("order_volume_drop", dealer=3), "day 61", and_="day 66")
    assert abs(alert.onset - when("day 60")) <= 2 * DAY
    assert (alert.effect.observed, alert.effect.ratio) == (0, 0)
    expect_none([one for one in told.alerts if one.entity != name(3)])


def test_dealer_that_loses_four_fifths_is_told_within_three_weeks() -> None:
    told = play(Channel().at("day 60", dealer=3, orders_per_day=0.6))
    alert = expect(told.alerts, opened("order_volume_drop", dealer=3), "day 61", and_="day 80")
    assert alert.parts is not None
    assert alert.parts.total < 0


def test_dealer_that_comes_back_is_resolved() -> None:
    told = play(Channel().during("day 60", "day 67", dealer=3, orders_per_day=0.0))
    expect(told.alerts, opened("order_volume_drop", dealer=3), "day 61", and_="day 66")
    expect(told.alerts, resolved("order_volume_drop", dealer=3), "day 68", and_="day 76")


def test_price_cut_of_one_dealer_is_told_after_its_third_or_fourth_visit() -> None:
    """One visit says at most 4.6 nats, and the line for this budget is at 11.7."""
    told = play(Channel().at("day 60", dealer=3, price=0.9))
    alert = expect(told.alerts, opened("unit_price_drop", dealer=3), "day 62", and_="day 64")
    assert alert.effect.observed == pytest.approx(0.9, abs=0.02)


def test_price_list_of_everybody_is_no_dealers_news() -> None:
    told = play(Channel().at("day 60", price=0.97))
    expect_none(told.alerts)


def test_complaints_of_one_dealer_are_told() -> None:
    told = play(Channel().at("day 60", dealer=3, complaints=0.6))
    alert = expect(told.alerts, opened("complaint_spike", dealer=3), "day 63", and_="day 75")
    assert alert.effect.ratio is not None
    assert alert.effect.ratio > 2


def test_returns_of_one_dealer_are_told() -> None:
    told = play(Channel().at("day 60", dealer=3, returns=0.8))
    alert = expect(told.alerts, opened("return_spike", dealer=3), "day 65", and_="day 80")
    assert re.search(r"goods of about [0-9.]+ usual orders? came back", alert.message.en)


def test_returns_of_a_dealer_who_seldom_orders_are_told() -> None:
    """Six orders a month, and then all of them come back; a doubled rate could not be proven."""
    rare = Channel(days=140).at("day 0", dealer=3, orders_per_day=0.2, returns=0.02)
    setup = Setup(settings(TICK, budget={"false_alerts_per_week": 0.2}))
    told = Player(setup).play(rare.at("day 80", dealer=3, returns=1.0))
    expect(told.alerts, opened("return_spike", dealer=3), "day 85", and_="day 135")


def test_closure_of_the_whole_network_is_no_dealers_alert() -> None:
    expect_none(play(Channel().during("day 60", "day 66", orders_per_day=0.05)).alerts)


def test_slump_of_the_whole_network_is_no_dealers_alert() -> None:
    expect_none(play(Channel().at("day 60", orders_per_day=1.2)).alerts)


def test_stop_of_all_feeds_is_one_outage() -> None:
    told = play(Channel().lost("day 60", "day 64"))
    expect(told.alerts, opened("feed_outage"), "day 60", and_="day 62")
    expect(told.alerts, resolved("feed_outage"), "day 64", and_="day 66")
    expect_none(told.alerts)
    silent = ["orders" in decode_outlook(one).silent for one in told.outlooks]
    # from the first quarter of a day with trade in it to the last without
    assert silent == [60.5 * 4 <= tick + 1 <= 64.25 * 4 for tick in range(80 * 4)]


def test_stop_of_complaints_alone_is_no_order_outage() -> None:
    told = play(Channel(dealers=40).lost("day 50", "day 80", Source.COMPLAINTS))
    assert {one.entity for one in told.alerts} <= {"complaints"}


def test_feed_that_never_spoke_is_not_missed() -> None:
    quiet = Trade(complaints=0.0, returns=0.0)
    assert not play(Channel(days=60, usual=quiet)).alerts


def test_hour_of_stopped_clock_is_no_silence() -> None:
    busy = Channel(dealers=12, days=45, usual=Trade(orders_per_day=24.0))
    told = play(busy, HOUR, stopped=("day 40 10:30", "day 40 11:40"))
    assert not told.alerts


def test_stopped_clock_is_nobodys_silence() -> None:
    told = play(Channel(days=80), stopped=("day 60", "day 63"))
    expect_none(told.alerts)


def test_stopped_clock_is_no_outage() -> None:
    assert not play(Channel(days=70), stopped=("day 60", "day 63")).alerts


def test_backlog_counts_once_it_is_here() -> None:
    channel = Channel(days=50)
    stopped = play(channel, stopped=("day 40", "day 42"))
    assert [one.totals for one in last_stats(stopped)] == [
        one.totals for one in last_stats(play(channel))
    ]


def last_stats(told: Told) -> list[DealerStats]:
    return sorted(
        {one.dealer.id: one for one in told.stats}.values(), key=lambda one: one.dealer.id
    )


def bulk(channel: Channel, *, cancelled: bool) -> Channel:
    lines = {"order_id": "bulk", "sku": "sku-1", "quantity": 74_215.0}
    channel.also("day 60 10:00", OrderRow, dealer=3, unit_price=11.0, **lines)
    if cancelled:
        channel.also("day 60 10:16", ReturnRow, dealer=3, **lines)
    return channel


def test_cancelled_bulk_order_leaves_no_trace_in_alerts() -> None:
    plain = play(Channel().at("day 70", dealer=3, orders_per_day=0))
    netted = play(bulk(Channel().at("day 70", dealer=3, orders_per_day=0), cancelled=True))
    assert [one.effect for one in netted.alerts] == [one.effect for one in plain.alerts]
    assert [one.severity for one in netted.alerts] == [one.severity for one in plain.alerts]
    expect_none(netted.alerts, opened("return_spike"))


def test_cancelled_bulk_order_stays_in_the_totals() -> None:
    totals = last_of(play(bulk(Channel(days=62), cancelled=True)), 3).totals
    assert totals.units > 74_215
    assert totals.return_units >= 74_215


def test_bulk_order_that_stays_does_not_make_every_alert_critical() -> None:
    """Its value counts ten times the usual at most: the loss stays within that of the trade."""
    plain = play(Channel().at("day 70", dealer=3, orders_per_day=0))
    kept = play(bulk(Channel().at("day 70", dealer=3, orders_per_day=0), cancelled=False))
    before = expect(plain.alerts, opened("order_volume_drop", dealer=3), "day 70", "day 90")
    after = expect(kept.alerts, opened("order_volume_drop", dealer=3), "day 70", "day 90")
    assert before.effect.loss_per_week is not None
    assert after.effect.loss_per_week is not None
    assert after.effect.loss_per_week < 2 * before.effect.loss_per_week


def test_cheaper_mix_is_no_price_cut() -> None:
    expect_none(play(Channel().at("day 60", dealer=3, articles=(0, 1))).alerts)


def test_promotion_is_no_price_cut() -> None:
    expect_none(play(Channel().at("day 60", dealer=3, price=0.7, promo=True)).alerts)


def test_promotion_teaches_no_price() -> None:
    """After a month of planned prices the usual ones are no surge, and a cut is still a cut."""
    channel = Channel().during("day 30", "day 60", dealer=3, price=0.7, promo=True)
    told = play(channel.at("day 65", dealer=3, price=0.9))
    expect(told.alerts, opened("unit_price_drop", dealer=3), "day 65", and_="day 69")


def test_new_dealer_is_held_in_the_ledger() -> None:
    channel = Channel(days=80).at("day 0", dealer=3, orders_per_day=0)
    channel.at("day 40", dealer=3, orders_per_day=12).at("day 60", dealer=3, orders_per_day=0)
    told = play(channel)
    held = expect(told.ledger, opened("order_volume_drop", dealer=3), "day 60", and_="day 68")
    assert held.suppressed is not None
    assert held.suppressed.reason is SuppressedReason.WARM_UP
    expect(told.alerts, opened("order_volume_drop", dealer=3), "day 68", and_="day 69")


def test_dealer_sleeps_and_starts_over_when_it_returns() -> None:
    channel = Channel(dealers=12).at("day 29", dealer=3, orders_per_day=0)
    asleep = play(channel)
    assert last_of(asleep, 3).status is DealerStatus.DORMANT
    expect(asleep.alerts, opened("order_volume_drop", dealer=3), "day 30", and_="day 40")
    expect(asleep.alerts, resolved("order_volume_drop", dealer=3), "day 74", and_="day 77")
    channel.days = 95
    back = last_of(play(channel.at("day 85", dealer=3, orders_per_day=3)), 3)
    assert back.status is DealerStatus.NEW
    assert back.totals.orders > back.d28.orders > 0


def test_dealer_that_returned_is_not_judged_by_its_former_life() -> None:
    """Four days after its return nothing is expected of it yet, and surely not the old trade."""
    channel = Channel(dealers=12, days=111).at("day 29", dealer=3, orders_per_day=0)
    back = last_of(play(channel.at("day 106", dealer=3, orders_per_day=1.0)), 3)
    assert back.d28.expected_orders is not None
    assert back.d28.expected_orders < 2.5


def test_currencies_are_never_mixed() -> None:
    """Half the dealers pay in another currency, at another number: nobody's price has changed."""
    channel = Channel(days=60)
    for dealer in range(15):
        channel.at("day 0", dealer=dealer, currency="JPY", price=160.0)
    told = play(channel)
    expect_none(told.alerts)
    yen, euro = last_of(told, 0), last_of(told, 20)
    assert list(yen.totals.value) == ["JPY"]
    assert list(euro.totals.value) == ["EUR"]
    assert yen.d28.price_index == pytest.approx(1.0, abs=0.05)


def test_price_cut_is_found_in_each_currency() -> None:
    channel = Channel(days=80)
    for dealer in range(15):
        channel.at("day 0", dealer=dealer, currency="JPY", price=160.0)
    channel.at("day 60", dealer=2, price=144.0).at("day 60", dealer=22, price=0.9)
    told = play(channel)
    for dealer in (2, 22):
        expect(told.alerts, opened("unit_price_drop", dealer=dealer), "day 62", and_="day 64")


def test_dealer_with_two_currencies_has_no_single_loss() -> None:
    channel = Channel(days=80).at("day 20", dealer=3, currency="USD")
    told = play(channel.at("day 60", dealer=3, orders_per_day=0))
    alert = expect(told.alerts, opened("order_volume_drop", dealer=3), "day 60", and_="day 66")
    assert alert.effect.loss_per_week is None
    assert alert.effect.currency is None
    assert alert.parts is None


def test_shock_of_a_region_is_not_many_dealers_alerts() -> None:
    channel = Channel(dealers=60, days=75)
    for dealer in range(30, 60):
        channel.at("day 0", dealer=dealer, region="south")
        channel.at("day 60", dealer=dealer, orders_per_day=1.2)
    told = play(channel)
    alone = {one.entity for one in told.alerts if of_dealers(one)}
    assert len(alone) <= 3  # of 30: some are noticed before the region is


def test_dealer_alone_has_no_peers_to_follow() -> None:
    """Its own share is left out to the last digit, so nothing of its fall is anybody's."""
    told = play(Channel(dealers=1).at("day 60", dealer=0, orders_per_day=0))
    expect(told.alerts, opened("order_volume_drop", dealer=0), "day 61", and_="day 66")
    assert {(one.network_ratio, one.region_ratio) for one in told.readings} == {(1.0, 1.0)}


def test_master_data_beats_the_events() -> None:
    record = DealerRecord(dealer_id=name(0), name="First", region="west", manager="Ann")
    setup = Setup(settings(), {name(0): record})
    told = Player(setup).play(Channel(dealers=2, days=3))
    first, second = last_of(told, 0).dealer, last_of(told, 1).dealer
    assert (first.name, first.region, first.tier, first.manager) == ("First", "west", "a", "Ann")
    assert (second.name, second.region) == (None, "north")


def test_lines_of_an_alert_count_up_and_keep_its_id() -> None:
    told = play(Channel().during("day 60", "day 70", dealer=3, orders_per_day=0.0))
    lines = [one for one in told.alerts if one.kind is Kind.ORDER_VOLUME_DROP]
    assert [one.sequence for one in lines] == list(range(1, len(lines) + 1))
    assert len({one.alert_id for one in lines}) == 1
    assert lines[-1].change is Change.RESOLVED
    assert all(one.onset <= one.at for one in lines)
    assert all(one.scope is Scope.DEALER for one in lines)
