"""Deliveries side by side: lines of one lane in order, lanes do not wait for each other.

Memory: 8 lanes of 32 lines of at most 10 kB are 2.6 MB. A full lane makes the reader wait.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zlib import crc32

from streams.logs import logger
from streams.notifying.delivery import Delivery, Outcome
from streams.notifying.offers import Line, Watermark

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from streams.metrics import Metrics
    from streams.notifying.shelf import Shelf
    from streams.notifying.webhook import Webhook

LANES = 8
LANE_LINES = 32

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Offer:
    """One line on its way."""

    line: Line
    body: bytes
    offset: int


@dataclass(frozen=True, slots=True)
class Ways:
    """Where a line can go."""

    webhook: Webhook
    shelf: Shelf


def lane_of(alert_id: str) -> int:
    """Lines of one alert always go the same way."""
    return crc32(alert_id.encode()) % LANES


class Lanes:
    """Deliveries side by side, those of one alert one after the other."""

    def __init__(self, ways: Ways, metrics: Metrics, position: int) -> None:
        self._ways = ways
        self._metrics = metrics
        self.done = Watermark(position)
        self.committed = position
        self._queues = [asyncio.Queue[Offer](LANE_LINES) for _ in range(LANES)]

    async def put(self, offer: Offer) -> None:
        """Queue one; waits while its lane is full."""
        self.done.begin(offer.offset)
        await self._queues[lane_of(offer.line.alert_id)].put(offer)

    def work(self) -> list[Coroutine[Any, Any, None]]:
        """One endless task per lane. They raise what Kafka raises."""
        return [self._drain(queue) for queue in self._queues]

    async def idle(self) -> None:
        """Wait until nothing is queued or under way."""
        for queue in self._queues:
            await queue.join()

    async def _drain(self, queue: asyncio.Queue[Offer]) -> None:
        while True:
            offer = await queue.get()
            await self._handle(offer)
            self.done.end(offer.offset)
            queue.task_done()

    async def _handle(self, offer: Offer) -> None:
        """Steps 2 and 3 of streams/notifying/notify.py."""
        if self._ways.shelf.holds(offer.line.alert_id):
            behind = Delivery(Outcome.TIMED_OUT, 0, 0.0, "waits behind an earlier line")
            await self._ways.shelf.keep(offer.line, offer.body, behind)
            return
        delivery = await self._ways.webhook.deliver(offer.line.webhook_id, offer.body)
        self._metrics.deliveries.labels(delivery.outcome).inc()
        self._metrics.delivery_seconds.observe(delivery.seconds)
        if delivery.outcome is Outcome.DELIVERED:
            log.info("alert_delivered", id=offer.line.webhook_id, tries=delivery.tries)
        else:
            await self._ways.shelf.keep(offer.line, offer.body, delivery)
