"""A whole file through Kafka while everything is abused; then a recount. Minutes: not a test.

    .venv/bin/python -m tests.kafka.year ../shared/data/online_retail.ndjson.gz currency=GBP

While the file plays at full speed the worker is killed (SIGKILL) five times at random moments, a
second worker joins and leaves twice, and the broker restarts once. In the end the totals of
`dealer-stats` must equal a plain recount of the file, to the unit and the cent, and the alerts
those of `replay`.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

from schemas.settings import Settings
from streams.broker import Broker
from streams.configuration import load
from streams.looking.status import status_of
from streams.playing import replay
from streams.showing.contents import write_contents

Totals = dict[str, dict[str, Decimal]]  # dealer -> what -> amount
LONGEST_S = 1_200.0


class Part:
    """One of our commands as a process."""

    def __init__(self, folder: Path, broker: str, overrides: list[str], *command: str) -> None:
        given = [word for one in overrides for word in ("--set", one)]
        with (folder / f"{command[0]}.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "streams.cli", *command, *given],
                env=os.environ | {"DEALERWATCH_BROKER": broker},
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        """SIGKILL; the agents end with their supervisor."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """SIGTERM, and a clean end."""
        self.process.terminate()
        if self.process.wait(30) != 0:
            raise SystemExit(f"a worker stopped with {self.process.returncode}")


def recount(file: Path) -> Totals:
    """Sums of the events of a file, by hand: first of every event_id, first line of every order."""
    totals: Totals = defaultdict(lambda: defaultdict(Decimal))
    seen: set[str] = set()
    orders: set[tuple[str, str]] = set()
    for event in _events(file):
        if event["event_id"] in seen:
            continue
        seen.add(event["event_id"])
        mine, quantity = totals[event["dealer_id"]], Decimal(str(event.get("quantity", 0)))
        if event["type"] == "order":
            order = (event["dealer_id"], event.get("order_id") or event["event_id"])
            mine["orders"] += order not in orders
            orders.add(order)
            mine["lines"] += 1
            mine["units"] += quantity
            mine["value"] += quantity * Decimal(str(event["unit_price"]))
        elif event["type"] == "return":
            mine["returns"] += 1
            mine["return_units"] += quantity
        elif event.get("status") != "resolved":
            mine["complaints"] += 1
    return totals


def _events(file: Path) -> Iterator[dict[str, str]]:
    with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def counted(stats: Path) -> Totals:
    """The totals that `dealer-stats` holds."""
    totals: Totals = defaultdict(lambda: defaultdict(Decimal))
    for line in stats.read_text().splitlines():
        told = json.loads(line, parse_float=Decimal)
        mine = totals[told["dealer"]["id"]]
        for name, amount in told["totals"].items():
            if name == "value":
                mine[name] = sum(map(Decimal, amount.values()), Decimal(0))
            else:
                mine[name] = Decimal(amount)
    return totals


def abuse(broker: Broker, start: Callable[[str], Part], chance: random.Random) -> Part:
    """Five kills, two guests, one restart of the broker; the worker that is left."""
    worker = start("one")
    for turn in range(5):
        _wait(chance.uniform(6.0, 14.0))
        worker.kill()
        _say(f"{turn + 1}: worker killed")
        worker = start("one")
        if turn in (1, 3):
            guest = start("two")
            _wait(chance.uniform(5.0, 9.0))
            guest.stop()
            _say(f"{turn + 1}: a second worker has joined and left")
        if turn == 2:
            broker.restart()
            _say(f"{turn + 1}: broker restarted")
    return worker


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _wait(seconds: float) -> None:
    time.sleep(seconds)  # how long things go on undisturbed is the experiment


def _await_end(settings: Settings) -> None:
    deadline = time.monotonic() + LONGEST_S
    while asyncio.run(status_of(settings)).behind:
        if time.monotonic() > deadline:
            raise SystemExit(f"still behind after {LONGEST_S:.0f} s")
        _wait(1.0)


def main(file: Path, overrides: list[str]) -> int:
    """Play, abuse, compare; 0 when all is equal."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        plain = load(None, overrides)
        replay.run(plain, [str(file)], replay.Outputs(alerts=folder / "want", stats=None))
        broker = stack.enter_context(Broker())
        settings = load(None, [*overrides, f"broker={broker.address}"])

        def part(*command: str) -> Part:
            one = Part(folder, broker.address, overrides, *command)
            stack.callback(one.kill)
            return one

        part("topics", "create").process.wait()
        player = part("publish", str(file))
        worker = abuse(broker, lambda slot: part("worker", "--slot", slot), random.Random(1))
        if player.process.wait() != 0:
            raise SystemExit(f"publish ended with {player.process.returncode}")
        _await_end(settings)
        worker.stop()
        write_contents(settings, folder / "got", folder / "stats")
        return _verdict(folder, recount(file))


def _verdict(folder: Path, wanted: Totals) -> int:
    got = counted(folder / "stats")
    wrong = [d for d in wanted.keys() | got.keys() if not _same(wanted[d], got[d])]
    same_alerts = (folder / "want").read_bytes() == (folder / "got").read_bytes()
    alerts = len((folder / "got").read_text().splitlines())
    _say(f"dealers: {len(wanted)} recounted, {len(wrong)} with other totals {wrong[:5]}")
    _say(f"alerts: {alerts} lines, {'equal to' if same_alerts else 'NOT THOSE OF'} replay")
    return int(bool(wrong) or not same_alerts)


def _same(one: dict[str, Decimal], other: dict[str, Decimal]) -> bool:
    return all(one.get(name, 0) == other.get(name, 0) for name in one.keys() | other.keys())


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
