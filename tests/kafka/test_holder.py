"""One partition without Kafka: what waits, what is applied when, and timing does not matter."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.batch import Source
from schemas.cut import BrokenSequenceError, Cut
from schemas.decode import RawSlice, decode_slice
from schemas.instant import HOUR, format_instant
from schemas.wire import Census, Signals
from streams.workers.holder import TICKS, Holder, HoleError, Noted, Snapshot
from streams.workers.rows import Standing
from tests.kafka import messages
from tests.kafka.recount_core import RecountPartition

SOURCES = list(Source)
RECORDS = 12  # of each source
CUTS = [  # two ticks, and cuts between
    Cut(1, 10, None, dict(zip(Source, (3, 0, 1), strict=True))),
    Cut(2, 20, 23, dict(zip(Source, (5, 6, 1), strict=True))),
    Cut(3, 30, None, dict(zip(Source, (5, 6, 1), strict=True))),
    Cut(4, 40, 24, dict(zip(Source, (12, 12, 12), strict=True)), last=True),
]


def value(source: Source, offset: int) -> bytes:
    if offset == 4:
        return b"{broken"
    event = {"event_id": f"{source}{offset}", "ts": format_instant(0), "dealer_id": "a"}
    more = {"sku": "s", "quantity": 2, "unit_price": offset + 0.1}
    return json.dumps(event | ({} if source is Source.COMPLAINTS else more)).encode()


def outlook(tick: int) -> Noted:
    return Noted(messages.outlook(tick, tick), tick)


def holder(read_ahead: int = 100) -> Holder:
    return Holder(RecountPartition(0), Standing(), HOUR, read_ahead)


def put(held: Holder, source: Source, first: int, following: int) -> None:
    offsets = range(first, following)
    values = [value(source, offset) for offset in offsets]
    raw = RawSlice(source, source, 0, offsets, [b"a"] * len(values), values)
    held.take(source, first, following, *decode_slice(raw, 1))


def put_cuts(held: Holder, first: int, following: int) -> None:
    held.take_cuts(first, following, [(CUTS[n], n + 1) for n in range(first, following)])


def run(held: Holder) -> Iterator[Census | Signals]:
    while (said := held.advance(outlook)) is not None:
        yield from said


def undisturbed() -> tuple[Holder, list[Census | Signals]]:
    held = holder()
    for source in Source:
        put(held, source, 0, RECORDS)
    put_cuts(held, 0, len(CUTS))
    return held, list(run(held))


def content(snapshot: Snapshot) -> tuple[Standing, dict[str, list[object]]]:
    return snapshot.standing, {name: a.tolist() for name, a in snapshot.arrays.items()}


@st.composite
def arrivals(draw: st.DrawFn) -> list[tuple[str, int, int]]:
    """Slices of every topic, in any sizes, those of one topic in order."""
    pieces: dict[str, list[tuple[str, int, int]]] = {}
    for topic, end in (*((source, RECORDS) for source in Source), (TICKS, len(CUTS))):
        borders = sorted({0, end, *draw(st.lists(st.integers(0, end), max_size=4))})
        pairs = pairwise(borders)
        pieces[topic] = [(topic, first, following) for first, following in pairs]
    order = draw(st.permutations([topic for topic, some in pieces.items() for _ in some]))
    queues = {topic: iter(some) for topic, some in pieces.items()}
    return [next(queues[topic]) for topic in order]


@given(arrivals())
def test_state_and_messages_do_not_depend_on_how_records_arrive(
    pieces: list[tuple[str, int, int]],
) -> None:
    held, said = holder(), []
    for topic, first, following in pieces:
        put_cuts(held, first, following) if topic == TICKS else put(
            held, Source(topic), first, following
        )
        said += list(run(held))
    expected, expected_said = undisturbed()
    assert said == expected_said
    got, wanted = held.snapshot(), expected.snapshot()
    assert content(got) == content(wanted)
    assert got.letters == wanted.letters
    assert got.stats == wanted.stats


@given(st.integers(1, len(CUTS) - 1))
def test_a_successor_goes_on_from_the_saved_cut(saved_cut: int) -> None:
    first = holder()
    for source in Source:
        put(first, source, 0, CUTS[saved_cut - 1].ends[source])
    put_cuts(first, 0, saved_cut)
    said = list(run(first))
    snapshot = first.snapshot()

    core = RecountPartition(0, snapshot.arrays)
    second = Holder(core, snapshot.standing, HOUR, 100)
    for source in Source:
        put(second, source, second.standing.positions[source], RECORDS)
    put_cuts(second, second.standing.positions[TICKS], len(CUTS))
    said += list(run(second))

    expected, expected_said = undisturbed()
    assert said == expected_said
    wanted, got = expected.snapshot(), second.snapshot()
    assert content(got) == content(wanted)
    assert snapshot.letters + got.letters == wanted.letters


def test_a_cut_waits_for_its_records() -> None:
    held = holder()
    put_cuts(held, 0, 1)
    put(held, Source.ORDERS, 0, 12)
    assert held.advance(outlook) is None
    put(held, Source.RETURNS, 0, 1)
    assert held.advance(outlook) == []
    assert held.standing.cut == 1


def test_records_without_a_cut_are_not_applied() -> None:
    held = holder()
    for source in Source:
        put(held, source, 0, RECORDS)
    assert held.advance(outlook) is None
    assert held.waiting_records == 3 * (RECORDS - 1)  # one of each is broken
    assert held.counts() == {"dealers": 0}


def test_a_tick_waits_for_its_outlook_and_is_no_rest_meanwhile() -> None:
    held = holder()
    for source in Source:
        put(held, source, 0, RECORDS)
    put_cuts(held, 0, 2)
    held.advance(outlook)
    assert [type(message) for message in held.advance(outlook) or ()] == [Census]
    assert (held.at_rest, held.tick) == (False, None)
    assert held.advance(lambda _: None) is None
    assert [type(message) for message in held.advance(outlook) or ()] == [Signals]
    assert (held.at_rest, held.tick) == (True, 23)


def test_positions_without_a_record_complete_a_cut() -> None:
    held = holder()
    put_cuts(held, 0, 1)
    put(held, Source.ORDERS, 0, 2)
    held.take(Source.ORDERS, 2, 3, *decode_slice(RawSlice(Source.ORDERS, "o", 0, [], [], []), 1))
    put(held, Source.RETURNS, 0, 1)
    assert held.advance(outlook) == []


def test_letters_carry_the_time_of_their_cut() -> None:
    held, _ = undisturbed()
    assert [(letter.offset, letter.at) for letter in held.snapshot().letters] == [
        (4, 20), (4, 20), (4, 40),
    ]  # fmt: skip


def test_letters_and_statistics_are_handed_over_once() -> None:
    held, _ = undisturbed()
    assert held.snapshot().stats
    again = held.snapshot()
    assert not again.letters
    assert not again.stats


@pytest.mark.parametrize("first", [0, 2])
def test_a_slice_that_does_not_follow_is_a_hole(first: int) -> None:
    held = holder()
    put(held, Source.ORDERS, 0, 1)
    with pytest.raises(HoleError, match=f"orders: a slice starts at {first}, expected 1"):
        put(held, Source.ORDERS, first, 3)


def test_a_missing_cut_or_tick_is_an_error_and_a_repeat_is_none() -> None:
    held = holder()
    repeat = Cut(1, 99, 99, dict.fromkeys(Source, 99))
    held.take_cuts(0, 2, [(CUTS[0], 1), (repeat, 2)])
    for source in Source:
        put(held, source, 0, RECORDS)
    list(run(held))
    assert held.standing.positions[TICKS] == 1
    with pytest.raises(BrokenSequenceError, match="cut 3 follows cut 1"):
        held.take_cuts(2, 3, [(CUTS[2], 3)])


def test_reading_pauses_far_ahead_but_never_before_the_end_of_the_next_cut() -> None:
    held = holder(read_ahead=4)
    want = partial(held.wanted, Source.ORDERS)
    assert want()
    put(held, Source.ORDERS, 0, 3)
    assert want() is None
    put(held, Source.ORDERS, 3, 6)
    assert want() is False
    held.take_cuts(0, 1, [(Cut(1, 0, None, dict.fromkeys(Source, RECORDS)), 1)])
    assert want()


def test_a_slice_may_span_several_cuts() -> None:
    held = holder()
    for source in Source:
        put(held, source, 0, RECORDS)
    put_cuts(held, 0, 1)
    list(run(held))
    assert held.waiting_records == 3 * RECORDS - 3 - 4
    assert held.snapshot().arrays["records"].tolist() == [[3, 0, 1]]
