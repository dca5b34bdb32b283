"""The real pipeline of `replay` on a scenario, with the evidence of every dealer recorded."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.detection.episodes import Openings, Scores
from benchmarks.detection.scenarios import KINDS, Size
from detectors.deciding.network import Network
from detectors.playing.playback import Playback
from detectors.registry import KINDS as KNOWN
from detectors.setup import Setup
from detectors.watching.partition import Partition
from schemas.alert import Change, Kind, Scope
from schemas.chunk import Line
from schemas.instant import DAY, parse_instant
from schemas.settings import Settings
from schemas.wire import Outlook, Signals
from streams.playing.reference import read_calendar, read_master
from streams.playing.replay import Replay, Sinks
from streams.simulator import DENSE, Written, simulate, write
from streams.simulator.seasons import START

PER_DAY: Final = 8  # recorded: the highest evidence of three hours
WEEKS: Final = 52.0
_FIRST_DAY: Final = START.timestamp() / 86_400  # since 1970


class Run(NamedTuple):
    """One scenario, played."""

    scores: dict[Kind, Scores]
    asked: float  # false alarms per dealer-year and kind, by the budget
    opened: dict[Kind, Openings]  # the alerts that were really sent


def play(size: Size, which: int, asked: float, tick: str = "1h") -> Run:
    """Play scenario number `which` with a budget for so many false alarms."""
    channel = simulate(size.seeds[which], size.dealers, size.days, DENSE)
    per_week = asked * size.dealers * len(KNOWN) / WEEKS
    told = {"tick": tick, "budget": {"false_alerts_per_week": per_week}}
    settings = Settings.model_validate(told)
    with tempfile.TemporaryDirectory() as folder:
        files = write(Path(folder), channel)
        master = read_master(files.master)
        setup = Setup(settings, master, read_calendar(settings, master, files.calendar))
        watched = Recording(setup, size)
        lines = _replayed(setup, watched, files)
    return Run(watched.scores(), asked, _openings(lines))


class Recording(Partition):
    """A partition that notes the evidence of every dealer after every tick."""

    def __init__(self, setup: Setup, size: Size) -> None:
        super().__init__(0, setup)
        shape = size.dealers, size.days * PER_DAY
        self._noted = {kind: np.full(shape, -np.inf, np.float32) for kind in KINDS}
        self._rows: NDArray[np.int64] = np.empty(0, np.int64)  # of the table, by partition's row
        self._end = setup.timeline.end

    def scores(self) -> dict[Kind, Scores]:
        """What was noted."""
        return {kind: Scores(values, PER_DAY) for kind, values in self._noted.items()}

    def weigh(self, outlook: Outlook) -> Signals:
        """Weigh, and note."""
        signals = super().weigh(outlook)
        names = self.dealers()
        if len(names) > len(self._rows):
            self._rows = np.array([int(name[1:]) for name in names])
        at = self._end(outlook.tick) / DAY - _FIRST_DAY
        step = int(np.ceil(at * PER_DAY - 1e-6)) - 1
        odds = self.log_odds()
        for kind, values in self._noted.items():
            if 0 <= step < values.shape[1]:
                before = values[self._rows, step]
                values[self._rows, step] = np.maximum(before, odds[kind])
        return signals


def together(runs: Sequence[Run], kind: Kind) -> Scores:
    """The scores of all scenarios, one below the other."""
    return Scores(np.concatenate([run.scores[kind].values for run in runs]), PER_DAY)


def _replayed(setup: Setup, watched: Recording, files: Written) -> list[bytes]:
    settings, lines = setup.settings, list[bytes]()
    playback: Playback[Line] = Playback(
        tick_us=settings.tick,
        lateness_us=settings.lateness,
        late_limit_us=settings.late_limit,
        until=None,
        cut_records=settings.cuts.records,
    )
    sinks = Sinks(lines.append, _drop, _drop, _drop)
    Replay(watched, Network(setup, 1), sinks).play(playback, [str(files.events)])
    return lines


def _drop(line: bytes) -> None:
    del line


def _openings(lines: Sequence[bytes]) -> dict[Kind, Openings]:
    """Alerts of single dealers that were opened."""
    found: dict[Kind, list[tuple[int, float]]] = {kind: [] for kind in KINDS}
    for line in lines:
        alert = json.loads(line)
        if alert["change"] == Change.OPENED and alert["scope"] == Scope.DEALER:
            at = parse_instant(alert["at"]) / DAY - _FIRST_DAY
            found.get(Kind(alert["kind"]), []).append((int(alert["entity"][1:]), at))
    return {
        kind: Openings(np.array([d for d, _ in one], np.int64), np.array([at for _, at in one]))
        for kind, one in found.items()
    }
