"""The outlooks of the network, as a worker reads them: outside the group, from a known position."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from aiokafka import TopicPartition

from schemas import wire
from schemas.wire import Outlook
from streams import kafka
from streams.workers.holder import Noted
from streams.workers.watchdog import or_die

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiokafka import ConsumerRecord

_WAIT_MS = 500


class Outlooks:
    """Outlooks by tick. Of several of one tick the first in the log counts.

    Late: partitions hold until it is here. Twice, after a restart of the network: the repeat is
    identical and ignored. Never: partitions hold, `watch` says so in its metrics.
    """

    def __init__(self, broker: str, topic: str, on_news: Callable[[], None]) -> None:
        self._broker = broker
        self._topic = topic
        self._on_news = on_news
        self._known: dict[int, Noted] = {}
        self._reading: asyncio.Task[None] | None = None

    def get(self, tick: int) -> Noted | None:
        """The outlook of a tick, None while it is not here."""
        return self._known.get(tick)

    def forget_before(self, tick: int) -> None:
        """Every partition has weighed the ticks before this one."""
        for old in [known for known in self._known if known < tick]:
            del self._known[old]

    async def read_from(self, position: int) -> None:
        """Start (again) at a position: that of the partition which stands farthest back."""
        await self.stop()
        self._known.clear()
        self._reading = asyncio.create_task(or_die(self._read(position), "outlook_not_readable"))

    async def stop(self) -> None:
        """Read no more."""
        if self._reading is not None:
            self._reading.cancel()
            with suppress(asyncio.CancelledError):
                await self._reading
            self._reading = None

    async def _read(self, position: int) -> None:
        partition = TopicPartition(self._topic, 0)
        async with kafka.consumer(self._broker) as client:
            client.assign([partition])
            client.seek(partition, position)
            while True:
                for record in (await client.getmany(timeout_ms=_WAIT_MS)).get(partition, ()):
                    self._note(record)
                self._on_news()

    def _note(self, record: ConsumerRecord[bytes, bytes]) -> None:
        outlook = wire.decode(record.value or b"")
        if isinstance(outlook, Outlook):
            self._known.setdefault(outlook.tick, Noted(outlook, record.offset + 1))
