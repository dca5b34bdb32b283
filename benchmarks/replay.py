"""`dealerwatch replay` of a scenario: the whole core without Kafka, on one core.

The scenario of the goal is the shared one, seed 1: 2.85 M events, 600 dealers, 547 days. Without a
path the project's own simulator makes one of the same size.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.measured import MB, Measured, machine
from streams.simulator import simulate_to

DEALERS, DAYS = 600, 547
GOAL_S = 120


def main(events: Path | None = None, calendar: Path | None = None, rounds: int = 1) -> None:
    """Measure and print. `events`: a file of events; `calendar`: that of its holidays."""
    print(machine())
    with _scenario(events, calendar) as files:
        measured = Measured.middle([replayed(*files) for _ in range(rounds)])
    print("events      events/s   wall s    CPU s   peak MB")
    print(
        f"{measured.events:<10,}{measured.per_s:>10,.0f}{measured.wall_s:>9.1f}"
        f"{measured.cpu_s:>9.1f}{measured.peak_mb:>10.0f}"
    )
    print(f"goal: below {GOAL_S} s for the scenario of 2.85 M events")
    print(machine())


def replayed(events: Path, calendar: Path | None) -> Measured:
    """One replay by the command, starting up included."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "streams.cli", "replay", str(events)]
        command += ["--alerts", f"{folder}/alerts.ndjson"]
        command += ["--calendar", str(calendar)] if calendar else []
        began = time.perf_counter()
        with Path(folder, "said").open("w+", encoding="utf-8") as said:
            process = subprocess.Popen(command, stderr=said)  # noqa: S603  our own program
            _, status, usage = os.wait4(process.pid, 0)
            said.seek(0)
            summary = said.read()
        wall_s = time.perf_counter() - began
    counted = re.search(r"(\d+) events,", summary)
    if status or counted is None:
        raise RuntimeError(f"{' '.join(command)} failed:\n{summary}")
    cpu_s = usage.ru_utime + usage.ru_stime
    return Measured(int(counted[1]), wall_s, cpu_s, usage.ru_maxrss * 1024 / MB)


@contextmanager
def _scenario(events: Path | None, calendar: Path | None) -> Iterator[tuple[Path, Path | None]]:
    if events is not None:
        yield events, calendar
        return
    with tempfile.TemporaryDirectory() as folder:
        written = simulate_to(Path(folder), seed=1, dealers=DEALERS, days=DAYS)
        yield written.events, written.calendar


if __name__ == "__main__":
    main()
