"""The NETWORK agent: one process sees all partitions; outlooks, alerts and the ledger go out here.

Effects in this order, so that a crash repeats and never loses (as in streams/workers/watch.py):

    1  compute       a tick is combined or decided, in memory only
    2  tell          outlook, alerts and ledger, confirmed
    3  save          state, one transaction, confirmed
    4  commit        position in `network`, for the group

Crash before 3: the successor reads `network` again from the saved position and computes the same,
for its state is a function of that log. Outlooks that go out again are identical, and the first in
the log counts; alerts that go out again have the same alert_id and sequence, receivers drop them.
Messages that arrive twice, or late: ignored by (partition, tick, kind). A partition that does not
report within `worker.report_limit` when others have is left out, until it reports again: its
dealers' alerts stand still, the others go on. That is written into the log of `network` first, or a
restart would decide otherwise; when a sleeper that was fenced writes it too, nothing is lost but
the report of a partition that came later than the limit anyway.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from schemas import fields, wire
from schemas.cloud_event import headers
from schemas.wire import Omission, Outlook
from streams import kafka
from streams.logs import logger
from streams.topics import names
from streams.workers.gathering import Decided, Gathering
from streams.workers.open_alerts import OpenAlerts
from streams.workers.patience import Patience
from streams.workers.rows import Standing
from streams.workers.state import Vault
from streams.workers.watchdog import die, or_die

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiokafka import AIOKafkaProducer

    from schemas.alert import Alert
    from schemas.settings import Settings
    from streams.metrics import Metrics
    from streams.workers.core import Core, NetworkCore
    from streams.workers.slices import Slice
    from streams.workers.unpacking import Unpacked

OWNER = "network"
LOOK_EVERY_S = 1.0  # whether a partition has to be left out
LOG, UNDECIDED = "network", "undecided"  # in Standing.positions; 1: `tick` lacks its decisions

log = logger(__name__)


class Network:
    """Feed of the NETWORK app (streams.workers.slices.Feed), and what its agent and tasks do."""

    def __init__(self, settings: Settings, core: Core, metrics: Metrics) -> None:
        self._settings = settings
        self._make = core
        self._metrics = metrics
        self._names = names(settings.topics.prefix)
        self._desk: _Desk | None = None  # while the partition is ours
        self._changing = asyncio.Lock()

    def read(self, topic: str, partition: int, records: Sequence[Unpacked]) -> Sequence[Unpacked]:
        """As they are: there are few."""
        del topic, partition
        return records

    def saved_position(self, topic: str, partition: int) -> int | None:
        """Where the saved state stands in `network`."""
        del topic, partition  # there is one
        return None if self._desk is None else self._desk.saved.positions[LOG]

    async def load(self, partitions: set[int]) -> None:
        """Take the topic's one partition: fence the older owner, go on from its state."""
        async with self._changing:
            if partitions:
                await or_die(self._load(), "network_not_loaded")

    async def release(self) -> None:
        """Give it up: save. Harmless when nothing is held."""
        async with self._changing:
            if self._desk is not None:
                await or_die(self._desk.leave(), "network_not_released")

    async def take(self, piece: Slice) -> None:
        """A slice of `network`: steps 1 and 2 for all ticks that it completes."""
        if self._desk is not None:
            await or_die(self._desk.take(piece), "messages_not_taken")

    async def save_in_rotation(self) -> None:
        """Save once per `worker.save_interval`, when there is something new."""
        while True:
            await asyncio.sleep(self._settings.worker.save_interval.seconds)
            if self._desk is not None:
                await or_die(self._desk.save(), "network_not_saved")

    async def leave_out_in_time(self) -> None:
        """Go on without partitions that do not report, while there are any."""
        patience = Patience(self._settings.worker.report_limit.seconds)
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            if self._desk is not None:
                await or_die(self._desk.leave_out(patience), "partition_not_left_out")

    async def _load(self) -> None:
        if self._desk is not None:
            await self._desk.leave()
        settings = self._settings
        started = time.monotonic()
        vault = Vault(settings.broker, self._names.network_state, 0, OWNER, settings.topics.prefix)
        await vault.open()
        rows = await kafka.read_whole(settings.broker, self._names.network_state, [0])
        alerts = await kafka.read_whole(settings.broker, self._names.alerts, [0])
        saved = vault.restored(rows[0])
        teller = kafka.quick_producer(settings.broker)
        await teller.start()
        standing, arrays = (saved.head.standing, saved.arrays) if saved else (_START, None)
        core = self._make.network(arrays)
        self._desk = _Desk(core, standing, vault, teller, settings, self._metrics)
        self._desk.show_open(OpenAlerts(alerts[0].values()))
        took = time.monotonic() - started
        self._metrics.recovery_seconds.set(took)
        log.info("network_loaded", tick=standing.tick, seconds=round(took, 2))


