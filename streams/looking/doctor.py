"""`dealerwatch doctor`: what is wrong, in sentences, each with its cure.

Checks go from the ground up; what stands on something broken is not looked at.
"""

from __future__ import annotations

import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kafka import KafkaConsumer, TopicPartition

from schemas import cut as cuts
from schemas.batch import Source
from schemas.instant import format_instant
from schemas.routing import partitions_of
from streams.errors import OperationError
from streams.topics import administration, check, names, told
from streams.workers.application import group

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kafka import KafkaAdminClient
    from kafka.consumer.fetcher import ConsumerRecord

    from schemas.settings import Settings

_SAMPLE = 500  # latest records per partition: enough to meet every active producer
_READ_LIMIT_S = 10.0
_LATE_CUTS = 6  # intervals without a cut before the clock counts as dead
_MUCH_LAG = 100_000  # records: some seconds of work; more is a backlog


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    well: bool
    sentence: str
    cure: str = ""

    def __str__(self) -> str:
        mark = "ok  " if self.well else "BAD "
        cure = f"\n     cure: {self.cure}" if self.cure and not self.well else ""
        return f"{mark} {self.what}: {self.sentence}{cure}"


def examine(settings: Settings) -> Iterator[Finding]:
    """All findings, in the order of what stands on what."""
    try:
        with administration(settings.broker) as admin:
            yield Finding("broker", well=True, sentence=f"answers at {settings.broker}")
            topics = _topics(admin, settings)
            yield topics
            if topics.well:
                yield from _flow(settings)
    except OperationError as error:
        yield Finding("broker", well=False, sentence=str(error))


def _topics(admin: KafkaAdminClient, settings: Settings) -> Finding:
    wrong = check(admin, settings.topics)
    if not wrong:
        return Finding("topics", well=True, sentence="all there, of the right shape")
    return Finding(
        "topics",
        well=False,
        sentence=told(wrong),
        cure="`dealerwatch topics create` for what is missing; partitions and settings of existing "
        "topics are changed with Kafka's own tools, or the topics are deleted and created again",
    )


def _flow(settings: Settings) -> Iterator[Finding]:
    consumer = KafkaConsumer(
        bootstrap_servers=settings.broker.split(","),
        group_id=group(settings, "watch"),  # whose commits we look at; we never join it
        enable_auto_commit=False,
        isolation_level="read_committed",
    )
    with closing(consumer):
        yield _clock(consumer, settings)
        yield _lag(consumer, settings)
        for source in Source:
            yield _partitioner(consumer, settings, source)


def _clock(consumer: KafkaConsumer, settings: Settings) -> Finding:
    """Alive when its latest cut is young; played files bring their own cuts and then end."""
    topic = names(settings.topics.prefix).ticks
    cure = "start `dealerwatch clock`, or play a file with `dealerwatch publish`"
    latest = _latest(consumer, topic, settings.topics.partitions, 1)
    if not latest:
        return Finding("clock", well=False, sentence="has written no cut yet", cure=cure)
    record = max(latest, key=lambda record: int(record.timestamp))
    cut = cuts.decode(record.value)
    if cut.last:
        at = format_instant(cut.at)
        return Finding("clock", well=True, sentence=f"files were played up to {at}")
    age_s = time.time() - record.timestamp / 1000
    alive = age_s < _LATE_CUTS * settings.cuts.interval.seconds
    return Finding("clock", well=alive, sentence=f"the latest cut is {age_s:.0f} s old", cure=cure)


def _lag(consumer: KafkaConsumer, settings: Settings) -> Finding:
    """Records in the sources that the worker's group has not saved yet."""
    topic = names(settings.topics.prefix)
    sources = [
        TopicPartition(name, partition)
        for name in (topic.orders, topic.complaints, topic.returns)
        for partition in range(settings.topics.partitions)
    ]
    ends, begins = consumer.end_offsets(sources), consumer.beginning_offsets(sources)
    lag = {s: ends[s] - max(consumer.committed(s) or 0, begins[s]) for s in sources}
    most, whole = max(lag, key=lambda source: lag[source]), sum(lag.values())
    where = f", most of them ({lag[most]:,}) in {most.topic} partition {most.partition}"
    return Finding(
        "lag",
        well=whole < _MUCH_LAG,
        sentence=f"{whole:,} records wait{where if whole else ''}",
        cure="is `dealerwatch worker` running? One per partition is the most that helps",
    )


def _partitioner(consumer: KafkaConsumer, settings: Settings, source: Source) -> Finding:
    """Every key on the partition that Java's murmur2 gives it, so that a dealer is in one place."""
    topic: str = getattr(names(settings.topics.prefix), source)
    partitions = settings.topics.partitions
    records = [r for r in _latest(consumer, topic, partitions, _SAMPLE) if r.key]
    right = partitions_of([record.key for record in records], partitions)
    wrong = [r for r, partition in zip(records, right, strict=True) if r.partition != partition]
    if not wrong:
        return Finding(source, well=True, sentence=f"{len(records):,} records where they belong")
    dealers = Counter(record.key.decode(errors="replace") for record in wrong)
    dealer, _ = dealers.most_common(1)[0]
    return Finding(
        source,
        well=False,
        sentence=f"{len(wrong):,} of {len(records):,} records are on a partition that is not their "
        f"key's, for example those of dealer {dealer}; they become dead letters (misrouted)",
        cure="set `partitioner=murmur2_random` in producers made with librdkafka (C, Go, Python's "
        "confluent-kafka, .NET)",
    )


def _latest(
    consumer: KafkaConsumer, topic: str, partitions: int, count: int
) -> list[ConsumerRecord]:
    """Up to `count` of the latest records of every partition."""
    where = [TopicPartition(topic, partition) for partition in range(partitions)]
    consumer.assign(where)
    ends = consumer.end_offsets(where)
    for partition, end in ends.items():
        # Transactions end with a record of their own, which is not shown: look a little further.
        consumer.seek(partition, max(0, end - count - 1))
    found: list[ConsumerRecord] = []
    deadline = time.monotonic() + _READ_LIMIT_S
    while any(consumer.position(p) < end for p, end in ends.items()):
        if time.monotonic() > deadline:
            raise OperationError(f"topic {topic} cannot be read within {_READ_LIMIT_S:.0f} s")
        for records in consumer.poll(timeout_ms=200).values():
            found.extend(records)
    return found
