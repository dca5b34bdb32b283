"""`dealerwatch clock`: writes the cuts of the wall clock, the only clock there is.

Crash between two partitions: the next beat, of whichever clock, writes what is missing. Two clocks:
each reads what the other wrote and goes on from there; cuts with the same number count once. No
clock: nothing is judged, orders wait in Kafka, and afterwards streams/ticking/cutting.py makes up
for it.
"""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from aiokafka.errors import KafkaConnectionError, KafkaError

from schemas import cut as cuts
from streams import kafka
from streams.errors import OperationError
from streams.logs import logger
from streams.ticking import ticks
from streams.ticking.cutting import Progress, Rule
from streams.topics import names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

    from schemas.instant import Micros
    from schemas.settings import Settings

log = logger(__name__)


def run(settings: Settings) -> None:
    """Write cuts until SIGTERM or Ctrl-C. Raises OperationError when Kafka is gone for long."""
    kafka.must_be_ready(settings)
    try:
        asyncio.run(_until_told(settings))
    except KafkaConnectionError as error:
        raise kafka.unreachable(settings.broker, error) from error
    except KafkaError as error:
        raise OperationError(f"clock: {error}") from error


async def _until_told(settings: Settings) -> None:
    """It may be stopped anywhere: what is missing then, the next clock writes."""
    ticking = asyncio.create_task(_tick(settings))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ticking.cancel)
    with suppress(asyncio.CancelledError):
        await ticking


async def _tick(settings: Settings) -> None:
    async with (
        kafka.consumer(settings.broker) as client,
        kafka.quick_producer(settings.broker) as producer,
    ):
        clock = Clock(settings, client, producer)
        await clock.start()
        wait_s = 0.0
        while True:
            await asyncio.sleep(wait_s)
            wait_s = await clock.beat(now())


def now() -> Micros:
    """The wall clock."""
    return time.time_ns() // 1_000


class Clock:
    """One beat at a time."""

    def __init__(
        self, settings: Settings, client: AIOKafkaConsumer, producer: AIOKafkaProducer
    ) -> None:
        self._plan = settings.topics
        self._interval = int(settings.cuts.interval)
        self._rule = Rule(int(settings.tick), int(settings.lateness), settings.cuts.records)
        self._client = client
        self._producer = producer
        self._progress: list[Progress] = []

    async def start(self) -> None:
        """Find out where the logs stand."""
        self._progress = await ticks.progress_of(self._client, self._plan)
        log.info(
            "clock_started", cuts=[one.last.number if one.last else 0 for one in self._progress]
        )

    async def beat(self, at: Micros) -> float:
        """Write what is due at this moment; gives the seconds until the next beat."""
        self._progress = await ticks.caught_up(self._client, self._plan, self._progress)
        start_tick = self._rule.start_tick(self._progress, at)
        ends = await ticks.source_ends(self._client, self._plan)
        for partition, progress in enumerate(self._progress):
            if self._is_due(progress, start_tick, at):
                plan = self._rule.plan(progress, start_tick, at, ends[partition])
                await self._write(plan, partition)
        closed = [one.tick for one in self._progress]
        following = min((t + 1 for t in closed if t is not None), default=start_tick)
        following = max(following, self._rule.open_tick(at))
        return min(self._interval, max(self._rule.due(following) - at, 0)) / 1_000_000

    def _is_due(self, progress: Progress, start_tick: int, at: Micros) -> bool:
        """A tick, or half an interval since the last cut, which may be another clock's."""
        last = progress.last
        quiet = last is None or at - last.at >= self._interval // 2
        return quiet or next(self._rule.missed(progress, start_tick, at), None) is not None

    async def _write(self, plan: Sequence[cuts.Cut], partition: int) -> None:
        """All confirmed before the next beat plans: what counts is the order in the log."""
        topic = names(self._plan.prefix).ticks
        confirmed = [
            await self._producer.send(topic, value=cuts.encode(cut), partition=partition)
            for cut in plan
        ]
        await asyncio.gather(*confirmed)
        closed = [cut.tick for cut in plan if cut.tick is not None]
        if closed:
            log.info("ticks_closed", partition=partition, last=closed[-1], count=len(closed))
