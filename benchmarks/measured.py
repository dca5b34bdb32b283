"""What a measurement says, and the machine it was taken on (Linux: /proc)."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Self

import msgspec

MB = 1e6
_BUSY_ABOVE = 0.5  # other work per core, before we start, that makes figures a lower bound
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")  # of the CPU times in /proc


class Measured(msgspec.Struct, frozen=True):
    """One run over so many events, or the medians of several."""

    events: int
    wall_s: float
    cpu_s: float
    peak_mb: float  # largest resident memory of the process

    @property
    def per_s(self) -> float:
        """Events per second of wall time."""
        return self.events / max(self.wall_s, 1e-9)

    @property
    def cpu_us(self) -> float:
        """CPU time per event, microseconds; hardly moved by what else runs on the machine."""
        return self.cpu_s / self.events * 1e6

    @classmethod
    def middle(cls, runs: Sequence[Self]) -> Self:
        """Medians, each on its own."""
        return cls(
            events=runs[0].events,
            wall_s=median(run.wall_s for run in runs),
            cpu_s=median(run.cpu_s for run in runs),
            peak_mb=median(run.peak_mb for run in runs),
        )


class Stopwatch:
    """Wall and CPU time of a process from now on: `pid`, or this one."""

    def __init__(self, pid: int | None = None) -> None:
        self._pid = pid or os.getpid()
        self._wall, self._cpu = time.perf_counter(), cpu_s(self._pid)

    def measured(self, events: int) -> Measured:
        """What has passed since, for so many events."""
        wall_s = time.perf_counter() - self._wall
        return Measured(events, wall_s, cpu_s(self._pid) - self._cpu, peak_mb(self._pid))


def cpu_s(pid: int) -> float:
    """CPU seconds of all threads of a process so far."""
    if pid == os.getpid():
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return usage.ru_utime + usage.ru_stime
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK_S


def peak_mb(pid: int | None = None) -> float:
    """Largest resident memory of a process (None: this one) so far."""
    status = Path(f"/proc/{pid or os.getpid()}/status").read_text("ascii", "replace")
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / MB
    return 0.0


def machine() -> str:
    """Cores and load, and what the load means for the figures that follow."""
    cores, load = os.cpu_count() or 1, os.getloadavg()[0]
    line = f"machine: {cores} cores, load {load:.1f}"
    if load > _BUSY_ABOVE * cores:
        line += "; BUSY with other work: rates are lower bounds, trust ratios and CPU times"
    return line
