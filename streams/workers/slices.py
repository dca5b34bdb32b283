"""Faust with one event per fetched slice of a partition, instead of one per record.

97 % of Faust's cost is per event (300 µs each), so agents here receive `Slice` values of up to
5,000 records. Agents stay stock: `async for piece in stream`. What else differs from Faust:

* Records are read (`Feed.read`) by the thread that fetches them. Reading is compiled code that
  leaves the interpreter to others, so it and the agents have a core each.
* Reading starts where the `Feed` stands (its saved state), and what is committed is what it has
  saved, never what an agent has merely seen.
* Slices follow each other without a hole: what was fetched and not delivered is sought back, and
  `Slice.first` lets the feed prove it. Positions that hold no record (markers of transactional
  producers) come as a slice without records.
* Before partitions are given up, on a rebalance or a stop, the feed saves (`Feed.release`), so that
  the next owner repeats nothing.
* A planned stop leaves the group also as a static member: nobody waits for the session to end.

This module and the one it unpacks with (streams/workers/unpacking.py) are the only ones that touch
private parts of Faust 0.15.3 and aiokafka 0.14. They are:

| part | why |
|---|---|
| faust `Consumer._drain_messages` | replaced: delivers slices |
| faust `Consumer._wait_next_records` | fetches, and waits while the flow is stopped |
| faust `Consumer._new_offset`, `_acked`, `_acked_index` | offset to commit; the marks of Faust |
| faust `Consumer._read_offset` | where the next slice starts |
| faust `Consumer._commit` | commit on release |
| faust `Consumer._thread`, `AIOKafkaConsumerThread._consumer` | the client inside |
| faust `AIOKafkaConsumerThread._create_worker_consumer`, `_fetch_records` | how it fetches |
| faust `AIOKafkaConsumerThread._seek_wait` | what was fetched before is void |
| faust `Conductor._tp_index` | is the agent's queue full? |
| aiokafka `_fetch_min_bytes`, `_fetch_max_wait_ms` | Faust hard-codes 1 byte and 1,500 ms |
| aiokafka `_isolation_level` | an aborted record never was |
| aiokafka `_subscription…state_value(tp).position` | positions without a record |
| aiokafka `_fetcher._records[tp]._partition_records._records_iterator` | whole batches |
| aiokafka `PartitionRecords._unpack_records` | replaced, see streams/workers/unpacking.py |
| aiokafka `_coordinator._group_instance_id`, `check_errors` | leave the group; is it dead? |

tests/kafka/test_faust_contract.py fails when one of them changes.
"""
# ruff: noqa: SLF001 (see above)

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import faust
from aiokafka.errors import ConsumerStoppedError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from streams.workers.unpacking import unpack_whole_batches

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aiokafka import AIOKafkaConsumer
    from faust.types import TopicT

    from streams.workers.unpacking import Unpacked

_SLICE_RECORDS = 5_000  # reading takes ~1.5 µs each: the thread's event loop is free after 8 ms
_POLL_S = 0.25  # how long a position without records may go unnoticed


class Slice(NamedTuple):
    """What is in one partition from position `first` up to `following` (exclusive)."""

    topic: str
    partition: int
    first: int
    following: int
    content: Any  # what `Feed.read` made of the records


class Feed(Protocol):
    """Who consumes slices, and whose saved state decides what is read and what is committed."""

    def read(self, topic: str, partition: int, records: Sequence[Unpacked]) -> Any:
        """The content of a slice of these records, perhaps none.

        Called by the thread that fetches, also for slices that are never delivered: a function of
        its arguments, that changes nothing.
        """

    def saved_position(self, topic: str, partition: int) -> int | None:
        """Position after the last record that the saved state holds; None when not owned."""

    async def load(self, partitions: set[int]) -> None:
        """Partitions were assigned, all of them; called before their first slice."""

    async def release(self) -> None:
        """Save: the partitions go to somebody else. May be called again."""


@dataclass(frozen=True, slots=True)
class Fetching:
    """How slices are fetched.

    Sources: 256 KiB or 100 ms, whatever comes first. With one byte, live slices hold one or two
    records and the worker falls behind. Messages between the stages: one byte.
    """

    topics: frozenset[str]
    min_bytes: int
    max_wait_ms: int

    @classmethod
    def bulk(cls, *topics: str) -> Fetching:
        """Many small records, where 100 ms do not matter."""
        return cls(frozenset(topics), min_bytes=256 * 1024, max_wait_ms=100)

    @classmethod
    def prompt(cls, *topics: str) -> Fetching:
        """Few messages, each awaited by somebody."""
        return cls(frozenset(topics), min_bytes=1, max_wait_ms=500)


