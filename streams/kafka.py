"""How we connect to Kafka: consumers of assigned partitions, and three kinds of producers.

Consumers read committed records only: what a crashed or fenced writer left half done does not
exist. Every producer waits for all in-sync replicas and is idempotent: a retry neither doubles nor
reorders.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaConnectionError

from streams.errors import NO_KAFKA, OperationError
from streams.topics import administration, must_fit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Iterable, Mapping

    from aiokafka import ConsumerRecord

    from schemas.settings import Settings

MESSAGE_BYTES = 4 * 1024 * 1024  # a record of 1 MiB in base64, a census of 50,000 SKUs
BATCH_BYTES = 1_000_000  # brokers refuse batches over 1 MiB (message.max.bytes)
TRANSACTION_MS = 30_000  # a dead writer blocks readers of its partitions at most this long
REQUEST_MS = 40_000
# A broker that restarts for a minute, twice over: until then the player keeps what it sent.
PATIENT_MS = 180_000


class _Consumer(AIOKafkaConsumer):  # type: ignore[misc]  # aiokafka tells no types
    async def start(self) -> None:
        await _or_close(self, super().start())


class _Producer(AIOKafkaProducer):  # type: ignore[misc]  # aiokafka tells no types
    async def start(self) -> None:
        await _or_close(self, super().start())


async def _or_close(client: _Consumer | _Producer, starting: Coroutine[Any, Any, None]) -> None:
    """Close a client that finds nobody: aiokafka leaves it open, and complains of that later."""
    try:
        await starting
    except BaseException:
        await client.stop()
        raise


def consumer(
    broker: str, *, group: str | None = None, min_bytes: int = 1, max_wait_ms: int = 500
) -> AIOKafkaConsumer:
    """A consumer that joins no group; `async with`, then assign. It may commit to `group`."""
    return _Consumer(
        bootstrap_servers=broker,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        isolation_level="read_committed",
        fetch_min_bytes=min_bytes,
        fetch_max_wait_ms=max_wait_ms,
        max_partition_fetch_bytes=MESSAGE_BYTES,
        request_timeout_ms=REQUEST_MS,
    )


def quick_producer(broker: str) -> AIOKafkaProducer:
    """For messages that somebody waits for: nothing lingers."""
    return _producer(broker, linger_ms=0)


def patient_producer(broker: str) -> AIOKafkaProducer:
    """For playing files: survives a broker that is away for a minute."""
    return _producer(broker, request_timeout_ms=PATIENT_MS, max_batch_size=BATCH_BYTES)


def transactional_producer(broker: str, identity: str) -> AIOKafkaProducer:
    """For saving state. Starting it fences whoever had this identity before."""
    return _producer(
        broker,
        transactional_id=identity,
        transaction_timeout_ms=TRANSACTION_MS,
        max_batch_size=BATCH_BYTES,
    )


def _producer(broker: str, **settings: Any) -> AIOKafkaProducer:
    return _Producer(
        bootstrap_servers=broker,
        acks="all",
        enable_idempotence=True,
        max_request_size=MESSAGE_BYTES,
        **{"request_timeout_ms": REQUEST_MS, **settings},
    )


async def read_to_end(
    client: AIOKafkaConsumer, positions: Mapping[TopicPartition, int]
) -> AsyncIterator[ConsumerRecord[bytes | None, bytes | None]]:
    """All records from the given positions to the ends found now, partition by partition in order.

    The client is assigned these partitions, and still is afterwards.
    """
    client.assign(list(positions))
    ends = await client.end_offsets(list(positions))
    for partition, position in positions.items():
        client.seek(partition, position)
    left = {partition for partition, end in ends.items() if end > positions[partition]}
    while left:
        for records in (await client.getmany(*left, timeout_ms=200)).values():
            for record in records:
                yield record
        left = {
            partition for partition in left if await client.position(partition) < ends[partition]
        }


async def read_whole(
    broker: str, topic: str, partitions: Iterable[int]
) -> dict[int, dict[bytes, bytes]]:
    """A compacted topic as it stands: partition → key → last value."""
    kept: dict[int, dict[bytes, bytes]] = {partition: {} for partition in partitions}
    positions = {TopicPartition(topic, partition): 0 for partition in kept}
    if not positions:
        return kept
    async with consumer(broker, max_wait_ms=20) as client:
        async for record in read_to_end(client, positions):
            if record.value is None:
                kept[record.partition].pop(record.key or b"", None)
            else:
                kept[record.partition][record.key or b""] = record.value
    return kept


def must_be_ready(settings: Settings, *topics: str) -> None:
    """Before anything is started that would wait for it: Kafka answers, and has our topics.

    topics: those that are needed; all without it. Raises OperationError with the cure.
    """
    asyncio.run(_must_answer(settings.broker))
    with administration(settings.broker) as admin:
        must_fit(admin, settings.topics, topics)


async def _must_answer(broker: str) -> None:
    try:
        async with quick_producer(broker):
            pass
    except KafkaConnectionError as error:
        raise unreachable(broker, error) from error


def unreachable(broker: str, error: KafkaConnectionError) -> OperationError:
    """What to tell people when nobody answers."""
    reason = str(error).partition(" from ")[0]  # without aiokafka's list of addresses
    return OperationError(f"no Kafka answers at broker={broker} ({reason}); {NO_KAFKA}")
