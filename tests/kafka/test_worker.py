"""Workers as processes on a real broker: how they start, stop, die, and wait for cuts."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import KafkaAdminClient

from schemas.settings import Settings, Topics
from streams import kafka
from streams.looking.status import Status, status_of
from streams.playing.publish import publish
from streams.topics import names
from streams.workers.application import group
from tests.kafka import events
from tests.kafka.equality import assert_equal_to_recount
from tests.kafka.program import Programs
from tests.kafka.recount import read_logs
from tests.kafka.recount_core import recount_core
from tests.waiting import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


@pytest.fixture
def settings(broker: str, topics: Topics) -> Settings:
    return Settings(broker=broker, topics=topics, worker={"save_interval": "1s"})


@pytest.fixture
def programs(settings: Settings, tmp_path: Path) -> Iterator[Programs]:
    with Programs(settings, tmp_path) as started:
        yield started


def status(settings: Settings) -> Status:
    return asyncio.run(status_of(settings))


def play(settings: Settings, hours: int, seed: int = 1) -> None:
    lines = events.lines(hours * 20, hours, seed)
    asyncio.run(publish(settings, events.files(lines)))


def members(admin: KafkaAdminClient, settings: Settings, role: str) -> list[str]:
    described = admin.describe_groups([group(settings, role)])
    return [member["group_instance_id"] for one in described.values() for member in one["members"]]


def is_alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_worker_counts_saves_and_says_so(settings: Settings, programs: Programs) -> None:
    play(settings, hours=26)
    before = status(settings)
    assert before.behind
    programs.worker("one")
    assert eventually(lambda: not status(settings).behind)
    after = status(settings)
    assert after.network.tick == after.partitions[0].tick is not None
    assert after.dealers > 50
    expected = assert_equal_to_recount(asyncio.run(read_logs(settings)), recount_core(settings, {}))
    assert after.open_alerts == len({*expected.alerts})
    assert after.dead_letters > 0


def test_a_planned_stop_saves_leaves_the_group_and_ends_well(
    settings: Settings, programs: Programs, admin: KafkaAdminClient
) -> None:
    play(settings, hours=3)
    worker = programs.worker("one")
    assert eventually(lambda: status(settings).partitions[0].cut > 0)
    assert members(admin, settings, "watch") == ["one"]
    assert worker.stop() < 8
    assert members(admin, settings, "watch") == []
    assert members(admin, settings, "network") == []


def test_an_agent_that_dies_is_started_again(settings: Settings, programs: Programs) -> None:
    play(settings, hours=3)
    worker = programs.worker("one")
    assert eventually(lambda: not status(settings).behind)
    before = worker.agents()
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    play(settings, hours=3, seed=2)
    assert eventually(lambda: not status(settings).behind)
    assert not {pid for pid in before if is_alive(pid)}


def test_agents_end_with_their_parent(programs: Programs) -> None:
    worker = programs.worker("one")
    assert eventually(lambda: len(worker.agents()) >= 3)  # and Python's resource tracker
    children = worker.agents()
    worker.kill()
    assert eventually(lambda: not [pid for pid in children if is_alive(pid)])


def test_without_a_clock_nothing_is_judged_and_nothing_is_lost(
    settings: Settings, programs: Programs
) -> None:
    programs.worker("one")
    asyncio.run(write_orders(settings, 100))
    assert eventually(lambda: status(settings).partitions[0].lag["orders"] > 0)
    started = time.monotonic()
    while time.monotonic() - started < 3 * settings.worker.save_interval.seconds:
        assert status(settings).partitions[0].cut == 0
    assert not asyncio.run(read_logs(settings)).values("network")
    play(settings, hours=3)
    assert eventually(lambda: not status(settings).behind)
    assert_equal_to_recount(asyncio.run(read_logs(settings)), recount_core(settings, {}))


async def write_orders(settings: Settings, count: int) -> None:
    async with kafka.quick_producer(settings.broker) as producer:
        for line in events.lines(count, 1, seed=9):
            await producer.send(names(settings.topics.prefix).orders, line, partition=0)
        await producer.flush()