class RawSchema(faust.Schema):  # type: ignore[type-arg]
    """Slices pass as they are: decoding is the agent's business."""

    def loads_key(self, app: Any, message: Any, **_: Any) -> Any:
        """See faust.Schema."""
        del app
        return message.key

    def loads_value(self, app: Any, message: Any, **_: Any) -> Any:
        """See faust.Schema."""
        del app
        return message.value


class _Piece(NamedTuple):
    following: int  # position after its last record
    timestamp: float  # of that, seconds
    content: Any


class _Fetched(NamedTuple):
    pieces: Sequence[_Piece]  # at least one
    era: int  # of the thread


class _SliceThread(driver.AIOKafkaConsumerThread):
    mundane_level = "debug"  # of "Starting…" and the like
    consumer: _SliceConsumer
    era = 0  # assignments and seeks so far: what was fetched before the last one is void

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        self.era += 1
        await super().on_partitions_assigned(assigned, generation_id)

    async def _seek_wait(self, consumer: AIOKafkaConsumer, partitions: Mapping[TP, int]) -> None:
        self.era += 1
        await super()._seek_wait(consumer, partitions)

    def _create_worker_consumer(self, transport: driver.Transport) -> AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_min_bytes = self.consumer.fetching.min_bytes
        consumer._fetch_max_wait_ms = self.consumer.fetching.max_wait_ms
        consumer._isolation_level = "read_committed"
        return consumer

    async def _fetch_records(  # type: ignore[override]
        self, consumer: AIOKafkaConsumer, active_partitions: set[TP], **limits: Any
    ) -> dict[TP, _Fetched]:
        unpack_whole_batches(consumer)
        limits["max_records"] = None  # they would count batches
        batches = await super()._fetch_records(consumer, set(active_partitions), **limits)
        positions = _positions(consumer, {*batches, *active_partitions})
        era = self.era  # of the records and the positions: nothing was awaited between them
        fetched = {}
        for tp, position in positions.items():
            records = list(chain.from_iterable(batches.get(tp, ())))
            fetched[tp] = _Fetched(await self._read(tp, records, position), era)
        return fetched

    async def _read(self, tp: TP, records: list[Unpacked], position: int) -> list[_Piece]:
        pieces = []
        for start in range(0, len(records) or 1, _SLICE_RECORDS):
            part = records[start : start + _SLICE_RECORDS]
            is_last = start + _SLICE_RECORDS >= len(records)
            following = position if is_last else part[-1].offset + 1
            timestamp = part[-1].timestamp / 1000 if part else time.time()
            content = self.consumer.feed.read(tp.topic, tp.partition, part)
            pieces.append(_Piece(following, timestamp, content))
            await asyncio.sleep(0)  # heartbeats
        return pieces

    def leave(self) -> None:
        """Drop the static identity: with one, aiokafka sends no LeaveGroup when it stops."""
        if self._consumer is not None and self._consumer._coordinator is not None:
            self._consumer._coordinator._group_instance_id = None


def _positions(consumer: AIOKafkaConsumer, partitions: set[Any]) -> dict[TP, int]:
    """Where the client stands in those of the partitions that it still owns."""
    subscription = consumer._subscription.subscription
    if subscription is None or subscription.assignment is None:
        return {}
    assignment = subscription.assignment
    states = {TP(*tp): assignment.state_value(tp) for tp in partitions & set(assignment.tps)}
    return {tp: state.position for tp, state in states.items() if state.has_valid_position}


