"""The two Faust applications, and how a process runs one of them until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import logging
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING

import faust
import uvloop
from prometheus_client import CollectorRegistry

from schemas.master import parse_dealer
from streams import kafka
from streams.logs import configure, logger
from streams.metrics import Metrics, serve
from streams.topics import names
from streams.workers.allocating import give_back_freed_memory
from streams.workers.network import Network
from streams.workers.slices import Fetching, deliver_slices
from streams.workers.watchdog import Watchdog, or_die

if TYPE_CHECKING:
    from faust.types import StreamT

    from schemas.master import DealerRecord
    from schemas.settings import Settings
    from streams.workers.core import CoreOf
    from streams.workers.slices import Slice

Keeper = Callable[[], Coroutine[object, object, None]]

QUEUED_SLICES = 16  # per agent: of 2,000 records and 200 bytes, 6 MB
FETCH_BYTES = 1024 * 1024  # per partition and fetch: of 200 bytes 5,000 records, 5 MB as objects

log = logger(__name__)


def run_watch(settings: Settings, slot: str, core_of: CoreOf) -> None:
    """Run the WATCH agent in this process until SIGTERM or Ctrl-C."""
    from streams.workers.watch import Watch  # noqa: PLC0415  compiled code, as in `real_core`

    give_back_freed_memory()
    configure(settings.log.level)
    loop = _loop()
    app = _app(settings, "watch", slot, settings.topics.partitions)
    topic = names(settings.topics.prefix)
    core = core_of(settings, loop.run_until_complete(_master(settings)))
    metrics = _metrics(settings)
    watch = Watch(app, settings, core, metrics)
    fetching = Fetching.bulk(topic.orders, topic.complaints, topic.returns, topic.ticks)

    async def take(stream: StreamT[Slice]) -> None:
        async for piece in stream:
            watch.take(piece)

    app.agent(deliver_slices(app, watch, fetching), name="watch")(take)
    _run(app, loop, watch.save_in_rotation)


def run_network(settings: Settings, slot: str, core_of: CoreOf) -> None:
    """Run the NETWORK agent in this process until SIGTERM or Ctrl-C."""
    give_back_freed_memory()
    configure(settings.log.level)
    loop = _loop()
    app = _app(settings, "network", slot, partitions=1)
    core = core_of(settings, loop.run_until_complete(_master(settings)))
    metrics = _metrics(settings)
    network = Network(settings, core, metrics)
    fetching = Fetching.prompt(names(settings.topics.prefix).network)

    async def take(stream: StreamT[Slice]) -> None:
        async for piece in stream:
            await network.take(piece)

    app.agent(deliver_slices(app, network, fetching), name="network")(take)
    _run(app, loop, network.save_in_rotation, network.leave_out_in_time)


def group(settings: Settings, role: str) -> str:
    """Name of a role's consumer group."""
    return f"{settings.topics.prefix}dealerwatch-{role}"


def _app(settings: Settings, role: str, slot: str, partitions: int) -> faust.App:
    session_s = settings.worker.session_timeout.seconds
    return faust.App(
        group(settings, role),
        broker=[f"kafka://{host}" for host in settings.broker.split(",")],
        datadir=Path(tempfile.gettempdir()) / "dealerwatch",  # Faust asks, nothing is put there
        topic_partitions=partitions,
        # Not for tables: above 0, Faust assigns the partitions of one number to one owner.
        table_standby_replicas=1,
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        processing_guarantee="at_least_once",
        stream_wait_empty=True,
        stream_buffer_maxsize=QUEUED_SLICES,
        broker_session_timeout=session_s,
        broker_heartbeat_interval=min(3.0, session_s / 3),
        broker_rebalance_timeout=30.0,
        broker_request_timeout=max(40.0, session_s + 1),
        broker_commit_interval=1.0,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=FETCH_BYTES,
        consumer_group_instance_id=slot or None,
    )


def _loop() -> asyncio.AbstractEventLoop:
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    return loop


def _run(app: faust.App, loop: asyncio.AbstractEventLoop, *keepers: Keeper) -> None:
    _collect_seldom()
    watchdog = Watchdog(app)
    app.task(_guarded(watchdog.pulse, "group_lost"))
    for keeper in keepers:
        app.task(_guarded(keeper, "keeper_failed"))
    logging.getLogger("mode.timers").setLevel(logging.ERROR)  # "overlapping": two busy cores
    worker = faust.Worker(
        app, loop=loop, quiet=True, override_logging=False, redirect_stdouts=False
    )
    worker.spinner = None  # it writes to the terminal even when quiet
    worker.execute_from_commandline()


def _collect_seldom() -> None:
    """Garbage in cycles is rare here; looking for it took 40 % of the statistics of a day."""
    gc.freeze()  # what is imported stays
    gc.set_threshold(100_000, 20, 100)


def _guarded(work: Keeper, event: str) -> Keeper:
    async def task() -> None:
        await or_die(work(), event)

    return task


async def _master(settings: Settings) -> dict[str, DealerRecord]:
    """The topic `dealers` as it stands: who the dealers are, before anything is counted."""
    topic, partitions = names(settings.topics.prefix).dealers, range(settings.topics.partitions)
    master = {}
    for rows in (await kafka.read_whole(settings.broker, topic, partitions)).values():
        for key, value in rows.items():
            try:
                dealer = parse_dealer(value)
            except ValueError as error:
                log.warning("dealer_not_usable", key=key.decode(errors="replace"), error=str(error))
            else:
                master[dealer.dealer_id] = dealer
    return master


def _metrics(settings: Settings) -> Metrics:
    metrics = Metrics(CollectorRegistry(), settings.topics.partitions)
    page = serve(metrics, settings.metrics.host, settings.metrics.port)
    log.info("metrics_served", url=page.url)
    return metrics
