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
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from detectors.cuts import CutDue
from detectors.playback import Place, Playback
from schemas import cut, fields
from schemas.batch import Source
from schemas.cut import Cut
from schemas.decode import decode_lines
from schemas.instant import SECOND
from schemas.routing import partitions_of
from streams import kafka, ticks
from streams.cutting import Progress, Rule
from streams.errors import OperationError
from streams.files import FileError, Lines, read_lines
from streams.outlet import Outlet
from streams.reference import read_master
from streams.topics import names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

    from schemas.columns import Record
    from schemas.dead_letter import DeadLetter
    from schemas.instant import Micros
    from schemas.master import DealerRecord
    from schemas.settings import Settings

_CUTS_AHEAD = 64  # whose records are not confirmed yet; a round trip is worth about ten
_RECORDS_AHEAD = 200_000  # not confirmed yet: 40 MB, a few seconds of a broker's pause
_DEALERS_KNOWN = 1_000_000  # whose partition is remembered: 100 MB


def run(
    settings: Settings, events: Sequence[str], *, speed: float | None, dealers: Path | None = None
) -> None:
    """Play files; returns when all is confirmed. `speed`: seconds of event time per second.

    Raises OperationError, UsageError.
    """
    master = read_master(dealers)
    try:
        summary = asyncio.run(publish(settings, read_lines(events), speed, master))
    except (FileError, KafkaError) as error:
        raise OperationError(f"publish: {error}") from error
    print(summary, file=sys.stderr)  # noqa: T201  the last line of a command


@dataclass(slots=True)
class Summary:
    """What was published."""

    events: int = 0
    ticks: int = 0
    letters: int = 0
    started: float = field(default_factory=time.monotonic)

    def __str__(self) -> str:
        rate = self.events / max(time.monotonic() - self.started, 0.001)
        return (
            f"published: {self.events:,} events, {self.ticks:,} ticks, "
            f"{self.letters:,} dead letters, {rate:,.0f} events/s"
        )


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
        player = await _Player.at_the_end(settings, client, producer)
        await player.introduce(master or {})
        async with asyncio.TaskGroup() as together:
            together.create_task(player.write_cuts())
            await player.play(files, speed)
        return player.summary


