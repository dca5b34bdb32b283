"""A Faust application as its documentation shows it: a typed record, a table, `table[key] += n`.

    python -m benchmarks.plain_faust BROKER TOPIC PARTITIONS EVENTS

Stops after so many events (it does about a thousand a second) and prints `Measured` as JSON.
"""

from __future__ import annotations

import os
import sys
from tempfile import mkdtemp
from time import time_ns

import faust
import msgspec

from benchmarks.measured import Stopwatch


class OrderLine(faust.Record, serializer="json"):
    """The fields of our lines."""

    type: str
    event_id: str
    ts: str
    dealer_id: str
    order_id: str
    sku: str
    quantity: int
    unit_price: float
    currency: str
    region: str
    tier: str


def application(broker: str, topic: str, partitions: int, events: int) -> faust.App:
    """The application; it ends its process itself."""
    app = faust.App(
        f"plain-{time_ns()}",
        broker=f"kafka://{broker}",
        store="memory://",
        datadir=mkdtemp(prefix="plain-faust-"),
        topic_partitions=partitions,
        consumer_auto_offset_reset="earliest",
        web_enabled=False,
    )
    orders = app.topic(topic, key_type=str, value_type=OrderLine)
    units = app.Table("units", default=int, partitions=partitions)

    @app.agent(orders)
    async def count(stream: faust.StreamT[OrderLine]) -> None:
        watch, counted = None, 0
        async for line in stream:
            watch = watch or Stopwatch()
            units[line.dealer_id] += line.quantity
            counted += 1
            if counted == events:
                print(msgspec.json.encode(watch.measured(events)).decode(), flush=True)
                os._exit(0)

    return app


def main() -> None:
    """Run it until it has counted enough."""
    broker, topic, partitions, events = sys.argv[1:]
    app = application(broker, topic, int(partitions), int(events))
    worker = faust.Worker(app, loglevel="warning", redirect_stdouts=False, quiet=True)
    worker.spinner = None  # it writes to standard output even when quiet
    worker.execute_from_commandline()


if __name__ == "__main__":
    main()
