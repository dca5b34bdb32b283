"""What must not matter: restarts, how dealers are split, slices, repeats, others' order."""

from __future__ import annotations

import random
from decimal import Decimal, localcontext
from functools import cache

import numpy as np
import pytest

from detectors.deciding.network import Network
from detectors.setup import Setup
from detectors.watching.partition import OrderError, Partition
from schemas.batch import Source
from schemas.dead_letter import Reason
from schemas.instant import DAY, HOUR
from schemas.master import DealerRecord
from schemas.record import Record
from schemas.rows import ComplaintRow, OrderRow, ReturnRow
from schemas.stats import DealerStats, DealerStatus
from schemas.wire import Census
from tests.core.channel import START, Channel, name, when
from tests.core.playing import LATENESS, TICK, Player, Told, batches, on_time, settings

SETUP = Setup(settings(budget={"false_alerts_per_week": 1.0}))


@cache
def eventful() -> Channel:
    """Seven weeks with something of everything."""
    channel = Channel(dealers=20, days=52)
    for dealer in (1, 2, 15):
        channel.at("day 0", dealer=dealer, region="south", tier="b", currency="USD")
    channel.at("day 36", dealer=3, orders_per_day=0).at("day 38", dealer=4, price=0.88)
    channel.at("day 35", dealer=5, complaints=0.7, returns=0.7)
    channel.at("day 20", dealer=6, price=0.8, promo=True).lost("day 45", "day 46")
    odd = {"sku": "sku-1", "quantity": 0.1234567890123456, "unit_price": 98.76543210987654}
    channel.also("day 30", OrderRow, dealer=7, order_id="odd", **odd)
    bulk = {"sku": "sku-2", "quantity": 900.0, "order_id": "bulk"}
    channel.also("day 31", OrderRow, dealer=8, unit_price=12.0, **bulk)
    channel.also("day 31 08:00", ReturnRow, dealer=8, **bulk)
    channel.also("day 32", ComplaintRow, dealer=9, issue_id="i1")
    channel.also("day 33", ComplaintRow, dealer=9, issue_id="i2", due="2024-02-20T00:00:00Z")
    return channel.also("day 40", ComplaintRow, dealer=9, issue_id="i1", status="resolved")


@cache
def records() -> tuple[Record, ...]:
    return tuple(eventful().records())


def play(player: Player) -> Told:
    return player.play(eventful(), arriving=on_time(records()))


@cache
def plain() -> Told:
    return play(Player(SETUP, daily=True))


def assert_same(told: Told, than: Told) -> None:
    """To the last byte."""
    assert told.lines == than.lines
    assert told.stats == than.stats
    assert told.outlooks == than.outlooks
    assert told.letters == than.letters


def test_channel_of_these_tests_says_something() -> None:
    kinds = {alert.kind.value for alert in plain().alerts}
    assert {"order_volume_drop", "unit_price_drop", "complaint_spike", "feed_outage"} <= kinds


@pytest.mark.parametrize("seed", [1, 2])
def test_restart_at_any_ticks_changes_nothing(seed: int) -> None:
    ticks = random.Random(seed).sample(range(52 * 4), 60)
    assert_same(play(Player(SETUP, daily=True, restart_at=ticks)), plain())


@pytest.mark.parametrize("partitions", [2, 5])
def test_split_of_dealers_changes_nothing(partitions: int) -> None:
    assert_same(play(Player(SETUP, partitions, daily=True)), plain())


def test_slices_of_a_cut_change_nothing() -> None:
    assert_same(play(Player(SETUP, slice_rows=3, daily=True)), plain())


def test_order_of_other_dealers_records_changes_nothing() -> None:
    """Inside each cut the records come dealer by dealer, the dealers backwards."""

    def backwards(one: Record) -> tuple[int, int]:
        return (one.ts - LATENESS) // TICK, -int(one.dealer[-3:])

    cuts = [
        (one.ts - LATENESS) // TICK * TICK + LATENESS for one in sorted(records(), key=backwards)
    ]
    arriving = list(zip(cuts, sorted(records(), key=backwards), strict=True))
    told = Player(SETUP, daily=True).play(eventful(), arriving=arriving)
    assert told.lines == plain().lines
    assert told.stats == plain().stats


def test_repeats_change_nothing() -> None:
    """Every third record comes again a day later, as redelivery does."""
    again = [(at + DAY, one) for at, one in on_time(records()[::3])]
    arriving = sorted([*on_time(records()), *again], key=lambda arrival: arrival[0])
    assert_same(Player(SETUP, daily=True).play(eventful(), arriving=arriving), plain())


def totals(told: Told) -> dict[str, DealerStats]:
    return {one.dealer.id: one for one in told.stats}


def test_totals_equal_a_recount() -> None:
    with localcontext(prec=100):
        for dealer, stats in totals(plain()).items():
            recount(dealer, stats)


def as_written(units: Decimal | int) -> Decimal:
    """A JSON number is read as the nearest float."""
    return Decimal(repr(float(units)))


