"""`dealerwatch replay`: the core without Kafka, from files to files.

One partition, one network, and the same cuts that `publish` would write: so the same alerts.
Memory holds the state and the records of one cut, whatever the length of the input.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from detectors.deciding.network import Network
from detectors.playing.cuts import CutDue
from detectors.playing.playback import Place, Playback
from detectors.setup import Setup
from detectors.watching.partition import Partition
from schemas.alert import STATISTICAL, Change
from schemas.chunk import Chunk, Line
from schemas.dead_letter import DeadLetter
from schemas.decode import decode_chunk
from schemas.fields import encode
from schemas.instant import DAY, Micros, parse_instant
from streams.errors import UsageError
from streams.playing.compiling import told_once
from streams.playing.files import STDIN, Lines, read_lines, refuse_missing
from streams.playing.outputs import line_files
from streams.playing.progress import file_progress
from streams.playing.reference import read_calendar, read_master

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from schemas.alert import Alert
    from schemas.batch import Batch
    from schemas.settings import Settings
    from streams.workers.core import NetworkCore, PartitionCore

    WriteLine = Callable[[bytes], None]

_FILE = 1 << 40  # lines a file may have: files are told apart by what is above, see `_Files`


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where lines go; None: nowhere."""

    alerts: Path | None
    ledger: Path | None = None
    dead_letters: Path | None = None
    stats: Path | None = None


@dataclass(slots=True)
class Summary:
    """What a replay did; `str()` is its last line."""

    events: int = 0
    dealers: int = 0
    ticks: int = 0
    alerts: Counter[str] = field(default_factory=Counter)  # openings, by kind
    letters: Counter[str] = field(default_factory=Counter)  # by reason
    first_letter: DeadLetter | None = None
    weeks: float = 0.0  # of event time
    asked: float = 0.0  # false alerts a week
    expected: float = 0.0  # what the thresholds stand for at the end, alerts a week
    budgeted: int = 0  # openings that the budget counts
    seconds: float = 0.0

    def __str__(self) -> str:
        opened = self.budgeted / max(self.weeks, 1 / 7)
        return (
            f"{self.events} events, {self.dealers} dealers, {self.ticks} ticks; "
            f"alerts: {_listed(self.alerts)}; asked {self.asked:.1f} false alerts a week, "
            f"thresholds stand for {self.expected:.1f}, opened {opened:.1f} alerts a week (true "
            f"ones included); dead letters: {_listed(self.letters)}; "
            f"{self.events / max(self.seconds, 1e-9):.0f} events/s"
        )


def run(
    settings: Settings,
    events: Sequence[str],
    outputs: Outputs,
    *,
    dealers: Path | None = None,
    calendar: Path | None = None,
    until: str | None = None,
) -> Summary:
    """Read `events` (paths, `-` is standard input) and write `outputs`, all or none.

    Raises UsageError for files, times and master data that cannot be used, FileError for input
    that cannot be read to its end.
    """
    refuse_missing(events)
    playback = _playback(settings, until)
    paths = (outputs.alerts, outputs.ledger, outputs.dead_letters, outputs.stats)
    partition, network = _cores(settings, dealers, calendar)
    read = [Path(name) for name in events if name != STDIN]
    with line_files(*paths, read=(*read, dealers, calendar)) as written:
        replay = Replay(partition, network, Sinks(*written))
        started = time.monotonic()
        replay.play(playback, events)
        replay.summary.seconds = time.monotonic() - started
        replay.summary.asked = settings.budget.false_alerts_per_week
        replay.summary.weeks = replay.summary.ticks * settings.tick / (7 * DAY)
    return replay.summary


@dataclass(frozen=True, slots=True)
class Sinks:
    """One function per output that writes a line."""

    alerts: WriteLine
    ledger: WriteLine
    dead_letters: WriteLine
    stats: WriteLine


class _Piece(NamedTuple):
    """Consecutive lines that were placed."""

    chunk: Chunk
    start: int
    stop: int


