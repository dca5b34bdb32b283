"""Which cuts the wall clock has to write, from where the logs stand. Pure functions.

A cut every interval and at every tick. After a pause (the clock was down, orders went on): first
cuts over the backlog, none longer than `records` of a source, then the ticks that were missed, then
life as usual. So a backlog is counted before anything is judged, and never looks like silence.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from schemas.batch import Source
from schemas.cut import Cut
from schemas.instant import Micros

Ends = Mapping[Source, int]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one partition of `ticks` has come. Of cuts with one number the first counts."""

    last: Cut | None = None  # the last cut that counts
    tick: int | None = None  # the last tick that was closed
    first: Cut | None = None  # the oldest cut known
    first_tick: int | None = None  # the oldest tick known
    position: int = 0  # after the last record

    def after(self, cut: Cut, position: int) -> Progress:
        """With one record more."""
        if self.last is not None and cut.number <= self.last.number:
            return replace(self, position=position)
        tick = self.tick if cut.tick is None else cut.tick
        first_tick = tick if self.first_tick is None else self.first_tick
        return Progress(cut, tick, self.first or cut, first_tick, position)


@dataclass(frozen=True, slots=True)
class Rule:
    """Lengths in microseconds; `records` is the most of one source in one cut."""

    tick_us: Micros
    lateness_us: Micros
    records: int

    def due(self, tick: int) -> Micros:
        """When a tick is closed."""
        return (tick + 1) * self.tick_us + self.lateness_us

    def open_tick(self, at: Micros) -> int:
        """The oldest tick that is not closed then."""
        return (at - self.lateness_us) // self.tick_us

    def start_tick(self, everywhere: list[Progress], now: Micros) -> int:
        """The first tick of this system: one for all partitions, or the network waits for ever."""
        ticks = [one.first_tick for one in everywhere if one.first_tick is not None]
        firsts = [one.first.at for one in everywhere if one.first is not None]
        return min(ticks) if ticks else self.open_tick(min(firsts, default=now))

    def missed(self, progress: Progress, start_tick: int, now: Micros) -> Iterator[int]:
        """Ticks that are due and not closed."""
        following = start_tick if progress.tick is None else progress.tick + 1
        return itertools.takewhile(lambda tick: self.due(tick) <= now, itertools.count(following))

    def plan(self, progress: Progress, start_tick: int, now: Micros, ends: Ends) -> list[Cut]:
        """The cuts to write now, at least one."""
        maker = _Maker(progress, now)
        for middle in self._stages(maker.ends, ends):
            maker.add(middle)
        for tick in self.missed(progress, start_tick, now):
            maker.add(ends, tick)
        if maker.ends != ends or not maker.cuts:
            maker.add(ends)
        return maker.cuts

    def _stages(self, ends: Ends, goal: Ends) -> Iterator[Ends]:
        """On the way from one to the other, no step longer than allowed; without the goal."""
        while any(goal[source] - ends[source] > self.records for source in Source):
            ends = {s: min(goal[s], ends[s] + self.records) for s in Source}
            yield ends


@dataclass(slots=True)
class _Maker:
    """Numbers cuts."""

    progress: Progress
    now: Micros
    cuts: list[Cut] = field(default_factory=list)

    @property
    def last(self) -> Cut | None:
        return self.cuts[-1] if self.cuts else self.progress.last

    @property
    def ends(self) -> Ends:
        return self.last.ends if self.last is not None else dict.fromkeys(Source, 0)

    def add(self, ends: Ends, tick: int | None = None) -> None:
        number, at = (self.last.number, self.last.at) if self.last is not None else (0, self.now)
        # Neither the clock nor an end ever goes back, whatever a wall clock or another writer does.
        ends = {source: max(ends[source], self.ends[source]) for source in Source}
        self.cuts.append(Cut(number + 1, max(at, self.now), tick, ends))
