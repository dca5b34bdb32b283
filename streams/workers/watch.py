"""The WATCH agent: owns partitions, brings their state from cut to cut, saves it.

Per partition the effects come in this order, so that a crash repeats and never loses:

    1  compute       a cut is applied, in memory only
    2  tell          census and signals are sent to `network`, confirmed
    3  save          state, dead letters and dealer statistics, one transaction, confirmed
    4  commit        positions of the saved cut, for the group

Crash before 2 or between 2 and 3: the successor reads again from the saved cut and computes the
same; what it tells again is identical, the network ignores it by (partition, tick, kind).
Crash inside 3: the transaction is taken back; as before. Crash between 3 and 4: positions to read
from are those of the state, so nothing is read twice; 4 is for people and tools.
A process that lost its partitions without knowing (paused, cut off) cannot do 3: it is fenced.

The thread that fetches slices decodes them (`Watch.read`), beside the event loop and the state. The
agent only puts them into the holder of their partition (streams/workers/holder.py) and never waits
for anything, because cuts arrive through the same queue: an agent that waited for a cut would wait
for ever. A task per partition (streams/workers/seat.py) does the rest.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from typing import TYPE_CHECKING, NamedTuple

from faust.types import TP

from schemas import cut
from schemas.batch import Source
from schemas.decode import RawSlice, decode_slice
from schemas.instant import SECOND
from streams import kafka
from streams.logs import logger
from streams.topics import names
from streams.workers.holder import OUTLOOK, TICKS, Holder
from streams.workers.outlooks import Outlooks
from streams.workers.rows import Standing
from streams.workers.seat import Seat, Surroundings
from streams.workers.state import Vault
from streams.workers.watchdog import die, or_die

if TYPE_CHECKING:
    from collections.abc import Sequence

    import faust
    from aiokafka import AIOKafkaProducer

    from schemas.batch import Batch
    from schemas.cut import Cut
    from schemas.dead_letter import DeadLetter
    from schemas.settings import Settings
    from streams.metrics import Metrics
    from streams.workers.core import Core
    from streams.workers.slices import Slice
    from streams.workers.unpacking import Unpacked

# How long a release waits for a partition to come to rest. A tick's round trip takes milliseconds;
# if the others are gone, the successor repeats from the last save instead.
REST_S = 0.5
SAVE_PAUSE = 9  # times what a save took: a tenth of the time at most is spent on saving
MOST_PAUSES = 6  # intervals: a save that waited for a broker does not put off the next for long

log = logger(__name__)


class _Read(NamedTuple):
    """A slice of a source, decoded."""

    batch: Batch
    letters: list[DeadLetter]
    records: int


_Cuts = list[tuple["Cut", int]]  # each with the position after it


class Watch:
    """Feed of the WATCH app (streams.workers.slices.Feed), and what its agent and tasks do."""

    def __init__(self, app: faust.App, settings: Settings, core: Core, metrics: Metrics) -> None:
        self._app = app
        self._settings = settings
        self._core = core
        self._metrics = metrics
        self._names = names(settings.topics.prefix)
        self._sources = {getattr(self._names, source): source for source in Source}
        self._topics = {**self._sources, self._names.ticks: TICKS}
        self._seats: dict[int, Seat] = {}
        self._changing = asyncio.Lock()  # of seats: load and release
        self._save_turn, self._step_turn = asyncio.Lock(), asyncio.Lock()
        self._outlooks = Outlooks(settings.broker, self._names.outlook, self._arise_all)
        self._teller: AIOKafkaProducer | None = None
        _get_ready()
        core.get_ready()

    def read(self, topic: str, partition: int, records: Sequence[Unpacked]) -> _Read | _Cuts:
        """Records of a source decoded, or cuts. Errors end the process: not bad records."""
        try:
            source = self._sources.get(topic)
            if source is None:
                return [(cut.decode(one.value or b""), one.offset + 1) for one in records]
            with self._metrics.slice_seconds.time():
                raw = _raw(source, topic, partition, records)
                return _Read(*decode_slice(raw, self._settings.topics.partitions), len(records))
        except Exception:  # noqa: BLE001  Faust would log it and lose the slice
            die("slice_not_read", topic=topic, partition=partition)

    def saved_position(self, topic: str, partition: int) -> int | None:
        """Where the saved state of the partition stands in the topic."""
        seat = self._seats.get(partition)
        return None if seat is None else seat.saved.positions[self._topics[topic]]

    async def load(self, partitions: set[int]) -> None:
        """Take the partitions: fence the older owner, read the state, go on from there."""
        async with self._changing:
            await or_die(self._load(sorted(partitions)), "state_not_loaded")

    async def release(self) -> None:
        """Give the partitions up: come to rest, save, stop. Harmless when nothing is held."""
        async with self._changing:
            await or_die(self._release(), "state_not_released")

    def take(self, piece: Slice) -> None:
        """A slice of a source or of `ticks`. Errors end the process: they are not bad records."""
        try:
            seat = self._seats.get(piece.partition)
            if seat is not None and not seat.leaving:
                self._put(seat, piece)
                seat.arise()
        except Exception:  # noqa: BLE001  Faust would log it and lose the slice
            die("slice_not_taken", topic=piece.topic, partition=piece.partition)

    async def save_in_rotation(self) -> None:
        """Ask the partitions in turn to save, each once per `worker.save_interval`.

        Large states take longer: then one at a time, for a part of the time only.
        """
        interval_s = self._settings.worker.save_interval.seconds
        turns = itertools.count()
        while True:
            seats = list(self._seats.values())
            took_s = max((seat.save_took_s for seat in seats), default=0.0)
            pause_s = min(SAVE_PAUSE * took_s, MOST_PAUSES * interval_s)
            await asyncio.sleep(max(interval_s / max(len(seats), 1), pause_s))
            seats = list(self._seats.values())
            if seats and not any(seat.is_saving for seat in seats):
                seat = seats[next(turns) % len(seats)]
                self._observe(seat)
                seat.want_save()

    def _put(self, seat: Seat, piece: Slice) -> None:
        source = self._sources.get(piece.topic)
        if source is None:
            seat.holder.take_cuts(piece.first, piece.following, piece.content)
            return
        batch, letters, records = piece.content
        seat.holder.take(source, piece.first, piece.following, batch, letters)
        self._metrics.records.labels(source).inc(records)

    def _steer(self, seat: Seat) -> None:
        """Pause what is far ahead of its cut, resume what is needed.

        Faust resumes everything after a rebalance and when a queue has drained, so this is said
        again after every step and never remembered.
        """
        for topic, name in self._topics.items():
            wanted = seat.holder.wanted(name)
            if wanted is True:
                self._app.consumer.resume_partitions({TP(topic, seat.number)})
            elif wanted is False:
                self._app.consumer.pause_partitions({TP(topic, seat.number)})

    def _arise_all(self) -> None:
        ticks = [seat.holder.tick for seat in self._seats.values()]
        if None not in ticks:  # a partition without a tick needs them all
            self._outlooks.forget_before(min((t for t in ticks if t is not None), default=0))
        for seat in self._seats.values():
            seat.arise()

    def _observe(self, seat: Seat) -> None:
        """Metrics that are looked at, not counted."""
        positions = seat.holder.standing.positions
        for topic, source in self._sources.items():
            end = self._app.consumer.highwater(TP(topic, seat.number)) or 0
            lag = max(0, end - positions[source])
            self._metrics.lag.labels(source, str(seat.number)).set(lag)
        counts = seat.holder.counts()
        self._metrics.dealers.labels(str(seat.number)).set(counts.get("dealers", 0))
        repeats, seat.repeats = counts.get("repeats", 0) - seat.repeats, counts.get("repeats", 0)
        self._metrics.repeats.inc(repeats)
        self._metrics.tick_delay.set(seat.holder.delay_us / SECOND)

    async def _load(self, partitions: list[int]) -> None:
        started = time.monotonic()
        await self._release()
        around = await self._surroundings()
        vaults = {number: self._vault(number) for number in partitions}
        await asyncio.gather(*(vault.open() for vault in vaults.values()))
        rows = await kafka.read_whole(self._settings.broker, self._names.state, partitions)
        self._seats = {
            number: Seat(
                number, self._holder(number, vault, rows.pop(number)), vault, around, self._steer
            )
            for number, vault in vaults.items()
        }
        positions = [seat.saved.positions[OUTLOOK] for seat in self._seats.values()]
        await self._outlooks.read_from(min(positions, default=0))
        took = time.monotonic() - started
        self._metrics.recovery_seconds.set(took)
        cuts = {seat.number: seat.saved.cut for seat in self._seats.values()}
        log.info("partitions_loaded", cuts=cuts, seconds=round(took, 2))

    async def _surroundings(self) -> Surroundings:
        if self._teller is None:
            self._teller = kafka.quick_producer(self._settings.broker)
            await self._teller.start()
        return Surroundings(
            self._names,
            self._teller,
            self._metrics,
            self._outlooks.get,
            self._save_turn,
            self._step_turn,
        )

    def _vault(self, number: int) -> Vault:
        prefix = self._settings.topics.prefix
        return Vault(self._settings.broker, self._names.state, number, f"part-{number}", prefix)

    def _holder(self, number: int, vault: Vault, rows: dict[bytes, bytes]) -> Holder:
        saved = vault.restored(rows)
        standing, arrays = (saved.head.standing, saved.arrays) if saved else (Standing(), None)
        core = self._core.partition(number, arrays)
        return Holder(core, standing, self._settings.tick, self._settings.worker.read_ahead)

    async def _release(self) -> None:
        seats = [seat for seat in self._seats.values() if not seat.leaving]
        if not seats:
            return
        await asyncio.gather(*(seat.leave(REST_S) for seat in seats))
        await self._outlooks.stop()
        cuts = {seat.number: seat.saved.cut for seat in seats}
        log.info("partitions_released", cuts=cuts)


def _get_ready() -> None:
    """Compile the decoder now: it may take ten seconds, once, and nobody waits yet."""
    decode_slice(RawSlice(Source.ORDERS, Source.ORDERS, 0, (), (), ()), 1)


def _raw(source: Source, topic: str, partition: int, records: Sequence[Unpacked]) -> RawSlice:
    return RawSlice(
        source,
        topic,
        partition,
        [record.offset for record in records],
        [record.key for record in records],
        [record.value for record in records],
    )
