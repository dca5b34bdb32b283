"""`python -m benchmarks.detection.ticks`: the same channel at ticks from a minute to a day.

Every setting must mean the same at every tick. So the alerts that are really sent are counted (the
false ones are what the budget buys, the delays what the user sees), and nothing is matched
afterwards. A day's tick sees a change at midnight: half a day later on average than a minute's.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Annotated, Final, NamedTuple

import numpy as np
import typer

from benchmarks.detection import ours, table
from benchmarks.detection.rows import LONGEST, SOON
from benchmarks.detection.scenarios import KINDS, Size, Truth, channels, truth
from benchmarks.detection.scoring import delays, rate

TICKS: Final = ("1m", "5m", "15m", "1h", "6h", "1d")
CHANNEL: Final = Size(seeds=(21,), dealers=100, days=220)
ASKED: Final = 0.3  # false alarms per dealer-year and kind
BEGIN, END = "<!-- ticks: begin -->", "<!-- ticks: end -->"

app = typer.Typer(help=__doc__, add_completion=False)


class Played(NamedTuple):
    """One channel at one tick."""

    tick: str
    run: ours.Run
    seconds: float  # of CPU


@app.command()
def main(
    tick: Annotated[
        list[str] | None, typer.Option(help="Only this one, no document. Repeatable.")
    ] = None,
    processes: Annotated[int, typer.Option(min=1, help="Ticks played at once.")] = 2,
) -> None:
    """Measure, print the table, and write it into docs/detection-benchmark.md."""
    true = truth(channels(CHANNEL))
    with ProcessPoolExecutor(processes) as pool:
        played = list(pool.map(_play, tick or TICKS))
    lines = told(true, played)
    print("\n".join(lines))
    if not tick:
        table.write(lines, BEGIN, END)


def _play(tick: str) -> Played:
    before = time.process_time()
    run = ours.play(CHANNEL, 0, ASKED, tick)
    return Played(tick, run, time.process_time() - before)


def told(true: Truth, played: Sequence[Played]) -> list[str]:
    """Markdown: a row a tick, the kinds across."""
    head = ["tick", *(f"{kind}: found in 7 d / delay, days / false a year" for kind in KINDS)]
    rows = [[one.tick, *_row(true, one), f"{one.seconds:.0f}"] for one in played]
    return table.markdown([*head, "CPU, s"], rows)


def _row(true: Truth, played: Played) -> list[str]:
    cells = []
    for kind in KINDS:
        opened = played.run.opened[kind]
        delay = delays(true.planted[kind], opened)
        soon, mean = np.mean(delay <= SOON), np.mean(np.minimum(delay, LONGEST))
        cells.append(f"{soon:.2f} / {mean:.1f} / {rate(true.free[kind], opened):.2f}")
    return cells


if __name__ == "__main__":
    app()
