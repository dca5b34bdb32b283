"""No NaN, no overflow, no warning, whatever comes: the whole core on the edges of what is allowed.

Warnings are errors in every test of this project; here numpy's silent ones are errors too.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from detectors.setup import Setup
from schemas.batch import Source
from schemas.decode import RawSlice, decode_slice
from schemas.events import MOST
from schemas.instant import DAY, HOUR, MINUTE, Micros, format_instant
from schemas.record import Record
from schemas.rows import ComplaintRow, OrderRow, ReturnRow, Row
from tests.core.channel import START, Channel, when
from tests.core.playing import Player, on_time, settings

UNKNOWN = frozenset({"known.item.level", "known.quantities", "size.usual"})  # nan: not yet known


@pytest.fixture(autouse=True)
def numpy_is_strict() -> Iterator[None]:
    with np.errstate(all="raise", under="ignore"):
        yield


def assert_finite(player: Player) -> None:
    """State, alerts and statistics hold numbers, and nothing else."""
    for part in player.parts:
        for name, column in part.snapshot().items():
            if column.dtype.kind == "f" and name not in UNKNOWN:
                assert np.isfinite(column).all(), name
    told = player.told
    for line in [*told.lines, *(one.model_dump_json().encode() for one in told.stats)]:
        json.loads(line, parse_constant=pytest.fail)  # NaN and Infinity are no JSON
    for reading in told.readings:
        numbers = [one for one in vars_of(reading) if isinstance(one, float)]
        assert all(map(math.isfinite, numbers)), reading


def vars_of(reading: Any) -> list[Any]:
    return [getattr(reading, name) for name in reading.__struct_fields__]


def order(number: int, ts: Micros, **fields: Any) -> Record:
    """An order of one line."""
    usual: dict[str, Any] = {
        "dealer_id": "dealer-001",
        "sku": "sku-1",
        "quantity": 1.0,
        "unit_price": 10.0,
    }
    row = OrderRow(ts=format_instant(ts), event_id=f"o{number}", **usual | fields)
    return Record(position=number, raw=row.event_id.encode(), ts=ts, row=row)


def play(records: Sequence[Record], days: int, tick: Micros = DAY) -> Player:
    player = Player(Setup(settings(tick)))
    arriving = sorted(((one.ts, one) for one in records), key=lambda pair: pair[0])
    player.play(Channel(dealers=0, days=days), arriving=arriving)
    return player


def test_no_record_at_all_leaves_every_number_finite() -> None:
    assert_finite(play([], days=3))


def test_one_event_only_leaves_every_number_finite() -> None:
    assert_finite(play([order(1, START + HOUR)], days=150))


def test_one_dealer_only_that_stops_leaves_every_number_finite() -> None:
    player = Player(Setup(settings(DAY)))
    player.play(Channel(dealers=1, days=150).at("day 100", dealer=0, orders_per_day=0.0))
    assert_finite(player)


def test_years_of_silence_and_then_trade_again() -> None:
    first = [order(day, START + day * DAY + HOUR) for day in range(60)]
    again = [order(2000 + day, START + (1500 + day) * DAY) for day in range(60)]
    assert_finite(play([*first, *again], days=1560))


def test_smallest_and_largest_prices_and_quantities_by_turns() -> None:
    edges = list(product((1e-6, 1.0, MOST), (1e-6, 1.0, MOST)))
    records = [
        order(n, START + n * DAY // 4, unit_price=price, quantity=quantity, dealer_id=dealer)
        for n, (price, quantity) in enumerate(edges * 40)
        for dealer in (f"dealer-{n % 2:03}",)
    ]
    assert_finite(play(records, days=len(records) // 4 + 40))


def test_price_that_leaps_to_the_edges_after_a_quiet_quarter() -> None:
    usual = [order(n, START + n * DAY // 2) for n in range(180)]
    edge = [
        order(1000 + n, START + (90 + n) * DAY, unit_price=(1e-6, MOST)[n % 2]) for n in range(30)
    ]
    assert_finite(play([*usual, *edge], days=125))


def test_a_million_orders_in_one_tick() -> None:
    """As from a topic: after a quiet month, a dealer orders a million times in an hour."""
    player = Player(Setup(settings(HOUR)))
    quiet = [order(day, START + day * DAY + HOUR) for day in range(40)]
    player.play(Channel(dealers=0, days=40), arriving=on_time(quiet))
    ts, many = format_instant(when("day 40 00:30")), 1_000_000
    line = '{"event_id":"m%d","order_id":"m%d","ts":"' + ts + '","dealer_id":"dealer-001",'
    line += '"sku":"sku-1","quantity":1,"unit_price":10}'
    values = [(line % (n, n)).encode() for n in range(many)]
    raw = RawSlice(Source.ORDERS, "orders", 0, range(many), [b"dealer-001"] * many, values)
    batch, letters = decode_slice(raw, partitions=1)
    assert not letters
    (part,) = player.parts
    tick = player.setup.timeline.number(when("day 40 00:30"))
    player.advance(when("day 40 01:05"), [[batch]], tick)
    for hour in range(2, 80):
        player.cut(when("day 40 00:05") + hour * HOUR, [], tick + hour - 1)
    (row,) = (one for one in part.stats(when("day 43"), everything=True))
    assert json.loads(row.line)["totals"]["orders"] == many + len(quiet)
    assert_finite(player)


AMOUNTS = st.sampled_from([1e-6, 1.0, 12.5, 1e6, MOST])
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(Source),
        st.integers(0, 40 * 24 * 60),  # minutes
        st.sampled_from(["dealer-000", "dealer-001", "dealer-002"]),
        AMOUNTS,
        AMOUNTS | st.just(0.0),
    ),
    max_size=60,
)


def event(
    n: int, source: Source, minute: int, dealer: str, quantity: float, price: float
) -> Record:
    """A record of any source."""
    ts = START + minute * MINUTE
    if source is Source.ORDERS:
        return order(n, ts, dealer_id=dealer, quantity=quantity, unit_price=price)
    who: dict[str, Any] = {"event_id": f"e{n}", "ts": format_instant(ts), "dealer_id": dealer}
    row: Row = ComplaintRow(**who)
    if source is Source.RETURNS:
        row = ReturnRow(**who, quantity=quantity, unit_price=price)
    return Record(position=n, raw=row.event_id.encode(), ts=ts, row=row)


@given(EVENTS, st.sampled_from([6 * HOUR, DAY]))
@examples(max_examples=15, suppress_health_check=list(HealthCheck), deadline=None)
def test_every_number_stays_finite_whatever_comes(
    events: list[tuple[Source, int, str, float, float]], tick: Micros
) -> None:
    records = [event(n, *one) for n, one in enumerate(events)]
    assert_finite(play(records, days=45, tick=tick))