def recount(dealer: str, stats: DealerStats) -> None:
    mine = [one.row for one in records() if one.dealer == dealer]
    orders = [row for row in mine if isinstance(row, OrderRow)]
    value: dict[str, Decimal] = {}
    for row in orders:
        amount = Decimal(repr(row.quantity)) * Decimal(repr(row.unit_price))
        currency = row.currency or "EUR"
        value[currency] = value.get(currency, Decimal(0)) + amount
    counted = stats.totals
    assert counted.lines == len(orders)
    assert counted.orders == len({row.order_id for row in orders})
    assert counted.units == as_written(sum(Decimal(repr(row.quantity)) for row in orders))
    assert counted.value == value
    returned = [row for row in mine if isinstance(row, ReturnRow)]
    assert counted.returns == len(returned)
    assert counted.return_units == as_written(sum(Decimal(repr(r.quantity)) for r in returned))
    opened = [row for row in mine if isinstance(row, ComplaintRow) and row.status != "resolved"]
    assert counted.complaints == len(opened)


def test_recent_sums_equal_a_recount() -> None:
    """At the last day's end: the last 7 and 28 event days."""
    end = START + 52 * DAY
    for dealer, stats in totals(plain()).items():
        for days, recent in ((7, stats.d7), (28, stats.d28)):
            mine = [one for one in records() if one.dealer == dealer and one.ts >= end - days * DAY]
            lines = [one.row for one in mine if isinstance(one.row, OrderRow)]
            assert recent.lines == len(lines)
            assert recent.orders == len({row.order_id for row in lines})
            assert recent.units == as_written(sum(Decimal(repr(row.quantity)) for row in lines))


def test_issues_are_followed_to_their_end() -> None:
    issues = totals(plain())[name(9)].issues
    assert (issues.open, issues.overdue, issues.oldest) == (1, 1, when("day 33"))


def started() -> tuple[Partition, Network, int]:
    """A partition and a network before their first tick, and that tick."""
    return Partition(0, SETUP), Network(SETUP, 1), START // TICK


def test_snapshot_is_refused_between_close_and_weigh() -> None:
    partition, network, tick = started()
    census = partition.close(tick)
    with pytest.raises(OrderError, match="snapshot"):
        partition.snapshot()
    with pytest.raises(OrderError, match="apply"):
        partition.apply(START, [])
    with pytest.raises(OrderError, match="close"):
        partition.close(tick + 1)
    partition.weigh(network.combine([census]))
    assert partition.snapshot()


def test_outlook_of_another_tick_is_refused() -> None:
    partition, network, tick = started()
    other = network.combine([Partition(0, SETUP).close(tick + 1)])
    with pytest.raises(OrderError, match="while waiting"):
        partition.weigh(other)
    partition.close(tick)
    with pytest.raises(OrderError, match="while waiting"):
        partition.weigh(other)


def test_ticks_are_dense() -> None:
    partition, network, tick = started()
    partition.weigh(network.combine([partition.close(tick)]))
    with pytest.raises(OrderError, match="dense"):
        partition.close(tick + 2)


def test_snapshot_of_another_layout_is_refused() -> None:
    partition, network, _ = started()
    arrays = partition.snapshot() | {"layout": np.array([99, -1, 0, 0])}
    with pytest.raises(ValueError, match="layout 99"):
        Partition.restore(0, SETUP, arrays)
    told = np.frombuffer(b"[99, {}]", np.uint8)
    with pytest.raises(ValueError, match="layout 99"):
        Network.restore(SETUP, 1, network.snapshot() | {"network": told})


def test_restored_partition_does_not_follow_the_one_it_comes_from() -> None:
    partition, network, tick = started()
    partition.apply(START + TICK, batches(records()[:200]))
    partition.weigh(network.combine([partition.close(tick)]))
    copies = {key: np.array(array) for key, array in partition.snapshot().items()}
    restored = Partition.restore(0, SETUP, partition.snapshot())
    partition.apply(START + 2 * TICK, batches(records()[200:600]))
    partition.weigh(network.combine([partition.close(tick + 1)]))
    for key, array in restored.snapshot().items():
        np.testing.assert_array_equal(array, copies[key], err_msg=key)  # nan is nan


def test_dealers_follow_the_master_data_of_the_run() -> None:
    def master(region: str | None = None, tier: str | None = None) -> Setup:
        return Setup(
            settings(), {name(1): DealerRecord(dealer_id=name(1), region=region, tier=tier)}
        )

    def told(partition: Partition) -> tuple[str | None, str | None]:
        (line,) = (s for s in partition.stats(START + TICK, everything=True) if s.dealer == name(1))
        dealer = DealerStats.model_validate_json(line.line).dealer
        return dealer.region, dealer.tier

    first = Partition(0, master(region="west"))
    first.apply(START + TICK, batches(records()[:200]))
    moved = Partition.restore(0, master(region="east", tier="gold"), first.snapshot())
    left = Partition.restore(0, master(), moved.snapshot())
    assert told(first) == ("west", "b")
    assert told(moved) == ("east", "gold")
    left.apply(START + 2 * TICK, batches(records()[200:400]))
    assert told(left) == ("south", "b")


