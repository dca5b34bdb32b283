"""Alerts that could not be delivered in time wait here, in the topic `undelivered`.

Memory holds ids, the topic the content: 100,000 waiting alerts are 30 MB here, whatever their size.
When the shelf is full, who wants to keep another waits, and the alerts stay in their own topic.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schemas.fields import encode
from schemas.instant import DAY, Micros
from schemas.undelivered import Undelivered
from streams import kafka
from streams.logs import logger
from streams.notifying.delivery import Delivery, Outcome

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

    from streams.metrics import Metrics
    from streams.notifying.delivery import Timing
    from streams.notifying.offers import Line
    from streams.notifying.webhook import Webhook

MOST_WAITING = 100_000
GIVEN_UP_AFTER: Micros = 7 * DAY
# Between tries that fail, so that a pass over a full shelf is no flood: 20 a second.
FAILURE_PAUSE_S = 0.05

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Log:
    """The topic `undelivered`, with connections that live as long as the notifier."""

    partition: TopicPartition
    reader: AIOKafkaConsumer
    producer: AIOKafkaProducer

    async def write(self, webhook_id: str, value: bytes | None) -> None:
        """Append one record; when this returns, Kafka has it."""
        topic, number = self.partition
        await self.producer.send_and_wait(topic, value, key=webhook_id.encode(), partition=number)

    async def read(self) -> AsyncIterator[tuple[str, Undelivered | None]]:
        """Everything up to now, in order: webhook id, and what is kept or None."""
        start = (await self.reader.beginning_offsets([self.partition]))[self.partition]
        async for record in kafka.read_to_end(self.reader, {self.partition: start}):
            kept = Undelivered.model_validate_json(record.value) if record.value else None
            yield (record.key or b"").decode(), kept


class Shelf:
    """What waits for one receiver, in the order in which it was kept."""

    def __init__(self, log: Log, metrics: Metrics, timing: Timing) -> None:
        self._log = log
        self._metrics = metrics
        self._timing = timing
        self._waiting: dict[str, str] = {}  # webhook id -> alert id
        self._alerts: Counter[str] = Counter()
        self._room = asyncio.Condition()

    async def load(self) -> None:
        """Find what waits, from the topic."""
        self._waiting, self._alerts = {}, Counter()
        async for webhook_id, kept in self._log.read():
            if kept is None:
                self._forget(webhook_id)
            else:
                self._remember(webhook_id)

    def holds(self, alert_id: str) -> bool:
        """Whether an earlier line of this alert waits: a later one must wait behind it."""
        return self._alerts[alert_id] > 0

    async def keep(self, line: Line, body: bytes, delivery: Delivery) -> None:
        """Put one on the shelf; when this returns, Kafka has it."""
        async with self._room:
            await self._room.wait_for(lambda: len(self._waiting) < MOST_WAITING)
        kept = Undelivered(
            webhook_id=line.webhook_id,
            kept_at=self._timing.wall(),
            tries=delivery.tries,
            detail=delivery.detail,
            body=body.decode(),
        )
        await self._log.write(line.webhook_id, encode(kept))
        self._remember(line.webhook_id)
        log.warning("alert_kept", id=line.webhook_id, tries=kept.tries, detail=kept.detail)

    async def retry(self, webhook: Webhook) -> None:
        """Try everything once, in order; lines of an alert never overtake each other."""
        stuck: set[str] = set()
        async for webhook_id, kept in self._log.read():
            alert_id = self._waiting.get(webhook_id)
            if kept is None or alert_id is None or alert_id in stuck:
                continue
            if not await self._settle(webhook, kept):
                stuck.add(alert_id)
                await self._timing.sleep(FAILURE_PAUSE_S)

    async def _settle(self, webhook: Webhook, kept: Undelivered) -> bool:
        """Deliver or give up; False when it goes on waiting."""
        delivery = await webhook.try_once(kept.webhook_id, kept.body.encode())
        outcome = delivery.outcome
        if outcome is not Outcome.DELIVERED:
            if self._timing.wall() - kept.kept_at < GIVEN_UP_AFTER:
                return False
            outcome = Outcome.EXPIRED
        await self._log.write(kept.webhook_id, None)
        async with self._room:
            self._forget(kept.webhook_id)
            self._room.notify_all()
        self._metrics.deliveries.labels(outcome).inc()
        log.info("kept_alert_settled", id=kept.webhook_id, outcome=outcome, detail=delivery.detail)
        return True

    def _remember(self, webhook_id: str) -> None:
        if webhook_id not in self._waiting:
            self._waiting[webhook_id] = webhook_id.rpartition(":")[0]
            self._alerts[self._waiting[webhook_id]] += 1
        self._metrics.undelivered.set(len(self._waiting))

    def _forget(self, webhook_id: str) -> None:
        alert_id = self._waiting.pop(webhook_id, None)
        if alert_id is not None:
            self._alerts[alert_id] -= 1
            if not self._alerts[alert_id]:
                del self._alerts[alert_id]
        self._metrics.undelivered.set(len(self._waiting))