_START = Standing(0, None, {LOG: 0, UNDECIDED: 0})


class _Desk:
    """The network at work, from loading to leaving."""

    def __init__(
        self,
        core: NetworkCore,
        standing: Standing,
        vault: Vault,
        teller: AIOKafkaProducer,
        settings: Settings,
        metrics: Metrics,
    ) -> None:
        self.saved = standing
        self._core = core
        self._vault = vault
        self._teller = teller
        self._names = names(settings.topics.prefix)
        self._metrics = metrics
        self._position = standing.positions[LOG]  # read up to here
        self._gathering = Gathering(
            core,
            settings.topics.partitions,
            standing.tick,
            is_decided=not standing.positions[UNDECIDED],
            left_out=standing.left_out,
        )
        self._open = OpenAlerts()
        self._told: set[asyncio.Future[object]] = set()
        self._working = asyncio.Lock()  # slices and snapshots exclude each other
        self._left = False
        self._amid = False  # in a slice: outside the lock, it was broken off and may be half told

    def show_open(self, alerts: OpenAlerts) -> None:
        self._open = alerts
        self._metrics.set_open(alerts.counts())

    async def take(self, piece: Slice) -> None:
        async with self._working:
            if self._left:
                return
            if piece.first != self._position:
                die("hole_in_network", first=piece.first, expected=self._position)
            self._amid = True
            for record in piece.content:
                message = wire.decode(record.value or b"")
                if not isinstance(message, Outlook):
                    self._gathering.take(record.offset, message)
                    await self._go_on()
            self._position, self._amid = piece.following, False
            self._metrics.partitions_left_out.set(len(self._gathering.left_out))

    async def leave_out(self, patience: Patience) -> None:
        """Write down who is no longer waited for; it counts when it is read."""
        async with self._working:
            awaited = self._gathering.awaited
            is_over = patience.is_over(awaited, time.monotonic())
            if self._left or awaited is None or not is_over:
                return
            partitions = sorted(awaited.partitions)
            omission = wire.encode(Omission(awaited.tick, partitions))
            heads = [("kind", b"omission"), ("tick", str(awaited.tick).encode())]
            await self._tell(self._names.network, OWNER.encode(), omission, heads)
        log.warning("partitions_left_out", partitions=partitions, tick=awaited.tick)

    async def _go_on(self) -> None:
        while (step := self._gathering.advance()) is not None:
            if isinstance(step, Outlook):
                key = str(step.tick).encode()
                await self._tell(self._names.outlook, key, wire.encode(step), [("tick", key)])
            else:
                await self._announce(step)

    async def _announce(self, step: Decided) -> None:
        for alert in step.decisions.alerts:
            self._open.note(await self._tell_alert(self._names.alerts, alert))
            self._metrics.alert_changes.labels(alert.change).inc()
        for alert in step.decisions.ledger:
            await self._tell_alert(self._names.ledger, alert)
        self._metrics.set_spending(self._core.spending())
        if step.decisions.alerts:
            self._metrics.set_open(self._open.counts())

    async def _tell_alert(self, topic: str, alert: Alert) -> bytes:
        line = fields.encode(alert)
        await self._tell(topic, alert.alert_id.encode(), line, headers(alert))
        return line

    async def _tell(
        self, topic: str, key: bytes, value: bytes, heads: list[tuple[str, bytes]]
    ) -> None:
        """Step 2; the confirmation is awaited before the next save, not here."""
        sent = await self._teller.send(topic, key=key, value=value, headers=heads)
        self._told.add(sent)
        sent.add_done_callback(self._confirmed)

    def _confirmed(self, done: asyncio.Future[object]) -> None:
        self._told.discard(done)
        if not done.cancelled() and done.exception() is not None:
            die("message_not_confirmed", error=repr(done.exception()))

    async def save(self) -> None:
        """Step 3, after what was told is confirmed."""
        async with self._working:
            standing = self._standing()
            if self._left or self._amid or standing == self.saved:
                return
            arrays, told = self._core.snapshot(), list(self._told)
            rows = await self._vault.pack(arrays, standing, {})
        started = time.monotonic()
        await asyncio.gather(*told)
        size = await self._vault.save(rows)
        self.saved = standing
        self._metrics.saves.inc()
        self._metrics.save_bytes.inc(size)
        self._metrics.save_seconds.observe(time.monotonic() - started)

    async def leave(self) -> None:
        if self._left:
            return
        await self.save()
        self._left = True
        await self._teller.stop()
        await self._vault.close()

    def _standing(self) -> Standing:
        gathered = self._gathering
        positions = {
            LOG: gathered.needed_from(self._position),
            UNDECIDED: int(not gathered.is_decided),
        }
        left_out = tuple(sorted(gathered.left_out))
        return Standing(0, gathered.combined, positions, left_out)
