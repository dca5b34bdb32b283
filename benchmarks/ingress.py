"""Ingress, side by side on the same topic in one run: the limit, plain Faust, our worker.

Order lines of about 200 bytes in 8 partitions, with the ticks of two days between them. In each
round all three read the same records, one after the other; medians over the rounds.

    limit          aiokafka and a compiled decoder, nothing else     (benchmarks/raw_client.py)
    plain Faust    a table application as in its documentation       (benchmarks/plain_faust.py)
    dealerwatch    `worker`, everything on                           (benchmarks/worker_run.py)
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import msgspec
from kafka import KafkaAdminClient

from benchmarks.measured import Measured, machine
from benchmarks.order_lines import order_file
from benchmarks.worker_run import WorkerRun, run_worker
from schemas.settings import Settings, Topics
from streams.broker import Broker
from streams.playing.publish import publish
from streams.topics import administration, create, delete, names

DEALERS = (5_000, 100_000)
PARTITIONS = 8
DAYS = 2  # of event time: 47 hourly ticks close, and one day ends
PLAIN_EVENTS = 20_000  # plain Faust would take a quarter of an hour for a million
GOAL_RATIO, GOAL_MB = 60, 1_000
_LIMIT_S, _LOOK_EVERY_S = 900, 0.1


@dataclass(slots=True)
class Rounds:
    """What was measured with one number of dealers."""

    dealers: int
    limit: list[Measured] = field(default_factory=list)
    plain: list[Measured] = field(default_factory=list)
    ours: list[WorkerRun] = field(default_factory=list)

    def table(self) -> Iterator[str]:
        """Lines for people: medians, and ratios to plain Faust."""
        plain = Measured.middle(self.plain)
        rows = {
            "limit (client + decoder)": Measured.middle(self.limit),
            "plain Faust table": plain,
            "dealerwatch watch": Measured.middle([run.watch for run in self.ours]),
            "dealerwatch network": Measured.middle([run.network for run in self.ours]),
        }
        yield f"{self.dealers:,} dealers   events/s   CPU us/event   peak MB   x plain: rate    CPU"
        for name, row in rows.items():
            rate, cpu = row.per_s / plain.per_s, plain.cpu_us / row.cpu_us
            yield (
                f"{name:<24}{row.per_s:>11,.0f}{row.cpu_us:>15.2f}{row.peak_mb:>10.0f}"
                f"{rate:>15.1f}{cpu:>8.1f}"
            )


def main(dealers: tuple[int, ...] = DEALERS, events: int = 1_000_000, rounds: int = 3) -> None:
    """Measure and print."""
    print(machine())
    for number in dealers:
        with _broker() as address:
            measured = measure(address, number, events, rounds)
        for line in measured.table():
            print(line)
    print(f"goal: dealerwatch watch >= {GOAL_RATIO} x plain Faust, below {GOAL_MB} MB")
    print(machine())


def measure(broker: str, dealers: int, events: int, rounds: int) -> Rounds:
    """Fill a topic, let all three read it `rounds` times. Leaves nothing behind in the broker."""
    plan = Topics(prefix=f"bench-{uuid4().hex[:8]}-", partitions=PARTITIONS)
    settings = Settings(broker=broker, topics=plan)
    with administration(broker) as admin, tempfile.TemporaryDirectory() as logs:
        create(admin, plan)
        try:
            filled = asyncio.run(publish(settings, order_file(events, dealers, DAYS)))
            found = Rounds(dealers)
            for number in range(rounds):
                _round(found, settings, events, filled.ticks * PARTITIONS, Path(logs))
                _forget(admin, plan)
                print(f"{dealers:,} dealers: round {number + 1} of {rounds}", file=sys.stderr)
        finally:
            delete(admin, plan)
    return found


def _round(found: Rounds, settings: Settings, events: int, ticks: int, logs: Path) -> None:
    place = settings.broker, names(settings.topics.prefix).orders, PARTITIONS
    found.limit.append(_program("raw_client", *place, events))
    found.plain.append(_program("plain_faust", *place, min(PLAIN_EVENTS, events)))
    found.ours.append(run_worker(settings, events, ticks, logs))


def _program(name: str, *arguments: object) -> Measured:
    """The last line that a program of ours prints, in a process of its own."""
    command = [sys.executable, "-m", f"benchmarks.{name}", *map(str, arguments)]
    done = subprocess.run(  # noqa: S603  our own program
        command, stdout=subprocess.PIPE, check=True, timeout=_LIMIT_S
    )
    return msgspec.json.decode(done.stdout.splitlines()[-1], type=Measured)


def _forget(admin: KafkaAdminClient, plan: Topics) -> None:
    """Remove what a worker has written, so that the next one starts from nothing."""
    topic = names(plan.prefix)
    kept = {topic.orders, topic.complaints, topic.returns, topic.ticks, topic.dealers}
    written = {name for name in admin.list_topics() if name.startswith(plan.prefix)} - kept
    admin.delete_topics(sorted(written))
    while written & set(admin.list_topics()):
        time.sleep(_LOOK_EVERY_S)
    create(admin, plan)


@contextmanager
def _broker() -> Iterator[str]:
    """Address of the Kafka in DEALERWATCH_BROKER, else of one that is started for us."""
    if named := os.environ.get("DEALERWATCH_BROKER"):
        yield named
        return
    with Broker() as embedded:
        yield embedded.address


if __name__ == "__main__":
    main()
