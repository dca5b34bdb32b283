"""The whole path on a real broker while it is abused: nothing lost, nothing doubled."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from schemas.settings import Settings
from streams import kafka
from streams.broker import Broker
from streams.playing.publish import publish
from streams.topics import administration, create
from tests.kafka import events, standings
from tests.kafka.equality import assert_equal_to_recount
from tests.kafka.program import Program, Programs
from tests.kafka.recount import read_logs
from tests.kafka.recount_core import recount_core
from tests.waiting import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(240)]

SESSION_S = 6
HOURS = 96
EVENTS = 8_000
PLAYED_S = 18.0  # four days of event time
Abuse = Callable[[Programs, Broker, random.Random], Coroutine[object, object, None]]


def settings_for(broker: str) -> Settings:
    return Settings.model_validate(
        {
            "broker": broker,
            "topics": {"partitions": 3},
            "worker": {"save_interval": "1s", "session_timeout": f"{SESSION_S}s"},
            "cuts": {"records": 1_000},
        }
    )


async def killed(programs: Programs, broker: Broker, chance: random.Random) -> None:
    """The worker is killed five times, at any moment, and starts again."""
    del broker
    worker = programs.worker("one")
    for _ in range(5):
        await asyncio.sleep(chance.uniform(2, 5))
        worker.kill()
        worker = programs.worker("one")


async def joined(programs: Programs, broker: Broker, chance: random.Random) -> None:
    """A second worker joins and leaves, twice; then the first one leaves for good."""
    del broker
    first = programs.worker("one")
    for number in range(2):
        await asyncio.sleep(chance.uniform(2, 4))
        second = programs.worker("two")
        await has_loaded(second, number + 1)
        await asyncio.sleep(chance.uniform(1, 3))
        await asyncio.to_thread(second.stop)
    programs.worker("three")
    await asyncio.to_thread(first.stop)


async def restarted(programs: Programs, broker: Broker, chance: random.Random) -> None:
    """The broker stops and starts, then crashes and starts."""
    await has_loaded(programs.worker("one"))
    await asyncio.sleep(chance.uniform(1, 3))
    await asyncio.to_thread(broker.restart)
    await asyncio.sleep(chance.uniform(4, 6))
    await asyncio.to_thread(broker.kill)
    await asyncio.to_thread(broker.start)


async def slept(programs: Programs, broker: Broker, chance: random.Random) -> None:
    """A worker sleeps beyond its session, and wakes when another owns its partitions."""
    del broker
    sleeper = programs.worker("one")
    await has_loaded(sleeper)
    second = programs.worker("two")
    await has_loaded(second)
    await asyncio.sleep(chance.uniform(1, 2))
    agents = sleeper.agents()
    for pid in agents:
        os.kill(pid, signal.SIGSTOP)
    await asyncio.sleep(SESSION_S + 4)
    for pid in agents:
        os.kill(pid, signal.SIGCONT)


async def has_loaded(program: Program, times: int = 1) -> None:
    """Under one name several programs follow each other, and write to one log."""
    assert await asyncio.to_thread(
        eventually, lambda: program.log.read_text().count("partitions_loaded") >= times
    )


async def spoil(settings: Settings) -> None:
    """Another producer writes what is no event, now and then."""
    async with kafka.quick_producer(settings.broker) as producer:
        for number in range(40):
            bad = b"{broken %d" % number
            await producer.send_and_wait("orders", bad, partition=number % 3)
            await asyncio.sleep(PLAYED_S / 100)


@pytest.mark.parametrize(
    "abuse", [killed, joined, restarted, slept], ids=lambda abuse: abuse.__name__
)
def test_everything_equals_a_recount_after(
    abuse: Abuse, own_broker: Broker, tmp_path: Path
) -> None:
    settings = settings_for(own_broker.address)
    with administration(settings.broker) as admin:
        create(admin, settings.topics)

    async def run(programs: Programs) -> None:
        lines = events.lines(EVENTS, HOURS, seed=1)
        chance = random.Random(abuse.__name__)
        speed = HOURS * 3_600 / PLAYED_S
        async with asyncio.TaskGroup() as together:
            together.create_task(publish(settings, events.files(lines), speed))
            together.create_task(spoil(settings))
            together.create_task(abuse(programs, own_broker, chance))
        await standings.all_saved(settings)

    with Programs(settings, tmp_path) as programs:
        asyncio.run(run(programs))
        logs = asyncio.run(read_logs(settings))
    expected = assert_equal_to_recount(logs, recount_core(settings, {}))
    assert len(expected.outlooks) == HOURS
    assert sum(expected.letters.values()) == 40
