"""The wall clock on a real broker; the time itself is an argument."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from schemas import cut as cuts
from schemas.batch import Source
from schemas.cut import Cut, Sequence
from schemas.instant import HOUR, MINUTE, SECOND
from schemas.settings import Settings, Topics
from streams import kafka
from streams.ticking.clock import Clock
from streams.topics import names
from tests.kafka.recount import read_logs

pytestmark = pytest.mark.kafka

NOON = 12 * HOUR
Play = Callable[[Clock, Clock], Awaitable[None]]


def settings_of(broker: str, topics: Topics) -> Settings:
    return Settings(broker=broker, topics=topics, cuts={"records": 100})


def written(settings: Settings, play: Play, orders: int = 0) -> list[list[Cut]]:
    """The cuts of every partition after two clocks, or one, have played."""

    async def run() -> list[list[Cut]]:
        async with (
            kafka.consumer(settings.broker, max_wait_ms=20) as client,
            kafka.consumer(settings.broker, max_wait_ms=20) as other_client,
            kafka.quick_producer(settings.broker) as producer,
        ):
            for _ in range(orders):
                await producer.send(names(settings.topics.prefix).orders, b"{}", partition=0)
            await producer.flush()
            one = Clock(settings, client, producer)
            two = Clock(settings, other_client, producer)
            await one.start()
            await two.start()
            await play(one, two)
        logs = await read_logs(settings)
        return [
            [cuts.decode(record.value) for record in logs.records["ticks"][number]]
            for number in range(settings.topics.partitions)
        ]

    return asyncio.run(run())


def facts(made: list[Cut]) -> list[tuple[int, int, int | None]]:
    return [(cut.number, cut.at, cut.tick) for cut in made]


def test_clock_cuts_at_every_beat_and_closes_every_tick(broker: str, topics: Topics) -> None:
    async def play(clock: Clock, _: Clock) -> None:
        waits = [await clock.beat(NOON + passed * MINUTE) for passed in (0, 4, 5, 6)]
        assert waits == [10, 10, 10, 10]

    for made in written(settings_of(broker, topics), play):
        assert facts(made) == [
            (1, NOON, None),
            (2, NOON + 4 * MINUTE, None),
            (3, NOON + 5 * MINUTE, 11),
            (4, NOON + 6 * MINUTE, None),
        ]


def test_clock_wakes_for_a_tick(broker: str, topics: Topics) -> None:
    async def play(clock: Clock, _: Clock) -> None:
        assert await clock.beat(NOON + 5 * MINUTE - 3 * SECOND) == 3

    written(settings_of(broker, topics), play)


def test_clock_that_was_down_cuts_the_backlog_then_the_ticks(broker: str, topics: Topics) -> None:
    async def play(clock: Clock, successor: Clock) -> None:
        await clock.beat(NOON)
        await clock.beat(NOON + 5 * MINUTE)
        await successor.start()
        await successor.beat(NOON + 3 * HOUR)

    made, _ = written(settings_of(broker, topics), play, orders=250)
    assert [cut.ends[Source.ORDERS] for cut in made][:3] == [100, 200, 250]
    assert [cut.tick for cut in made][3:] == [11, 12, 13]


def test_two_clocks_write_one_sequence(broker: str, topics: Topics) -> None:
    async def play(one: Clock, two: Clock) -> None:
        for passed in range(0, 20, 2):
            await asyncio.gather(
                one.beat(NOON + passed * MINUTE), two.beat(NOON + passed * MINUTE + SECOND)
            )

    for made in written(settings_of(broker, topics), play):
        sequence = Sequence()
        accepted = [cut for cut in made if sequence.accepts(cut)]
        assert [cut.tick for cut in accepted if cut.tick is not None] == [11]
        assert len(accepted) <= 12