def census_of(number: int, arriving: list[Record]) -> Census:
    partition = Partition(number, SETUP)
    partition.apply(START + TICK, batches(arriving))
    return partition.close(START // TICK)


def test_outlook_does_not_depend_on_who_reports_first() -> None:
    censuses = [census_of(k, list(records()[k * 20 : k * 20 + 20])) for k in range(3)]
    forwards = Network(SETUP, 3).combine(censuses)
    assert Network(SETUP, 3).combine(censuses[::-1]) == forwards


def test_partition_that_does_not_report_is_named() -> None:
    assert Network(SETUP, 4).combine([census_of(k, []) for k in (0, 3)]).missing == [1, 2]


def test_messages_of_two_ticks_are_refused() -> None:
    partition, network, tick = started()
    with pytest.raises(ValueError, match="one tick"):
        network.combine([partition.close(tick), Partition(1, SETUP).close(tick + 1)])


def test_records_too_old_or_ahead_are_letters() -> None:
    partition, _, _ = started()
    channel, at = Channel(dealers=0, days=60), when("day 30") + TICK + LATENESS
    oldest = when("day 30")
    fields = {"sku": "s", "quantity": 1.0, "unit_price": 1.0}
    for moment in ("day 22 23:59", "day 23", "day 31 06:05", "day 31 06:06"):
        channel.also(moment, OrderRow, dealer=1, **fields)
    letters = partition.apply(at, batches(channel.records()))
    assert [one.reason for one in letters] == [Reason.TOO_OLD, Reason.FUTURE_TIMESTAMP]
    assert [one.at for one in letters] == [at, at]
    assert oldest - 7 * DAY == when("day 23")  # late_limit before the oldest open tick
    (line,) = partition.stats(at, everything=True)
    assert DealerStats.model_validate_json(line.line).totals.lines == 2


def test_late_order_counts_in_the_oldest_open_tick_and_on_its_own_day() -> None:
    partition, network, tick = started()
    for step in range(8):
        partition.weigh(network.combine([partition.close(tick + step)]))
    late = Channel(dealers=0).also(
        "day 0 12:00", OrderRow, dealer=1, sku="s", quantity=1.0, unit_price=1.0
    )
    partition.apply(when("day 2 01:00"), batches(late.records()))
    (line,) = partition.stats(when("day 2 01:00"), everything=True)
    stats = DealerStats.model_validate_json(line.line)
    assert (stats.totals.lines, stats.d7.lines) == (1, 1)
    assert partition.close(tick + 8).records == {"orders": 1}


def test_stats_name_the_dealers_that_changed() -> None:
    partition, network, tick = started()
    told = []
    for day in range(3):
        mine = [one for one in records() if one.ts // DAY == START // DAY + day]
        busy = [one for one in mine if one.dealer == name(day)]
        partition.apply(START + (day + 1) * DAY - HOUR, batches(busy))
        for step in range(4):
            partition.weigh(network.combine([partition.close(tick + 4 * day + step)]))
        told.append([one.dealer for one in partition.stats(START + (day + 1) * DAY, False)])
    assert told == [[name(0)], [name(1)], [name(2)]]


@pytest.mark.parametrize("after_grace", [0, 1, TICK // 2])
def test_first_tick_is_that_of_its_cut_however_late_the_clock_takes_it(after_grace: int) -> None:
    partition, tick = Partition(0, SETUP), START // TICK
    fields = {"sku": "s", "quantity": 1.0, "unit_price": 1.0}
    one = Channel(dealers=0).also("day 0 05:00", OrderRow, dealer=1, **fields)
    partition.apply(START + TICK + LATENESS + after_grace, batches(one.records()), tick)
    partition.weigh(Network(SETUP, 1).combine([partition.close(tick)]))
    assert partition.snapshot()["volume.day_orders"].tolist() == [1.0]


def test_dealer_that_falls_asleep_is_told_of_once_more() -> None:
    quiet = Channel(dealers=5, days=70).at("day 3", dealer=1, orders_per_day=0)
    told = Player(SETUP, daily=True).play(quiet)
    mine = [one for one in told.stats if one.dealer.id == name(1)]
    days = [one.at // DAY for one in mine if one.status is DealerStatus.DORMANT]
    assert len(days) == 2  # the day itself, and at the end
    assert days[0] > START // DAY + 45


def test_counts_tell_dealers_and_repeats() -> None:
    partition, _, _ = started()
    orders = [one for one in records() if one.source is Source.ORDERS][:50]
    partition.apply(START + TICK, batches(orders))
    partition.apply(START + TICK, batches(orders[:7]))
    dealers = len({one.dealer for one in orders})
    assert partition.counts() == {"dealers": dealers, "repeats": 7}