class Replay:
    """Applies what a playback says to the core, and writes what comes of it."""

    def __init__(self, partition: PartitionCore, network: NetworkCore, sinks: Sinks) -> None:
        self.summary = Summary()
        self._partition = partition
        self._network = network
        self._sinks = sinks
        self._files = _Files()
        self._waiting: list[_Piece] = []  # since the last cut

    def play(self, playback: Playback[Line], events: Sequence[str]) -> None:
        """Everything from the first line to the last cut. Raises FileError."""
        with file_progress(events) as progress, told_once(partial(print, file=sys.stderr)):
            for lines in read_lines(events, progress):
                self._follow(playback, self._decoded(lines))
                if playback.finished:
                    break
        self._take(playback.end())

    def _decoded(self, lines: Lines) -> Chunk:
        chunk = decode_chunk(lines.lines, lines.topic, self._files.number(lines))
        self.summary.events += len(chunk)
        return chunk

    def _follow(self, playback: Playback[Line], chunk: Chunk) -> None:
        """Nearly all lines are taken many at a time; those that move the clock on, one by one."""
        row = 0
        while row < len(chunk) and not playback.finished:
            following = playback.take(chunk.ts, row)
            if following > row:
                self._waiting.append(_Piece(chunk, row, following))
                row = following
            else:
                self._take(playback.feed([chunk[row]]))
                row += 1

    def _take(self, items: Iterable[Place[Line] | DeadLetter | CutDue]) -> None:
        for item in items:
            if isinstance(item, Place):
                line = item.record
                self._waiting.append(_Piece(line.chunk, line.row, line.row + 1))
            elif isinstance(item, CutDue):
                self._cut(item)
            else:
                self._bury(item)

    def _cut(self, cut: CutDue) -> None:
        for letter in self._partition.apply(cut.at, self._batches(), cut.tick):
            self._bury(letter)
        if cut.tick is not None:
            self._tick(cut.tick)
        if cut.last:
            self._finish(cut.at)

    def _batches(self) -> list[Batch]:
        """What was placed since the last cut, in order; few batches, for each costs a little."""
        pieces, self._waiting = self._waiting, []
        batches: list[Batch] = []
        for chunk, some in groupby(pieces, lambda piece: piece.chunk):
            rows = np.concatenate([np.arange(one.start, one.stop) for one in some])
            batches += chunk.batches(rows, self._files.topic)
        return batches

    def _tick(self, tick: int) -> None:
        """The round between the stages, with one partition in the network."""
        outlook = self._network.combine([self._partition.close(tick)])
        decisions = self._network.decide([self._partition.weigh(outlook)])
        for alert in decisions.alerts:
            self._sinks.alerts(encode(alert))
            self._count(alert)
        for alert in decisions.ledger:
            self._sinks.ledger(encode(alert))
        self.summary.ticks += 1

    def _count(self, alert: Alert) -> None:
        if alert.change is Change.OPENED:
            self.summary.alerts[alert.kind] += 1
            self.summary.budgeted += alert.kind in STATISTICAL

    def _bury(self, letter: DeadLetter) -> None:
        placed = self._files.placed(letter)
        self.summary.letters[letter.reason] += 1
        self.summary.first_letter = self.summary.first_letter or placed
        self._sinks.dead_letters(encode(placed))

    def _finish(self, at: Micros) -> None:
        for stats in self._partition.stats(at, True):
            self._sinks.stats(stats.line)
            self.summary.dealers += 1
        self.summary.expected = sum(one.expected for one in self._network.spending().values())


class _Files:
    """Which file and line a record comes from, through a core that knows only one number for both.

    Records may wait for the clock until another file is being read, so the number of a line carries
    its file in the bits above 2⁴⁰.
    """

    def __init__(self) -> None:
        self._topics: list[str] = []

    @property
    def topic(self) -> str:
        """The file being read."""
        return self._topics[-1]

    def number(self, lines: Lines) -> int:
        """What stands for the first of these lines."""
        if lines.first_line == 0:
            self._topics.append(lines.topic)
        return (len(self._topics) - 1) * _FILE + lines.first_line

    def placed(self, letter: DeadLetter) -> DeadLetter:
        """The letter with its own file and line."""
        file, line = divmod(letter.offset, _FILE)
        return letter.model_copy(update={"topic": self._topics[file], "offset": line})


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"


def _playback(settings: Settings, until: str | None) -> Playback[Line]:
    try:
        end = None if until is None else parse_instant(until)
    except ValueError as error:
        raise UsageError(f"--until {until}: {error}") from None
    return Playback(
        tick_us=settings.tick,
        lateness_us=settings.lateness,
        late_limit_us=settings.late_limit,
        until=end,
        cut_records=settings.cuts.records,
    )


def _cores(
    settings: Settings, dealers: Path | None, calendar: Path | None
) -> tuple[PartitionCore, NetworkCore]:
    master = read_master(dealers)
    setup = Setup(settings, master, read_calendar(settings, master, calendar))
    return Partition(0, setup), Network(setup, 1)
