"""What holds for the alerts of every kind of the registry, through the whole core.

`test_detector_contract` asks this of the evidence; here one channel has a trouble of every kind, so
that a kind is under contract as soon as its detector stands in the registry and its trouble here.
"""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any, Final

import pytest
from msgspec.structs import replace

from detectors.registry import KINDS
from detectors.setup import Setup
from schemas.alert import Alert, Change, Kind
from schemas.instant import DAY, format_instant
from schemas.record import Record
from schemas.rows import OrderRow, ReturnRow
from tests.core.channel import Channel, Trade, name, when
from tests.core.expecting import opened
from tests.core.playing import Player, Told, on_time, settings

TROUBLES: Final[dict[Kind, dict[str, Any]]] = {
    Kind.ORDER_VOLUME_DROP: {"orders_per_day": 0.0},
    Kind.ORDER_VOLUME_SURGE: {"orders_per_day": 10.0},
    Kind.UNIT_PRICE_DROP: {"price": 0.9},
    Kind.COMPLAINT_SPIKE: {"complaints": 0.7},
    Kind.RETURN_SPIKE: {"returns": 0.9},
    # no kind looks at prices that rise
    Kind.UNUSUAL_PATTERN: {"price": 1.1},
}
DEALERS: Final = {kind: 2 * place + 1 for place, kind in enumerate(TROUBLES)}
BEGIN, DAYS = "day 55", 78
SHIFT: Final = 364 * DAY  # weekdays stay
every_kind = pytest.mark.parametrize("kind", list(KINDS))


@cache
def records() -> list[Record]:
    channel = Channel(dealers=24, days=DAYS, usual=Trade(orders_per_day=4.0))
    for kind, trouble in TROUBLES.items():
        channel.at(BEGIN, dealer=DEALERS[kind], **trouble)
    return channel.records()


def setup() -> Setup:
    return Setup(settings(budget={"false_alerts_per_week": 0.3}))


def play(given: list[Record], **others: Any) -> Told:
    channel = Channel(dealers=0, days=DAYS)
    return Player(setup(), **others).play(channel, arriving=on_time(given))


@cache
def plain() -> Told:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # sockets that earlier tests in this process left to the garbage collector
        warnings.filterwarnings("ignore", "unclosed <socket", ResourceWarning)
        return play(records())


def told(alerts: list[Alert]) -> list[tuple[Any, ...]]:
    """What was said of whom and when, without numbers."""
    return [(one.kind, one.entity, one.change, one.at, one.severity) for one in alerts]


@every_kind
def test_every_kind_has_a_trouble_that_is_told(kind: Kind) -> None:
    assert kind in TROUBLES, f"{kind} stands in the registry: plant its trouble here"
    found = [one for one in plain().alerts if opened(kind, DEALERS[kind])(one)]
    assert found, f"no {kind} of {name(DEALERS[kind])}"
    assert when(BEGIN) < found[0].at
    assert found[0].evidence.log_odds is not None
    assert found[0].evidence.threshold is not None
    assert found[0].evidence.log_odds >= found[0].evidence.threshold


def test_before_the_troubles_nobody_is_told_of() -> None:
    assert not [one for one in plain().alerts if one.at <= when(BEGIN)]


def test_lines_of_every_alert_count_up_and_begin_with_its_opening() -> None:
    lines: dict[str, list[Alert]] = {}
    for one in plain().alerts:
        lines.setdefault(one.alert_id, []).append(one)
    for mine in lines.values():
        assert [one.sequence for one in mine] == list(range(1, len(mine) + 1))
        assert [one.change is Change.OPENED for one in mine] == [True] + [False] * (len(mine) - 1)
        assert all(one.onset <= one.at for one in mine)


@pytest.mark.parametrize("partitions", [2, 3, 7])
def test_any_split_of_dealers_gives_the_same_alerts(partitions: int) -> None:
    assert play(records(), partitions=partitions).lines == plain().lines


def test_state_does_not_grow_with_time() -> None:
    """All windows are full by day 54, and the forest of the tier has seen one."""
    sizes = []
    for days in (54, DAYS):
        player = Player(setup())
        player.play(Channel(dealers=16, days=days))
        sizes.append(player.state_bytes())
    assert sizes[1] < 1.1 * sizes[0]


def test_restart_at_every_tick_gives_the_same_alerts() -> None:
    """In the middle of every tick and after it, from the first one with a mature dealer on."""
    assert play(records(), restart_at=range(14 * 4, DAYS * 4)).lines == plain().lines


def test_slices_of_any_size_give_the_same_alerts() -> None:
    assert play(records(), slice_rows=7).lines == plain().lines


def moved(one: Record) -> Record:
    ts = one.ts + SHIFT
    return replace(one, ts=ts, row=replace(one.row, ts=format_instant(ts)))


def test_shift_of_time_shifts_the_alerts_and_nothing_else() -> None:
    player, begin = Player(setup()), when("day 0") + SHIFT
    timeline = player.setup.timeline
    waiting = [moved(one) for one in records()]
    for tick in range(timeline.number(begin), timeline.number(begin + DAYS * DAY)):
        at = timeline.end(tick) + timeline.lateness
        due = [one for one in waiting if one.ts < at]
        waiting = waiting[len(due) :]
        player.cut(at, due, tick)
    later = [one.model_copy(update={"at": one.at - SHIFT}) for one in player.told.alerts]
    assert told(later) == told(plain().alerts)


def scaled(one: Record, price: float = 1.0, quantity: float = 1.0) -> Record:
    row = one.row
    if isinstance(row, ReturnRow):
        return replace(one, row=replace(row, quantity=row.quantity * quantity))
    if not isinstance(row, OrderRow):
        return one
    fields = {"unit_price": row.unit_price * price, "quantity": row.quantity * quantity}
    return replace(one, row=replace(row, **fields))


@pytest.mark.parametrize("factor", [{"price": 1 / 1024}, {"price": 1024.0}, {"quantity": 64.0}])
def episodes(alerts: list[Alert]) -> list[tuple[Any, ...]]:
    """Beginnings and ends; severities compare with a median known to a quarter of a log."""
    ends = (Change.OPENED, Change.RESOLVED)
    return [(one.kind, one.entity, one.change, one.at) for one in alerts if one.change in ends]


@pytest.mark.parametrize("factor", [{"price": 1 / 1024}, {"price": 1024.0}, {"quantity": 64.0}])
def test_unit_of_money_and_of_goods_begins_and_ends_no_alert(factor: dict[str, float]) -> None:
    found = play([scaled(one, **factor) for one in records()]).alerts
    assert episodes(found) == episodes(plain().alerts)
