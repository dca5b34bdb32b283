"""The network's part without Kafka: nothing before its time, repeats change nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.wire import Census, Outlook, Signals
from streams.workers.gathering import Decided, Gathering, UnexpectedMessageError
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


def run(gathering: Gathering, messages: list[Census | Signals], start: int = 0) -> list[object]:
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


def test_a_partition_that_does_not_exist_is_an_error() -> None:
    gathering = Gathering(RecountNetwork(), PARTITIONS)
    with pytest.raises(UnexpectedMessageError, match=r"partition 3; topics\.partitions is 3"):
        gathering.take(0, census(7, 3))
