"""The network's part without Kafka: nothing before its time, repeats change nothing."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.wire import Census, Omission, Outlook, Signals
from streams.workers.gathering import Awaited, Decided, Gathering, UnexpectedMessageError
from streams.workers.patience import Patience
from tests.kafka import messages
from tests.kafka.recount_core import RecountNetwork

PARTITIONS = 3
TICKS = range(7, 12)


def census(tick: int, partition: int) -> Census:
    return messages.census(tick, partition, tick * 10 + partition)


def signals(tick: int, partition: int) -> Signals:
    return messages.signals(tick, partition, tick * 20 + partition)


def log() -> list[Census | Signals]:
    """As partitions write it: nobody reports the next tick before its outlook."""
    return [
        message(tick, partition)
        for tick in TICKS
        for message in (census, signals)
        for partition in range(PARTITIONS)
    ]


Log = list[Census | Signals | Omission]


def silent(partition: int, first: int, last: int) -> Log:
    """The same log without a partition from its census of tick `first` to its signals of `last`.

    The others are held up once, then an omission follows. What it says when it comes back follows
    what the others say of the tick after `last`.
    """
    written: Log = []
    late: Log = []
    for message in log():
        if message.partition != partition:
            written.append(message)
        elif first <= message.tick <= last:
            late.append(message)
        else:
            written += [*late, message]
            late = []
    held = next(n for n, m in enumerate(written) if isinstance(m, Census) and m.tick == first)
    others = [n for n in range(PARTITIONS) if n != partition]
    return [
        *written[: held + len(others)],
        Omission(first, [partition]),
        *written[held + len(others) :],
        *late,
    ]


def run(
    gathering: Gathering, messages: Sequence[Census | Signals | Omission], start: int = 0
) -> list[object]:
    done: list[object] = []
    for position, message in enumerate(messages[start:], start):
        gathering.take(position, message)
        while (step := gathering.advance()) is not None:
            done.append(step)
    return done


def test_every_tick_is_combined_then_decided() -> None:
    steps = run(Gathering(RecountNetwork(), PARTITIONS), log())
    kinds = [(type(step), getattr(step, "tick", None)) for step in steps]
    assert kinds == [(kind, tick) for tick in TICKS for kind in (Outlook, Decided)]


def test_nothing_is_combined_while_a_partition_is_missing() -> None:
    assert not run(Gathering(RecountNetwork(), PARTITIONS), log()[: PARTITIONS - 1])


@given(st.data())
def test_repeats_change_nothing(data: st.DataObject) -> None:
    messages = log()
    noisy = []
    for number, message in enumerate(messages):
        noisy.append(message)
        again = data.draw(st.lists(st.integers(0, number), max_size=2))
        noisy += [messages[earlier] for earlier in again]
    expected = run(Gathering(RecountNetwork(), PARTITIONS), messages)
    assert run(Gathering(RecountNetwork(), PARTITIONS), noisy) == expected


@given(st.data())
def test_partitions_may_report_in_any_order(data: st.DataObject) -> None:
    stages = [log()[n : n + PARTITIONS] for n in range(0, len(log()), PARTITIONS)]
    shuffled = [message for stage in stages for message in data.draw(st.permutations(stage))]
    expected = run(Gathering(RecountNetwork(), PARTITIONS), log())
    assert run(Gathering(RecountNetwork(), PARTITIONS), shuffled) == expected


@given(st.integers(0, len(log())))
def test_a_successor_goes_on_from_where_it_is_needed(saved: int) -> None:
    expected = run(Gathering(RecountNetwork(), PARTITIONS), log())

    core = RecountNetwork()
    first = Gathering(core, PARTITIONS)
    steps = run(first, log()[:saved])
    position = first.needed_from(saved)
    restored = RecountNetwork(core.snapshot())
    second = Gathering(restored, PARTITIONS, first.combined, is_decided=first.is_decided)
    assert steps + run(second, log(), position) == expected


@pytest.mark.parametrize("partition", range(PARTITIONS))
def test_a_partition_that_is_left_out_holds_nobody_up(partition: int) -> None:
    steps = run(Gathering(RecountNetwork(), PARTITIONS), silent(partition, 8, 9))
    kinds = [(type(step), getattr(step, "tick", None)) for step in steps]
    assert kinds == [(kind, tick) for tick in TICKS for kind in (Outlook, Decided)]


def test_a_partition_that_reports_again_is_waited_for() -> None:
    gathering = Gathering(RecountNetwork(), PARTITIONS)
    run(gathering, silent(2, 8, 9))
    assert not gathering.left_out
    run(gathering, [census(12, 0), census(12, 1)])
    assert gathering.awaited == Awaited(12, "census", frozenset({2}))
    assert gathering.combined == 11


def test_who_has_reported_just_before_is_not_left_out() -> None:
    gathering = Gathering(RecountNetwork(), PARTITIONS)
    run(gathering, [census(7, 0), census(7, 2), Omission(7, [1, 2])])
    assert gathering.left_out == {1}


@pytest.mark.parametrize("tick", [6, 8])
def test_an_omission_of_another_tick_means_nobody(tick: int) -> None:
    gathering = Gathering(RecountNetwork(), PARTITIONS)
    assert not run(gathering, [census(7, 0), census(7, 1), Omission(tick, [2])])
    assert not gathering.left_out


def test_while_nobody_reports_nobody_is_waited_for() -> None:
    gathering = Gathering(RecountNetwork(), PARTITIONS)
    assert gathering.awaited is None
    run(gathering, [Omission(7, [0, 1, 2])])
    assert not gathering.left_out


def test_signals_are_waited_for_like_censuses() -> None:
    gathering = Gathering(RecountNetwork(), PARTITIONS)
    run(gathering, log()[: PARTITIONS + 1])
    assert gathering.awaited == Awaited(7, "signals", frozenset({1, 2}))
    (decided,) = run(gathering, [Omission(7, [1, 2])])
    assert isinstance(decided, Decided)


@given(
    partition=st.integers(0, PARTITIONS - 1),
    first=st.integers(8, 10),
    length=st.integers(0, 3),
    saved=st.integers(0, len(log()) + 1),
)
def test_a_successor_leaves_out_whom_its_predecessor_did(
    partition: int, first: int, length: int, saved: int
) -> None:
    messages = silent(partition, first, min(first + length, TICKS[-1]))
    expected = run(Gathering(RecountNetwork(), PARTITIONS), messages)

    core = RecountNetwork()
    one = Gathering(core, PARTITIONS)
    steps = run(one, messages[:saved])
    other = Gathering(
        RecountNetwork(core.snapshot()),
        PARTITIONS,
        one.combined,
        is_decided=one.is_decided,
        left_out=one.left_out,
    )
    assert steps + run(other, messages, one.needed_from(min(saved, len(messages)))) == expected


def test_patience_ends_when_the_same_are_awaited_for_too_long() -> None:
    patience, one, fewer = (
        Patience(60.0),
        Awaited(7, "census", frozenset({1, 2})),
        Awaited(7, "census", frozenset({2})),
    )
    assert not patience.is_over(None, 0.0)
    assert not patience.is_over(one, 100.0)
    assert not patience.is_over(one, 159.0)
    assert not patience.is_over(fewer, 161.0)  # somebody came: they may come, too
    assert patience.is_over(fewer, 221.0)
    assert not patience.is_over(fewer, 222.0)  # it is on its way


def test_a_partition_that_does_not_exist_is_an_error() -> None:
    gathering = Gathering(RecountNetwork(), PARTITIONS)
    with pytest.raises(UnexpectedMessageError, match=r"partition 3; topics\.partitions is 3"):
        gathering.take(0, census(7, 3))
