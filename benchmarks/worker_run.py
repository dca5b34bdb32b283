"""Our own worker, as people run it, over a topic that is already full.

`dealerwatch worker --role watch` and `--role network` are processes of their own, with everything
on: decoding, dead letters, repeats, counting, ticks, saves, metrics. What they do is seen from
outside, by their metrics and /proc. Measured from the first record to the last tick weighed;
starting up is no part of it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from benchmarks.measured import Measured, Stopwatch
from schemas.settings import Settings
from streams.broker.ports import HOST, free_port
from streams.showing.children import Child, Children

_LOOK_EVERY_S: Final = 0.25  # a look costs 9 ms of what is looked at
_LIMIT_S: Final = 600.0  # a million events take 10 to 30 s
_SAMPLE = re.compile(r"^dealerwatch_(records|ticks_closed)_total\{.*\} (\S+)$", re.MULTILINE)


class StuckError(Exception):
    """A worker did not get where it should."""


@dataclass(frozen=True, slots=True)
class WorkerRun:
    """Both processes over the same events."""

    watch: Measured
    network: Measured


def run_worker(settings: Settings, events: int, ticks: int, logs: Path) -> WorkerRun:
    """Start both agents, wait until every record is read and every tick weighed, stop them.

    ticks: how many there are, all partitions together. Raises StuckError after ten minutes.
    """
    with Children(logs) as children:
        network, watch = (_Agent(children, role, settings) for role in ("network", "watch"))
        for agent in (network, watch):
            agent.wait(agent.is_up, "to serve metrics")
        stopwatches = _at_the_first_record(watch, network)
        watch.wait(lambda: watch.total("ticks_closed") >= ticks, "to close the last tick")
        watch.wait(lambda: watch.total("records") >= events, "to read what follows it")
        measured = [stopwatch.measured(events) for stopwatch in stopwatches]
        if watch.total("records") != events:
            raise StuckError(f"{watch.total('records'):.0f} records were read of {events}")
    return WorkerRun(*measured)


class _Agent:
    """One agent's process, seen from outside."""

    def __init__(self, children: Children, role: str, settings: Settings) -> None:
        self._port = free_port()
        self._role = role
        plan = settings.topics
        changed = (
            f"broker={settings.broker}",
            f"topics.prefix={plan.prefix}",
            f"topics.partitions={plan.partitions}",
            f"metrics.port={self._port}",
        )
        options = [word for one in changed for word in ("--set", one)]
        self._child: Child = children.start(role, "worker", "--role", role, *options)

    @property
    def pid(self) -> int:
        """The process that does the work; the command only looks after it."""
        listed = Path(f"/proc/{self._child.pid}/task/{self._child.pid}/children").read_text("ascii")
        return next(pid for pid in map(int, listed.split()) if _is_agent(pid))

    def is_up(self) -> bool:
        """Does it serve its metrics?"""
        try:
            self.total("records")
        except httpx.TransportError:
            return False
        return True

    def total(self, counter: str) -> float:
        """A counter, summed over its labels."""
        page = httpx.get(f"http://{HOST}:{self._port}/metrics", timeout=_LIMIT_S).text
        return sum(float(value) for name, value in _SAMPLE.findall(page) if name == counter)

    def _has(self, happened: Callable[[], bool]) -> bool:
        """Raises StuckError when the agent has died under the question."""
        try:
            return happened()
        except httpx.TransportError:
            raise StuckError(self._child.obituary()) from None

    def wait(self, happened: Callable[[], bool], what: str) -> None:
        """Until it happened. Raises StuckError."""
        deadline = time.monotonic() + _LIMIT_S
        while not self._has(happened):
            if self._child.exit_code is not None:
                raise StuckError(self._child.obituary())
            if time.monotonic() > deadline:
                raise StuckError(f"{self._role}: waited {_LIMIT_S:.0f} s for it {what}")
            time.sleep(_LOOK_EVERY_S)


def _at_the_first_record(watch: _Agent, network: _Agent) -> list[Stopwatch]:
    """Of both processes, from the last look at which nothing had been read."""
    started: list[Stopwatch] = []

    def has_read() -> bool:
        begun = [Stopwatch(watch.pid), Stopwatch(network.pid)]
        if watch.total("records"):
            return True
        started[:] = begun
        return False

    watch.wait(has_read, "to read the first record")
    return started


def _is_agent(pid: int) -> bool:
    """Python's resource tracker is a child too."""
    return b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
