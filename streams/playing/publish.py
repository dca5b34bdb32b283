"""`dealerwatch publish`: plays event files into the topics, with their own clock and cuts.

Order of effects: the records before a cut are confirmed, then the cut is written, so no worker ever
waits for a record that is not there. Reading goes on meanwhile (bounded, `_CUTS_AHEAD`): a year of
hourly cuts is not bound by the round trip to the broker.

A broker that restarts for a minute: the producer keeps what it sent and tries again; idempotence
keeps it single and in order. If this process dies in between, records without a cut stay in the
log; the next publish cuts them with its own, and repeats are dropped by their event_id. Cuts that
only some partitions have got are completed first. A second publish goes on with the clock of the
first.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from aiokafka.errors import KafkaConnectionError, KafkaError

from schemas import cut
from streams import kafka
from streams.errors import OperationError
from streams.playing.files import FileError, Lines, read_lines, refuse_missing
from streams.playing.player import Player, Summary, clock_of
from streams.playing.reference import read_master
from streams.ticking import ticks
from streams.ticking.cutting import Progress, Rule
from streams.topics import names

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable, Mapping, Sequence

    from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

    from schemas.master import DealerRecord
    from schemas.settings import Settings


def run(
    settings: Settings, events: Sequence[str], *, speed: float | None, dealers: Path | None = None
) -> None:
    """Play files; returns when all is confirmed. `speed`: seconds of event time per second.

    Raises OperationError, UsageError.
    """
    refuse_missing(events)
    master = read_master(dealers)
    kafka.must_be_ready(settings)
    try:
        summary = asyncio.run(publish(settings, read_lines(events), speed, master))
    except KafkaConnectionError as error:
        raise kafka.unreachable(settings.broker, error) from error
    except (FileError, KafkaError) as error:
        raise OperationError(f"publish: {error}") from error
    print(summary, file=sys.stderr)  # noqa: T201  the last line of a command


async def publish(
    settings: Settings,
    files: Iterable[Lines],
    speed: float | None = None,
    master: Mapping[str, DealerRecord] | None = None,
) -> Summary:
    """Play lines into the topics; see `run`."""
    async with (
        kafka.consumer(settings.broker, max_wait_ms=20) as client,
        kafka.patient_producer(settings.broker) as producer,
    ):
        player = await _player(settings, client, producer)
        await player.introduce(master or {})
        try:
            await _both(player.play(files, speed), player.write_cuts())
        finally:
            player.abandon()
        return player.summary


async def _both(*work: Coroutine[object, object, None]) -> None:
    """Side by side; the error of one ends the other."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


async def _player(
    settings: Settings, client: AIOKafkaConsumer, producer: AIOKafkaProducer
) -> Player:
    """Going on from where the logs stand."""
    plan = settings.topics
    progress = await ticks.progress_of(client, plan)
    if await _complete(settings, producer, progress, await ticks.source_ends(client, plan)):
        progress = await ticks.caught_up(client, plan, progress)
    return Player(settings, producer, await ticks.source_ends(client, plan), progress)


async def _complete(
    settings: Settings,
    producer: AIOKafkaProducer,
    progress: Sequence[Progress],
    ends: Sequence[ticks.Ends],
) -> bool:
    """Write the ticks that only some partitions have got; True when there were any."""
    rule = Rule(int(settings.tick), int(settings.lateness), settings.cuts.records)
    topic, now, wrote = names(settings.topics.prefix).ticks, clock_of(progress), False
    if now is None:
        return False
    start_tick = rule.start_tick(list(progress), now)
    for partition, one in enumerate(progress):
        if next(rule.missed(one, start_tick, now), None) is not None:
            for missing in rule.plan(one, start_tick, now, ends[partition]):
                await producer.send_and_wait(topic, value=cut.encode(missing), partition=partition)
                wrote = True
    return wrote
