"""A partition that does not report is left out in time, and comes back, on a real broker."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas import wire
from schemas.settings import Settings, Topics
from schemas.wire import Census, Message, Omission, Signals
from streams import kafka
from streams.looking.status import NetworkStatus, status_of
from streams.topics import names
from tests.kafka import messages
from tests.kafka.program import Programs
from tests.kafka.recount import read_logs
from tests.waiting import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

SILENT = 1  # the partition that does not report


@pytest.fixture
def settings(broker: str, topics: Topics) -> Settings:
    limits = {"save_interval": "1s", "report_limit": "10s"}
    return Settings(broker=broker, topics=topics, worker=limits)


@pytest.fixture
def programs(settings: Settings, tmp_path: Path) -> Iterator[Programs]:
    with Programs(settings, tmp_path) as started:
        yield started


def census(tick: int, *partitions: int) -> list[Census]:
    return [messages.census(tick, partition, 1) for partition in partitions]


def signals(tick: int, *partitions: int) -> list[Signals]:
    return [messages.signals(tick, partition, 1) for partition in partitions]


def write(settings: Settings, *told: Message) -> None:
    async def sent() -> None:
        async with kafka.quick_producer(settings.broker) as producer:
            for one in told:
                await producer.send_and_wait(
                    names(settings.topics.prefix).network, wire.encode(one), partition=0
                )

    asyncio.run(sent())


def network(settings: Settings) -> NetworkStatus:
    return asyncio.run(status_of(settings)).network


def omissions(settings: Settings) -> list[Omission]:
    told = map(wire.decode, asyncio.run(read_logs(settings)).values("network"))
    return [one for one in told if isinstance(one, Omission)]


def test_partition_that_does_not_report_is_left_out_until_it_does(
    settings: Settings, programs: Programs
) -> None:
    others = [n for n in range(settings.topics.partitions) if n != SILENT]
    agent = programs.worker("one", role="network")
    write(settings, *census(7, *others))
    assert eventually(lambda: network(settings).tick == 7)
    assert omissions(settings) == [Omission(7, [SILENT])]
    write(settings, *signals(7, *others))
    assert eventually(lambda: network(settings).left_out == [SILENT])

    agent.kill()
    programs.worker("one", role="network")
    write(settings, *census(8, *others), *signals(8, *others))
    assert eventually(lambda: network(settings).tick == 8)
    assert len(omissions(settings)) == 1  # it is not waited for again, after a restart either

    write(settings, *census(7, SILENT), *signals(7, SILENT), *census(9, SILENT))
    assert eventually(lambda: not network(settings).left_out)
    write(settings, *census(9, *others))
    assert eventually(lambda: network(settings).tick == 9)
