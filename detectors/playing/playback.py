"""A file as a service would have lived it: records to place in their logs, and the cuts between.

`until` is exclusive: at the first record that would move the clock to it or past it, reading stops,
and what still waits is not decided. Ticks whose end plus lateness lies before `until` are closed,
for the clock would have passed them. So what is decided is what the whole file decides before
`until`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, NamedTuple

from detectors.columns import I64
from detectors.playing.cuts import CUT_RECORDS, CutDue, CutRule
from detectors.playing.file_clock import FileClock, Ruling, Verdict
from detectors.playing.waiting import T
from schemas.dead_letter import DeadLetter
from schemas.instant import Micros


class Place(NamedTuple, Generic[T]):
    """A record for its source's log. A stray too: the worker refuses it by the cut's `at`."""

    record: T
    stray: bool


class Playback(Generic[T]):
    """Feed it the records of a file in order of arrival, then call `end`.

    The steps do not depend on how the file is cut into calls, nor on what is left to `take`.

    Parameters:
        tick_us, lateness_us, late_limit_us: microseconds, as FileClock.
        until: moment at which to stop, exclusive; `finished` tells that it was reached.
        now: the clock to go on from; None for a fresh start.
        cut_records: most records between two cuts.
    """

    def __init__(
        self,
        *,
        tick_us: int,
        lateness_us: int,
        late_limit_us: int,
        until: Micros | None = None,
        now: Micros | None = None,
        cut_records: int = CUT_RECORDS,
    ) -> None:
        self.finished = False
        self._clock: FileClock[T] = FileClock(
            tick_us=tick_us, lateness_us=lateness_us, late_limit_us=late_limit_us, now=now
        )
        self._until = until
        self._cut_records = cut_records
        self._cuts = None if now is None else self._cuts_from(now)

    @property
    def now(self) -> Micros | None:
        """The clock; None before a record has started it."""
        return None if self._cuts is None else self._cuts.now

    def take(self, ts: I64, start: int) -> int:
        """Rows from `start` on that ask for no judgement and no cut: the next places, no strays.

        ts: (n,) event times; a line that is no event has one that no clock comes near. Returns the
        first row that is for `feed`, or n.
        """
        cuts = self._cuts
        if self.finished or cuts is None:
            return start
        before = cuts.free_before if self._until is None else min(cuts.free_before, self._until)
        stop = self._clock.accept(ts, start, min(len(ts), start + cuts.room), before)
        if stop > start and (now := self._clock.now) is not None:
            cuts.pass_over(stop - start, now)
        return stop

    def feed(self, items: Iterable[T | DeadLetter]) -> Iterator[Place[T] | DeadLetter | CutDue]:
        """The next lines, decoded. Exhaust the iterator before the next call.

        Letters come back at once, dated by the clock (not at all before there is one).
        """
        for item in items:
            if self.finished:
                return
            if isinstance(item, DeadLetter):
                yield item.dated(self.now)
            elif (cuts := self._cuts) is not None and self._takes(item.ts, cuts):
                yield Place(item, stray=False)
                if due := cuts.place(item.ts, stray=False):
                    yield due
            else:
                yield from self._follow(self._clock.feed(item))

    def end(self) -> Iterator[Place[T] | CutDue]:
        """The input is over: what still waits, and the last cut if the clock ever started."""
        if not self.finished:
            yield from self._follow(self._clock.end())
        if not self.finished:
            yield from self._finish()

    def _takes(self, ts: Micros, cuts: CutRule) -> bool:
        """Take a record that asks for no judgement and no cut, as nearly all do: half the cost."""
        if self._until is not None and ts >= self._until:
            return False
        if not cuts.is_free_until(ts) or not self._clock.accepts(ts):
            return False
        cuts.now = max(cuts.now, ts)
        return True

    def _follow(self, rulings: Iterable[Ruling[T]]) -> Iterator[Place[T] | CutDue]:
        for record, verdict, before, after in rulings:
            if self._until is not None and after >= self._until:
                yield from self._finish(before=self._until)
                return
            if self._cuts is None:
                self._cuts = self._cuts_from(before)
            if after > self._cuts.now:
                yield from self._cuts.advance(after)
            stray = verdict is Verdict.STRAY
            yield Place(record, stray)
            if due := self._cuts.place(record.ts, stray=stray):
                yield due

    def _finish(self, before: Micros | None = None) -> Iterator[CutDue]:
        self.finished = True
        if self._cuts is not None:
            if before is not None:
                yield from self._cuts.pass_ticks(before - 1)
            yield self._cuts.last()

    def _cuts_from(self, now: Micros) -> CutRule:
        return CutRule(
            now,
            self._clock.oldest_open(now),
            tick_us=self._clock.tick_us,
            lateness_us=self._clock.lateness_us,
            cut_records=self._cut_records,
        )
