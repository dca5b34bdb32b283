"""One partition in a worker: what was read and waits for its cut, and the state that advances.

No Kafka here: slices and outlooks come in by calls, messages and snapshots go out as values.
Nothing ever blocks; whoever drives it calls `advance` until it returns None.

A cut is applied when every source has been read up to its end, in the fixed order of sources, so
the state after a cut is a function of the logs alone. A cut that closes a tick has two steps: close
(census goes out), and, when the outlook of the tick has come, weigh (signals go out). Only between
cuts is the state complete: `at_rest`.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from schemas.batch import Batch, Source
from schemas.cut import Cut, Sequence
from schemas.instant import DAY, Micros
from streams.workers.parcels import PARCEL_LINES, Parcel, parcel
from streams.workers.rows import Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from schemas.dead_letter import DeadLetter
    from schemas.wire import Census, Outlook, Signals
    from streams.workers.core import PartitionCore
    from streams.workers.rows import Arrays

MOST_CUTS = 10_000  # that may wait: 14 months of hourly ticks, 2 MB
MOST_LETTERS = 1_000  # until the next save; of 1 MiB each 1.4 GB, of 300 bytes half a megabyte
MOST_STATS_BYTES = 4_000_000  # of parcels, until the next save: the lines of some 30,000 dealers
TICKS, OUTLOOK = "ticks", "outlook"  # names in Standing.positions beside those of the sources


class HoleError(Exception):
    """Records are missing between what was read and what came: the log must be read again."""


class Noted(NamedTuple):
    """An outlook and the position after it in its topic."""

    outlook: Outlook
    following: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One partition at rest: all that is saved in one transaction.

    The arrays are the state itself: to be packed before the holder advances.
    """

    standing: Standing
    arrays: Arrays
    counts: dict[str, int]
    letters: list[DeadLetter]
    stats: list[Parcel]


@dataclass(slots=True)
class _Intake:
    """What was read of one source and waits for its cut."""

    position: int  # of the next record to come
    batches: deque[Batch] = field(default_factory=deque)
    letters: deque[DeadLetter] = field(default_factory=deque)
    records: int = 0

    def take_until(self, end: int) -> tuple[list[Batch], list[DeadLetter]]:
        """Everything before position `end`, in log order."""
        batches = []
        while self.batches and self.batches[0].position[0] < end:
            batch = self.batches.popleft()
            stop = int(batch.position.searchsorted(end))
            if stop < len(batch):
                self.batches.appendleft(batch.part(stop, len(batch)))
                batch = batch.part(0, stop)
            batches.append(batch)
            self.records -= len(batch)
        letters = []
        while self.letters and self.letters[0].offset < end:
            letters.append(self.letters.popleft())
        return batches, letters