class _Player:
    """Places records into partitions, and writes the cuts behind them."""

    def __init__(
        self,
        settings: Settings,
        producer: AIOKafkaProducer,
        ends: Sequence[ticks.Ends],
        progress: Sequence[Progress],
    ) -> None:
        self.summary = Summary()
        self._names = names(settings.topics.prefix)
        self._partitions = settings.topics.partitions
        self._producer = producer
        self._outlets = {
            (source, partition): Outlet(producer, self._place_of(source, partition), end)
            for partition, by_source in enumerate(ends)
            for source, end in by_source.items()
        }
        self._numbers = [one.last.number if one.last else 0 for one in progress]
        self._playback = Playback(
            tick_us=settings.tick,
            lateness_us=settings.lateness,
            late_limit_us=settings.late_limit,
            now=_clock_of(progress),
            cut_records=settings.cuts.records,
        )
        self._partition_of: dict[str, int] = {}
        self._cuts: asyncio.Queue[_Span | None] = asyncio.Queue(_CUTS_AHEAD)
        self._letters: list[asyncio.Future[object]] = []

    @classmethod
    async def at_the_end(
        cls, settings: Settings, client: AIOKafkaConsumer, producer: AIOKafkaProducer
    ) -> _Player:
        """Going on from where the logs stand."""
        progress = await ticks.progress_of(client, settings.topics)
        if await _complete(
            settings, producer, progress, await ticks.source_ends(client, settings.topics)
        ):
            progress = await ticks.caught_up(client, settings.topics, progress)
        return cls(settings, producer, await ticks.source_ends(client, settings.topics), progress)

    async def introduce(self, master: Mapping[str, DealerRecord]) -> None:
        """Master data go first: workers read them when they start."""
        for dealer_id, dealer in master.items():
            value = dealer.model_dump_json(exclude_none=True).encode()
            await self._producer.send(self._names.dealers, key=dealer_id.encode(), value=value)
        await self._producer.flush()

    async def play(self, files: Iterable[Lines], speed: float | None) -> None:
        """Place everything; returns when the last cut is due."""
        pace = _Pace(speed)
        for lines in files:
            items = decode_lines(lines.lines, lines.topic, lines.first_line)
            for step in self._playback.feed(items):
                if pace.is_early(self._playback.now):
                    await self._flush()
                    await pace.wait(self._playback.now)
                await self._take(step)
            await self._room()
        for step in self._playback.end():
            await self._take(step)
        await self._cuts.put(None)

    async def write_cuts(self) -> None:
        """Behind the records: each cut when all before it is confirmed."""
        while (span := await self._cuts.get()) is not None:
            await asyncio.gather(*span.confirmed)
            ends = await span.ends()
            for partition in range(self._partitions):
                await self._write_cut(span.due, partition, ends)
            self.summary.ticks += span.due.tick is not None
        await self._producer.flush()

    async def _write_cut(
        self, due: CutDue, partition: int, ends: Mapping[tuple[Source, int], int]
    ) -> None:
        self._numbers[partition] += 1
        mine = {source: ends[source, partition] for source in Source}
        value = cut.encode(Cut(self._numbers[partition], due.at, due.tick, mine, due.last))
        await self._producer.send(self._names.ticks, value=value, partition=partition)

    async def _take(self, step: Place | DeadLetter | CutDue) -> None:
        if isinstance(step, Place):
            self._place(step.record)
        elif isinstance(step, CutDue):
            await self._room()
            await self._cuts.put(self._span(step))
        else:
            self.summary.letters += 1
            value = fields.encode(step)
            sent = await self._producer.send(self._names.dead_letters, value=value, partition=0)
            self._letters.append(sent)

    def _place_of(self, source: Source, partition: int) -> TopicPartition:
        return TopicPartition(getattr(self._names, source), partition)

    def _place(self, record: Record) -> None:
        partition = self._partition_of.get(record.dealer)
        if partition is None:
            partition = self._find_partition(record.dealer)
        key = record.dealer.encode()
        self._outlets[record.source, partition].put(key, record.raw)
        self.summary.events += 1

    def _find_partition(self, dealer: str) -> int:
        if len(self._partition_of) >= _DEALERS_KNOWN:
            self._partition_of.clear()
        partition = int(partitions_of([dealer.encode()], self._partitions)[0])
        self._partition_of[dealer] = partition
        return partition

    def _span(self, due: CutDue) -> _Span:
        letters, self._letters = self._letters, []
        ends = {place: outlet.close() for place, outlet in self._outlets.items()}
        return _Span(due, ends, letters)

    async def _flush(self) -> None:
        for outlet in self._outlets.values():
            outlet.close()
        await asyncio.sleep(0)

    async def _room(self) -> None:
        """Wait while too much is not confirmed."""
        while sum(outlet.unconfirmed for outlet in self._outlets.values()) > _RECORDS_AHEAD:
            busiest = max(self._outlets.values(), key=lambda outlet: outlet.unconfirmed)
            await busiest.first_confirmation()
        await asyncio.sleep(0)


def _clock_of(progress: Sequence[Progress]) -> Micros | None:
    return max((one.last.at for one in progress if one.last is not None), default=None)


async def _complete(
    settings: Settings,
    producer: AIOKafkaProducer,
    progress: Sequence[Progress],
    ends: Sequence[ticks.Ends],
) -> bool:
    """Write the ticks that only some partitions have got; True when there were any."""
    rule = Rule(int(settings.tick), int(settings.lateness), settings.cuts.records)
    topic, now, wrote = names(settings.topics.prefix).ticks, _clock_of(progress), False
    if now is None:
        return False
    start_tick = rule.start_tick(list(progress), now)
    for partition, one in enumerate(progress):
        if next(rule.missed(one, start_tick, now), None) is not None:
            for missing in rule.plan(one, start_tick, now, ends[partition]):
                await producer.send_and_wait(topic, value=cut.encode(missing), partition=partition)
                wrote = True
    return wrote


@dataclass(frozen=True, slots=True)
class _Span:
    """A cut that is due, and what has to be confirmed before."""

    due: CutDue
    _ends: Mapping[tuple[Source, int], asyncio.Future[int]]
    confirmed: list[asyncio.Future[object]]

    async def ends(self) -> dict[tuple[Source, int], int]:
        """Ends of the logs after everything before the cut."""
        return {place: await end for place, end in self._ends.items()}


class _Pace:
    """How fast event time may pass."""

    def __init__(self, speed: float | None) -> None:
        self._speed = speed  # seconds of event time per second; None: no limit
        self._began: tuple[float, Micros] | None = None  # wall clock and event time

    def is_early(self, now: Micros | None) -> bool:
        """Has event time run ahead?"""
        return self._speed is not None and now is not None and self._wait_s(now) > 0

    async def wait(self, now: Micros | None) -> None:
        """Until it is time."""
        if now is not None:
            await asyncio.sleep(self._wait_s(now))

    def _wait_s(self, now: Micros) -> float:
        if self._began is None:
            self._began = (time.monotonic(), now)
        assert self._speed is not None  # noqa: S101  asked only with a speed
        wall, event = self._began
        return wall + (now - event) / SECOND / self._speed - time.monotonic()
