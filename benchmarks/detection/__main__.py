"""`python -m benchmarks.detection`: how early, how right, beside well-known methods.

Our version is measured anew, the peers' results are stored (their scenarios are fixed by seeds).
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from benchmarks.detection import ours, table
from benchmarks.detection.daily import daily
from benchmarks.detection.peers import PEERS, scores
from benchmarks.detection.rows import Line, measure
from benchmarks.detection.scenarios import FULL, KINDS, QUICK, Size, Truth, channels, truth
from benchmarks.detection.scoring import rate

OURS: Final = "dealerwatch"
STORED: Final = Path(__file__).with_name("peers.json")
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
ASKED: Final = (0.1, 0.3, 1.0)  # false alarms per dealer-year and kind, a scenario each

app = typer.Typer(help=__doc__, add_completion=False)


@app.command()
def main(
    quick: Annotated[
        bool, typer.Option("--quick", help="One small scenario, no document.")
    ] = False,
    peers: Annotated[bool, typer.Option("--peers", help="Measure the peers anew, too.")] = False,
    processes: Annotated[int, typer.Option(min=1, help="Scenarios played at once.")] = 2,
) -> None:
    """Measure, print the table, and write it into docs/detection-benchmark.md."""
    size = QUICK if quick else FULL
    true = truth(channels(size))
    runs = _play(size, processes)
    results = {OURS: _measured(true, runs)} | (_peers(size, true) if peers else _stored())
    if peers and not quick:
        _store({name: lines for name, lines in results.items() if name != OURS})
    lines = [
        *table.table(results, OURS),
        "",
        *table.intervals(results[OURS]),
        "",
        *table.calibration(_kept(true, runs)),
    ]
    print("\n".join(lines))
    if not quick:
        table.write(lines, BEGIN, END)


def _play(size: Size, processes: int) -> list[ours.Run]:
    seeds = range(len(size.seeds))
    with ProcessPoolExecutor(processes) as pool:
        asked = [ASKED[which % len(ASKED)] for which in seeds]
        return list(pool.map(ours.play, [size] * len(seeds), seeds, asked))


def _measured(true: Truth, runs: Sequence[ours.Run]) -> dict[str, Line]:
    return measure(true, {kind: ours.together(runs, kind) for kind in KINDS})


def _kept(true: Truth, runs: Sequence[ours.Run]) -> list[tuple[float, str, float]]:
    """What each scenario was allowed, and what its own alerts came to."""
    found, first = [], 0
    for run in runs:
        last = first + len(next(iter(run.scores.values())).values)
        for kind in KINDS:
            seen = rate(true.free[kind][first:last], run.opened[kind])
            found.append((run.asked, str(kind), seen))
        first = last
    return found


def _peers(size: Size, true: Truth) -> dict[str, dict[str, Line]]:
    days, found = daily(channels(size)), {}
    for name, peer in PEERS.items():
        print(f"measuring {name}", flush=True)
        found[name] = measure(true, scores(peer, days))
    return found


def _stored() -> dict[str, dict[str, Line]]:
    return msgspec.json.decode(STORED.read_bytes(), type=dict[str, dict[str, Line]])


def _store(results: dict[str, dict[str, Line]]) -> None:
    STORED.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")


if __name__ == "__main__":
    app()