class Holder:
    """The state of one partition, what waits for it, and what it has to say."""

    def __init__(
        self, core: PartitionCore, standing: Standing, tick_length: Micros, read_ahead: int
    ) -> None:
        self._core = core
        self._tick_length = tick_length
        self._read_ahead = read_ahead
        self._positions = dict.fromkeys((*Source, TICKS, OUTLOOK), 0) | standing.positions
        self._tick = standing.tick
        self._cut = standing.cut
        self._intakes = {source: _Intake(self._positions[source]) for source in Source}
        self._cuts: deque[tuple[Cut, int]] = deque()
        self._sequence = Sequence(standing.cut, standing.tick)
        self._ticks_position = self._positions[TICKS]
        self._clock: Micros | None = None  # of the newest cut
        self._closed: tuple[Cut, int] | None = None  # its tick is closed, not yet weighed
        self._letters: list[DeadLetter] = []
        self._stats: list[Parcel] = []

    @property
    def standing(self) -> Standing:
        """Where the state stands; meaningful at rest."""
        return Standing(self._cut, self._tick, dict(self._positions))

    @property
    def tick(self) -> int | None:
        """The last tick weighed."""
        return self._tick

    @property
    def at_rest(self) -> bool:
        """True between cuts, when the state may be saved."""
        return self._closed is None

    @property
    def waiting_records(self) -> int:
        """Records read and not yet applied."""
        return sum(intake.records for intake in self._intakes.values())

    @property
    def delay_us(self) -> Micros:
        """Clock time since the oldest cut with a tick not weighed yet; 0 when there is none."""
        closed = [self._closed] if self._closed else []
        due = (cut.at for cut, _ in (*closed, *self._cuts) if cut.tick is not None)
        oldest = next(due, None)
        return 0 if oldest is None or self._clock is None else self._clock - oldest

    @property
    def must_be_saved(self) -> bool:
        """True when what goes with the next save has become too much to keep."""
        kept = sum(len(parcel) for parcel in self._stats)
        return len(self._letters) >= MOST_LETTERS or kept >= MOST_STATS_BYTES

    def counts(self) -> dict[str, int]:
        """Sizes, for metrics and `status`."""
        return self._core.counts()

    def take(
        self, source: Source, first: int, following: int, batch: Batch, letters: list[DeadLetter]
    ) -> None:
        """A decoded slice. Raises HoleError unless it starts where the one before ended."""
        intake = self._intakes[source]
        _contiguous(source, intake.position, first)
        if len(batch) and batch.position[0] < first:
            raise HoleError(f"{source}: record {batch.position[0]} in a slice from {first}")
        intake.position = following
        if len(batch):
            intake.batches.append(batch)
            intake.records += len(batch)
        intake.letters.extend(letters)

    def take_cuts(self, first: int, following: int, cuts: Iterable[tuple[Cut, int]]) -> None:
        """Cuts, each with the position after it. Repeats do not count (schemas.cut.Sequence)."""
        _contiguous(TICKS, self._ticks_position, first)
        self._ticks_position = following
        accepted = [item for item in cuts if self._sequence.accepts(item[0])]
        self._cuts.extend(accepted)
        if accepted:
            self._clock = accepted[-1][0].at

    def wanted(self, topic: str) -> bool | None:
        """Should this topic be read on? None: leave it as it is.

        A source that has not reached the end of the next cut is always read, or the cut would
        never complete; else reading pauses at `read_ahead` records and goes on at half of it.
        """
        if topic == TICKS:
            return _between(len(self._cuts), MOST_CUTS)
        intake = self._intakes[Source(topic)]
        if self._cuts and intake.position < self._cuts[0][0].ends[Source(topic)]:
            return True
        return _between(intake.records, self._read_ahead)

    def advance(self, outlook_of: Callable[[int], Noted | None]) -> list[Census | Signals] | None:
        """One step: close or weigh one cut. Returns what is to be sent; None: it has to wait.

        `outlook_of(tick)` is the outlook of a tick, or None while there is none.
        """
        if self._closed is not None:
            return self._weigh(*self._closed, outlook_of)
        if not self._cuts or not self._is_complete(self._cuts[0][0]):
            return None
        cut, following = self._cuts.popleft()
        self._apply(cut)
        if cut.tick is None:
            self._finish(cut, following)
            return []
        self._closed = cut, following
        return [self._core.close(cut.tick)]

    def snapshot(self) -> Snapshot:
        """Everything to save, at rest; letters and stats are handed over."""
        letters, self._letters = self._letters, []
        stats, self._stats = self._stats, []
        return Snapshot(self.standing, self._core.snapshot(), self.counts(), letters, stats)

    def _is_complete(self, cut: Cut) -> bool:
        return all(self._intakes[source].position >= cut.ends[source] for source in Source)

    def _apply(self, cut: Cut) -> None:
        batches: list[Batch] = []
        for source in Source:
            taken, letters = self._intakes[source].take_until(cut.ends[source])
            batches.extend(taken)
            self._letters.extend(letter.dated(cut.at) for letter in letters)
        self._letters.extend(self._core.apply(cut.at, batches, cut.tick))

    def _weigh(
        self, cut: Cut, following: int, outlook_of: Callable[[int], Noted | None]
    ) -> list[Census | Signals] | None:
        assert cut.tick is not None  # noqa: S101  only such cuts are closed
        noted = outlook_of(cut.tick)
        if noted is None:
            return None
        signals = self._core.weigh(noted.outlook)
        self._closed = None
        self._tick = cut.tick
        self._positions[OUTLOOK] = noted.following
        end = (cut.tick + 1) * self._tick_length
        if end % DAY == 0:
            self._note_stats(end, everything=False)
        self._finish(cut, following)
        return [signals]

    def _finish(self, cut: Cut, following: int) -> None:
        if cut.last:
            self._note_stats(cut.at, everything=True)
        self._cut = cut.number
        self._positions[TICKS] = following
        for source in Source:
            self._positions[source] = max(self._positions[source], cut.ends[source])

    def _note_stats(self, at: Micros, *, everything: bool) -> None:
        lines = self._core.stats(at, everything)
        while piece := list(islice(lines, PARCEL_LINES)):
            self._stats.append(parcel(piece))


def _contiguous(topic: str, expected: int, first: int) -> None:
    if first != expected:
        raise HoleError(f"{topic}: a slice starts at {first}, expected {expected}")


def _between(waiting: int, most: int) -> bool | None:
    if waiting >= most:
        return False
    return True if waiting < most // 2 else None


def read_from(standings: Mapping[int, Standing]) -> int:
    """Position in `outlook` from which the owner of these partitions has to read."""
    return min((s.positions.get(OUTLOOK, 0) for s in standings.values()), default=0)
