"""`dealerwatch notify`: every line of the topic `alerts` to the webhook, in order, at least once.

The order of effects, so that a crash repeats and never loses:
  1. read a line, drop it when it was offered before (`alert_id`, `sequence`)
  2. deliver it, retried within the deadline
  3. what is not delivered goes to `undelivered`, confirmed
  4. commit the position before which everything has come to 2 or 3
A repeat has the same `webhook-id`; receivers drop it.

A plain consumer and not a Faust agent: an agent handles one record after the other, so a receiver
that hangs on one alert would hold all others back for the deadline; here they pass it. It commits
to a group but does not join it: the topic has one partition and one reader, and without rebalances
a restart goes on at once. Two notifiers by mistake cost repeats, nothing else.

Lines of one alert share a lane and never overtake each other; when an earlier one waits on the
shelf, the later ones follow it there.

Memory is bounded whatever the receiver does (streams/notifying/lanes.py): when the lanes are full
nothing more is read, and the alerts wait in Kafka.
"""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError
from prometheus_client import CollectorRegistry

from streams import kafka
from streams.errors import UsageError
from streams.logs import logger
from streams.metrics import Metrics, serve
from streams.notifying.delivery import Timing
from streams.notifying.lanes import Lanes, Offer, Ways
from streams.notifying.offers import Repeats, read_line
from streams.notifying.shelf import Log, Shelf
from streams.notifying.webhook import Webhook
from streams.topics import names

if TYPE_CHECKING:
    from aiokafka import ConsumerRecord

    from schemas.settings import Settings
    from streams.notifying.offers import Line

COMMIT_EVERY_S = 0.5
POLL_MS = 500
GRACE_S = 5.0  # for requests that are under way when we stop

log = logger(__name__)


class Notifier:
    """From the topic `alerts` to one receiver."""

    def __init__(self, settings: Settings, ways: Ways, metrics: Metrics) -> None:
        self._settings = settings
        self._ways = ways
        self._metrics = metrics
        self._alerts = TopicPartition(names(settings.topics.prefix).alerts, 0)
        self._consumer = kafka.consumer(settings.broker, group=f"{settings.topics.prefix}notify")
        self._repeats = Repeats()

    async def run(self, stop: asyncio.Event) -> None:
        """Notify until `stop` is set. Raises what Kafka raises."""
        async with self._consumer, asyncio.TaskGroup() as parts:
            lanes = Lanes(self._ways, self._metrics, await self._begin())
            reading = parts.create_task(self._read(lanes))
            parts.create_task(self._commit_until(stop, lanes))
            endless = [parts.create_task(part) for part in (self._retry(), *lanes.work())]
            await stop.wait()
            reading.cancel()
            with suppress(TimeoutError):
                await asyncio.wait_for(lanes.idle(), GRACE_S)
            for task in endless:
                task.cancel()
            await self._commit(lanes)

    async def _begin(self) -> int:
        """Remember what was offered before, and go on behind it; the position."""
        self._consumer.assign([self._alerts])
        start: int = (await self._consumer.beginning_offsets([self._alerts]))[self._alerts]
        position: int = max(start, await self._consumer.committed(self._alerts) or 0)
        async for record in kafka.read_to_end(self._consumer, {self._alerts: start}):
            if record.offset < position:
                self._new_line(record)
        self._consumer.seek(self._alerts, position)
        await self._ways.shelf.load()
        log.info("notifier_started", position=position)
        return position

    async def _read(self, lanes: Lanes) -> None:
        while True:
            batches = await self._consumer.getmany(self._alerts, timeout_ms=POLL_MS)
            for record in batches.get(self._alerts, []):
                line = self._new_line(record)
                if line is not None:
                    await lanes.put(Offer(line, record.value or b"", record.offset))
            lanes.done.pass_over(await self._consumer.position(self._alerts))

    def _new_line(self, record: ConsumerRecord[bytes, bytes]) -> Line | None:
        """Step 1 of the header; None for repeats and for what is no alert."""
        if record.value is None:
            return None
        try:
            line = read_line(record.value)
        except msgspec.DecodeError as error:
            log.warning("alert_unreadable", offset=record.offset, error=str(error))
            return None
        return line if self._repeats.is_new(line) else None

    async def _commit_until(self, stop: asyncio.Event, lanes: Lanes) -> None:
        while not stop.is_set():
            await self._commit(lanes)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), COMMIT_EVERY_S)

    async def _commit(self, lanes: Lanes) -> None:
        """Step 4 of the header."""
        position = lanes.done.position
        if position != lanes.committed:
            await self._consumer.commit({self._alerts: position})
            lanes.committed = position
        end = self._consumer.highwater(self._alerts) or position
        self._metrics.notify_lag.set(max(0, end - position))

    async def _retry(self) -> None:
        while True:
            await self._ways.shelf.retry(self._ways.webhook)
            await asyncio.sleep(self._settings.webhook.retry_interval.seconds)


def run(settings: Settings) -> None:
    """Notify until SIGTERM or Ctrl-C. UsageError when there is nobody to notify."""
    if not settings.webhook.url:
        raise UsageError("webhook.url is empty: give http:// or https:// and webhook.secret")
    topic = names(settings.topics.prefix)
    kafka.must_be_ready(settings, topic.alerts, topic.undelivered)
    metrics = Metrics(CollectorRegistry())
    page = serve(metrics, settings.metrics.host, settings.metrics.port)
    log.info("metrics_served", url=page.url)
    try:
        asyncio.run(_until_stopped(settings, metrics))
    except KafkaConnectionError as error:
        raise kafka.unreachable(settings.broker, error) from error
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from group
    finally:
        page.close()


async def _until_stopped(settings: Settings, metrics: Metrics) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await notify(settings, metrics, stop)


async def notify(
    settings: Settings, metrics: Metrics, stop: asyncio.Event, timing: Timing | None = None
) -> None:
    """Notify with the given clocks until `stop` is set."""
    timing = timing or Timing()
    topic = names(settings.topics.prefix).undelivered
    async with (
        Webhook(settings.webhook, timing) as webhook,
        kafka.quick_producer(settings.broker) as producer,
        kafka.consumer(settings.broker) as reader,
    ):
        shelf = Shelf(Log(TopicPartition(topic, 0), reader, producer), metrics, timing)
        await Notifier(settings, Ways(webhook, shelf), metrics).run(stop)
