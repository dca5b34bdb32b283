"""What `demo` can see from outside: topics, read as any consumer would read them."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec
from kafka import KafkaConsumer, TopicPartition

from schemas import cut as cuts
from schemas.alert import Kind
from schemas.batch import Source
from streams.showing.view import Picture
from streams.topics import names
from streams.workers.network import UNDECIDED
from streams.workers.rows import Head, is_head, read_head

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kafka.consumer.fetcher import ConsumerRecord

    from schemas.cut import Cut
    from schemas.settings import Settings

_LOOK_MS = 100  # waiting for news
_MOST_RECORDS = 20_000  # of one look: cuts of 100 bytes while a file is played, 2 MB
# A save ends with the head row and the mark of its transaction: there is where it stands.
_HEAD_BEHIND_END = 2


@contextmanager
def following(settings: Settings) -> Iterator[Follower]:
    """A follower, connected until the end of the block."""
    consumer = KafkaConsumer(
        bootstrap_servers=settings.broker.split(","),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        max_poll_records=_MOST_RECORDS,
    )
    try:
        yield Follower(consumer, settings)
    finally:
        consumer.close(autocommit=False)


class Follower:
    """Keeps a picture of the system up to date, look by look."""

    def __init__(self, consumer: KafkaConsumer, settings: Settings) -> None:
        self.picture = Picture()
        self.letters: Counter[str] = Counter()  # dead letters by reason
        self._consumer = consumer
        self._names = names(settings.topics.prefix)
        self._partitions = range(settings.topics.partitions)
        self._tick_length = settings.tick
        self._heads: dict[TopicPartition, Head] = {}
        self._last_cuts: dict[int, Cut] = {}
        self._first_tick: int | None = None
        self._last_tick: int | None = None
        consumer.assign([*self._streams, *self._states, *self._cuts])

    @cached_property
    def _streams(self) -> list[TopicPartition]:
        """Read record by record."""
        letters = [TopicPartition(self._names.dead_letters, p) for p in self._partitions]
        return [TopicPartition(self._names.alerts, 0), *letters]

    @cached_property
    def _states(self) -> list[TopicPartition]:
        """Only the end is read."""
        parts = [TopicPartition(self._names.state, p) for p in self._partitions]
        return [TopicPartition(self._names.network_state, 0), *parts]

    @cached_property
    def _cuts(self) -> list[TopicPartition]:
        return [TopicPartition(self._names.ticks, p) for p in self._partitions]

    @cached_property
    def _sources(self) -> list[TopicPartition]:
        topics = (self._names.orders, self._names.complaints, self._names.returns)
        return [TopicPartition(topic, p) for topic in topics for p in self._partitions]

    def look(self) -> Picture:
        """The picture as it is now; waits a moment for news."""
        self._skip_to_heads()
        for place, records in self._consumer.poll(timeout_ms=_LOOK_MS).items():
            for record in records:
                self._note(place, record)
        self._sum_up()
        return self.picture

    def is_untouched(self) -> bool:
        """Is nothing in the topics of events and cuts?"""
        return not any(self._consumer.end_offsets([*self._sources, *self._cuts]).values())

    def is_complete(self) -> bool:
        """Is everything up to the last cut of the played files decided, saved, and read here?"""
        if not any(self._consumer.end_offsets(self._cuts).values()):
            return True  # nothing was in the files
        return self._is_applied() and self._is_decided() and self._has_read_all()

    def _is_applied(self) -> bool:
        for partition, state in enumerate(self._states[1:]):
            cut, head = self._last_cuts.get(partition), self._heads.get(state)
            if cut is None or head is None or not cut.last or head.standing.cut != cut.number:
                return False
        return True

    def _is_decided(self) -> bool:
        if self._last_tick is None:
            return True  # the files are shorter than a tick
        network = self._heads.get(self._states[0])
        if network is None or network.standing.positions[UNDECIDED]:
            return False
        return network.standing.tick == self._last_tick

    def _has_read_all(self) -> bool:
        ends = self._consumer.end_offsets(self._streams)
        return all(self._consumer.position(place) >= end for place, end in ends.items())

    def _skip_to_heads(self) -> None:
        for place, end in self._consumer.end_offsets(self._states).items():
            head = max(0, end - _HEAD_BEHIND_END)
            if self._consumer.position(place) < head:
                self._consumer.seek(place, head)

    def _note(self, place: TopicPartition, record: ConsumerRecord) -> None:
        if place in self._states:
            if is_head(record.key):
                self._heads[place] = read_head(record.value)
        elif place in self._cuts:
            self._note_cut(place.partition, cuts.decode(record.value))
        elif place.topic == self._names.alerts:
            self._note_alert(msgspec.json.decode(record.value))
        else:
            self.letters[msgspec.json.decode(record.value)["reason"]] += 1

    def _note_cut(self, partition: int, cut: Cut) -> None:
        self._last_cuts[partition] = cut
        if cut.tick is not None:
            self._last_tick = cut.tick
            if self._first_tick is None:
                self._first_tick = cut.tick

    def _note_alert(self, alert: dict[str, Any]) -> None:
        if alert["change"] == "opened":
            self.picture.opened[Kind(alert["kind"])] += 1
        sentence = f"{alert['at'][:10]}  {alert['message']['en']}"
        self.picture.latest.append((alert["severity"], sentence))

    def _sum_up(self) -> None:
        picture = self.picture
        heads = [self._heads[place] for place in self._states[1:] if place in self._heads]
        picture.events = sum(
            head.standing.positions.get(source, 0) for head in heads for source in Source
        )
        picture.dealers = sum(head.counts.get("dealers", 0) for head in heads)
        picture.lag = sum(self._consumer.end_offsets(self._sources).values()) - picture.events
        picture.dead_letters = self.letters.total()
        network = self._heads.get(self._states[0])
        if network and network.standing.tick is not None and self._first_tick is not None:
            picture.ticks = network.standing.tick - self._first_tick + 1
            picture.clock = (network.standing.tick + 1) * self._tick_length