class _SliceConsumer(driver.Consumer):
    mundane_level = "debug"
    _thread: _SliceThread

    def __init__(self, *args: Any, feed: Feed, fetching: Fetching, **kwargs: Any) -> None:
        self.feed, self.fetching = feed, fetching
        super().__init__(*args, **kwargs)

    def _new_consumer_thread(self) -> _SliceThread:
        return _SliceThread(self, loop=self.loop, beacon=self.beacon)

    async def perform_seek(self) -> None:
        """After a rebalance: to where the loaded state stands."""
        known = ((tp, self.feed.saved_position(*tp)) for tp in self.assignment())
        positions = {tp: position for tp, position in known if position is not None}
        await self._thread.seek_wait(positions)
        self._read_offset.update(positions)

    async def _drain_messages(self, fetcher: Any) -> None:
        try:
            while not (self.should_stop or fetcher.should_stop):
                fetched, _ = await self._wait_next_records(_POLL_S)
                for tp, found in (fetched or {}).items():
                    await self._deliver_all(tp, found)  # type: ignore[arg-type]
                await asyncio.sleep(0)
        except (asyncio.CancelledError, ConsumerStoppedError):
            if not self.app.should_stop:
                raise

    async def _deliver_all(self, tp: TP, found: _Fetched) -> None:
        for piece in found.pieces:
            if not self._is_current(found):
                break
            first = self._read_offset[tp] or 0
            if piece.following > first:  # else neither a record nor a move
                await self._deliver(tp, first, piece)
            if not self._is_current(found):  # delivering waited until a rebalance was over
                break
            self._read_offset[tp] = piece.following
        else:
            return
        await self._seek_back(tp)

    def _is_current(self, found: _Fetched) -> bool:
        return self.flow_active and found.era == self._thread.era

    async def _seek_back(self, tp: TP) -> None:
        """Fetched, so the client has moved on, but not delivered: a rebalance came in between."""
        position = self._read_offset[tp]
        if position is not None and tp in self.assignment():  # None: perform_seek comes later
            await self._thread.seek_wait({tp: position})

    async def _deliver(self, tp: TP, first: int, piece: _Piece) -> None:
        message = self._message(tp, first, piece)
        if self._queue_is_full(tp):
            await self.wait_first(self.callback(message), self.suspend_flow.wait())
        else:
            await self.callback(message)

    def _queue_is_full(self, tp: TP) -> bool:
        channels = self.app.topics._tp_index.get(tp, ())  # type: ignore[attr-defined]
        return any(channel.queue.full() for channel in channels)

    def _message(self, tp: TP, first: int, piece: _Piece) -> ConsumerMessage:
        value = Slice(tp.topic, tp.partition, first, piece.following, piece.content)
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            offset=piece.following - 1,
            timestamp=piece.timestamp,
            timestamp_type=0,
            headers=None,
            key=None,
            value=value,  # type: ignore[arg-type]
            checksum=None,
            serialized_key_size=0,
            serialized_value_size=0,
            tp=tp,
            generation_id=self.app.consumer_generation_id,
        )

    def _new_offset(self, tp: TP) -> int | None:
        self._acked[tp].clear()
        self._acked_index[tp].clear()
        return self.feed.saved_position(tp.topic, tp.partition)

    async def wait_empty(self) -> None:
        """Before partitions are given up and before the end: agents quiet, then save, commit."""
        await super().wait_empty()
        await self.feed.release()
        await self._commit_released()
        if self.app.should_stop:
            self._thread.leave()

    async def _commit_released(self) -> None:
        known = ((tp, self.feed.saved_position(*tp)) for tp in self.assignment())
        offsets = {tp: offset for tp, offset in known if offset is not None}
        if offsets:
            await self._commit(offsets)


class _SliceTransport(driver.Transport):
    def __init__(self, *args: Any, feed: Feed, fetching: Fetching) -> None:
        super().__init__(*args)
        self.feed, self.fetching = feed, fetching

    def create_consumer(self, callback: Any, **kwargs: Any) -> _SliceConsumer:
        return _SliceConsumer(
            self,
            callback=callback,
            loop=self.loop,
            feed=self.feed,
            fetching=self.fetching,
            **kwargs,
        )


def deliver_slices(app: faust.App, feed: Feed, fetching: Fetching) -> TopicT:
    """Make `app` consume slices of `fetching.topics` for `feed`; the topic is for its agent."""
    app.transport = _SliceTransport(app.conf.broker_consumer, app, feed=feed, fetching=fetching)
    _load_when_assigned(app, feed, fetching.topics)
    schema = RawSchema(key_serializer="raw", value_serializer="raw")
    return app.topic(*sorted(fetching.topics), schema=schema)


def _load_when_assigned(app: faust.App, feed: Feed, topics: frozenset[str]) -> None:
    # Faust sends this signal after a rebalance, before it seeks and before any record flows.
    async def load(*_: Any, **__: Any) -> None:
        assigned = app.consumer.assignment()
        mine = {tp.partition for tp in assigned}
        if assigned != {TP(topic, partition) for topic in topics for partition in mine}:
            raise RuntimeError(
                f"partitions of one number must have one owner, assigned: {assigned}"
            )
        await feed.load(mine)

    app.on_rebalance_complete.connect(load)


def check_group(app: faust.App) -> bool:
    """True while records can flow; raises what ended the membership of this consumer's group."""
    consumer: Any = app.consumer
    thread = getattr(consumer, "_thread", None)
    client = getattr(thread, "_consumer", None)
    coordinator = getattr(client, "_coordinator", None)
    if coordinator is None:
        return False
    coordinator.check_errors()
    return bool(consumer.flow_active) and not app.rebalancing
