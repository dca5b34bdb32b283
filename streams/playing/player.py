"""Places records into partitions and writes the cuts behind them: what `publish` does."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiokafka import TopicPartition

from detectors.playing.cuts import CutDue
from detectors.playing.playback import Place, Playback
from schemas import cut, fields
from schemas.batch import Source
from schemas.cut import Cut
from schemas.decode import decode_lines
from schemas.instant import SECOND
from schemas.routing import partitions_of
from streams.playing.outlet import Outlet
from streams.topics import names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aiokafka import AIOKafkaProducer

    from schemas.dead_letter import DeadLetter
    from schemas.instant import Micros
    from schemas.master import DealerRecord
    from schemas.record import Record
    from schemas.settings import Settings
    from streams.playing.files import Lines
    from streams.ticking.cutting import Progress
    from streams.ticking.ticks import Ends

_CUTS_AHEAD = 64  # whose records are not confirmed yet; a round trip is worth about ten
_SENT_AHEAD = 1_000  # cuts and dealers not confirmed yet: 200 kB
_RECORDS_AHEAD = 200_000  # not confirmed yet: 40 MB, a few seconds of a broker's pause
_DEALERS_KNOWN = 1_000_000  # whose partition is remembered: 100 MB


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


class Player:
    """Places records into partitions, and writes the cuts behind them."""

    def __init__(
        self,
        settings: Settings,
        producer: AIOKafkaProducer,
        ends: Sequence[Ends],
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
        self._playback: Playback[Record] = Playback(
            tick_us=settings.tick,
            lateness_us=settings.lateness,
            late_limit_us=settings.late_limit,
            now=clock_of(progress),
            cut_records=settings.cuts.records,
        )
        self._partition_of: dict[str, int] = {}
        self._cuts: asyncio.Queue[_Span | None] = asyncio.Queue(_CUTS_AHEAD)
        self._letters: list[asyncio.Future[object]] = []
        self._sent: deque[asyncio.Future[object]] = deque()

    async def introduce(self, master: Mapping[str, DealerRecord]) -> None:
        """Master data go first: workers read them when they start."""
        for dealer_id, dealer in master.items():
            value = dealer.model_dump_json(exclude_none=True).encode()
            await self._send(self._names.dealers, value, key=dealer_id.encode())
        await self._confirmed(0)

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
        await self._confirmed(0)

    def abandon(self) -> None:
        """Leave what is not sent yet, when playing has failed."""
        for outlet in self._outlets.values():
            outlet.abandon()

    async def _write_cut(
        self, due: CutDue, partition: int, ends: Mapping[tuple[Source, int], int]
    ) -> None:
        self._numbers[partition] += 1
        mine = {source: ends[source, partition] for source in Source}
        value = cut.encode(Cut(self._numbers[partition], due.at, due.tick, mine, due.last))
        await self._send(self._names.ticks, value, partition=partition)

    async def _send(self, topic: str, value: bytes, **where: Any) -> None:
        self._sent.append(await self._producer.send(topic, value=value, **where))
        await self._confirmed(_SENT_AHEAD)

    async def _confirmed(self, most: int) -> None:
        """Wait until at most so many single messages are unconfirmed. Raises if one failed."""
        while len(self._sent) > most:
            await self._sent.popleft()

    async def _take(self, step: Place[Record] | DeadLetter | CutDue) -> None:
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


def clock_of(progress: Sequence[Progress]) -> Micros | None:
    """Where the clock stands in a log of cuts."""
    return max((one.last.at for one in progress if one.last is not None), default=None)


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
