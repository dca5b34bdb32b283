"""Many records into one partition, fast: whole batches, in order, each confirmed.

A producer's `send` costs 20 µs a record, filling a batch half a microsecond (aiokafka's public
`create_batch` and `send_batch`).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiokafka import AIOKafkaProducer, TopicPartition
    from aiokafka.producer.message_accumulator import BatchBuilder


class Outlet:
    """One partition of one topic; `end` is its end offset now, and nobody else may write to it."""

    def __init__(self, producer: AIOKafkaProducer, place: TopicPartition, end: int) -> None:
        self.unconfirmed = 0  # records
        self._producer = producer
        self._place = place
        self._batch: BatchBuilder | None = None  # being filled
        self._end: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._end.set_result(end)  # after the batch sent last

    def put(self, key: bytes, value: bytes) -> None:
        """A record; it goes out when its batch is full or closed."""
        if self._batch is None:
            self._batch = self._producer.create_batch()
        if self._batch.append(timestamp=None, key=key, value=value) is None:  # full
            self.close()
            self.put(key, value)
        else:
            self.unconfirmed += 1

    def close(self) -> asyncio.Future[int]:
        """Send what there is; gives the end of the log after all that was put, confirmed."""
        batch, self._batch = self._batch, None
        if batch is not None:
            self._end = asyncio.create_task(self._send(batch, self._end))
        return self._end

    def abandon(self) -> None:
        """Send no more: nobody waits for it. What waits for what is cancelled with it."""
        self._end.cancel()

    async def first_confirmation(self) -> None:
        """Wait until something that was put is confirmed."""
        await self.close()

    async def _send(self, batch: BatchBuilder, before: asyncio.Future[int]) -> int:
        await before  # batches of one partition go one by one
        batch.close()
        sent = await self._producer.send_batch(
            batch, self._place.topic, partition=self._place.partition
        )
        offset = (await sent).offset
        if offset < 0:
            raise OSError(f"{self._place.topic}: Kafka confirmed records without saying where")
        self.unconfirmed -= batch.record_count()
        end: int = offset + batch.record_count()
        return end
