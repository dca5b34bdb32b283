"""Saving and loading state: rows of a compacted topic, written in transactions that fence.

One `Vault` per owner (a partition, or the network). Opening it fences whoever was the owner before:
a process that slept through a rebalance can no longer write; Kafka checks that, not we.
What must happen exactly as often as the state advances (dead letters, dealer statistics) goes into
the same transaction.
"""

from __future__ import annotations

import asyncio
from collections import deque
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from streams import kafka
from streams.workers.rows import rows_of, saved_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from streams.workers.rows import Arrays, Row, Saved, Standing

_SENT_AHEAD = 1_000  # messages of a transaction that wait for their confirmation


class Message(NamedTuple):
    """One record to write."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None


class Vault:
    """Where one owner keeps its state; `prefix` tells systems on one Kafka apart."""

    def __init__(self, broker: str, topic: str, partition: int, owner: str, prefix: str) -> None:
        self._topic = topic
        self._partition = partition
        self._owner = owner
        self._rows = 0  # of the snapshot that stands in the topic
        self._producer = kafka.transactional_producer(broker, f"{prefix}dealerwatch-{owner}")

    async def open(self) -> None:
        """From here on an older owner is fenced. May take as long as its open transaction."""
        await self._producer.start()

    async def close(self) -> None:
        """Nothing can be saved any more."""
        await self._producer.stop()

    def restored(self, rows: Mapping[bytes, bytes]) -> Saved | None:
        """The snapshot among the rows of its partition; None for a fresh start."""
        saved = saved_in(self._owner, rows)
        self._rows = saved.head.rows if saved else 0
        return saved

    async def pack(
        self, arrays: Arrays, standing: Standing, counts: Mapping[str, int]
    ) -> list[Row]:
        """The rows of a snapshot, worked out in a thread; until then the arrays must not change."""
        return await asyncio.to_thread(
            rows_of, self._owner, arrays, standing, counts, rows_before=self._rows
        )

    async def save(self, rows: list[Row], with_it: Iterable[Message] = ()) -> int:
        """Write a snapshot and what belongs to it; all or nothing. Returns the bytes of its rows.

        Raises when fenced, when Kafka is away too long, or when a message is refused: then nothing
        was written, or it will be taken back; the process must end, its successor knows the truth.
        """
        ours = (Message(self._topic, self._partition, *row) for row in rows)
        async with self._producer.transaction():
            await self._send_all(chain(with_it, ours))
        self._rows = _count(rows)
        return sum(len(value or b"") for _, value in rows)

    async def _send_all(self, messages: Iterable[Message]) -> None:
        """All, confirmed; a part at a time, so that they need not all be in memory."""
        sent: deque[asyncio.Future[object]] = deque()
        for message in messages:
            sent.append(await self._send(message))
            if len(sent) > _SENT_AHEAD:
                await sent.popleft()
        await asyncio.gather(*sent)

    async def _send(self, message: Message) -> asyncio.Future[object]:
        topic, partition, key, value = message
        sent: asyncio.Future[object] = await self._producer.send(
            topic, key=key, value=value, partition=partition
        )
        return sent


def _count(rows: Iterable[Row]) -> int:
    return sum(value is not None for _, value in rows) - 1  # without the head
