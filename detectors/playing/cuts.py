"""When a file that is played is cut: the moments at which a worker takes what was placed.

Cuts fall
* at the end of each tick plus lateness, before the clock reaches that moment: all ticks one by one
  from the oldest that is open when the clock starts, through gaps of any length;
* after every `cut_records` records, so that nobody has to hold more;
* before the clock would come within a day of a stray that was placed since the last cut: the worker
  judges by the cut's `at`, and has to refuse it as the file's clock did;
* at the end. The tick that is open then is not closed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from detectors.playing.file_clock import AHEAD
from schemas.instant import LAST, Micros

CUT_RECORDS = 50_000  # of 200 bytes: 10 MB that a worker holds until the cut

_NO_STRAY = LAST + 2 * AHEAD  # no clock comes near it


@dataclass(frozen=True, slots=True)
class CutDue:
    """A cut after everything placed so far."""

    at: Micros
    tick: int | None = None  # the tick it closes
    last: bool = False


class CutRule:
    """Tell it how the clock moves and what is placed; it answers with the cuts that are due.

    Parameters:
        now: where the clock starts.
        tick: the oldest tick that is open then.
        tick_us, lateness_us: microseconds.
        cut_records: most records between two cuts.
    """

    def __init__(
        self, now: Micros, tick: int, *, tick_us: int, lateness_us: int, cut_records: int
    ) -> None:
        self.now = now
        self._tick = tick
        self._tick_us = tick_us
        self._closing = (tick + 1) * tick_us + lateness_us  # when the clock closes that tick
        self._cut_records = cut_records
        self._placed = 0  # since the last cut
        self._nearest_stray = _NO_STRAY  # of those placed since the last cut

    @property
    def free_before(self) -> Micros:
        """No cut falls while the clock and all records stay before this moment."""
        return min(self._closing, self._nearest_stray - AHEAD)

    @property
    def room(self) -> int:
        """So many records may be placed without a cut."""
        return self._cut_records - self._placed - 1

    def pass_over(self, records: int, now: Micros) -> None:
        """Records were placed, none of them a stray, within these limits; the clock then."""
        self._placed += records
        self.now = max(self.now, now)

    def is_free_until(self, to: Micros) -> bool:
        """Whether no cut falls before the clock arrives there."""
        return to < self.free_before

    def advance(self, to: Micros) -> Iterator[CutDue]:
        """The clock moves ahead; the cuts fall before it arrives."""
        yield from self.pass_ticks(to)
        yield from self._before_strays(to)
        self.now = to

    def pass_ticks(self, to: Micros) -> Iterator[CutDue]:
        """Close the ticks whose moment has come by `to`; the clock stays at the last of them."""
        while self._closing <= to:
            yield from self._before_strays(self._closing)
            self.now = self._closing
            yield self._cut(tick=self._tick)
            self._tick += 1
            self._closing += self._tick_us

    def place(self, ts: Micros, *, stray: bool) -> CutDue | None:
        """A record was placed."""
        self._placed += 1
        if stray:
            self._nearest_stray = min(ts, self._nearest_stray)
        return self._cut() if self._placed == self._cut_records else None

    def last(self) -> CutDue:
        """The input is over."""
        return self._cut(last=True)

    def _before_strays(self, to: Micros) -> Iterator[CutDue]:
        if to + AHEAD >= self._nearest_stray:
            yield self._cut()

    def _cut(self, *, tick: int | None = None, last: bool = False) -> CutDue:
        self._placed = 0
        self._nearest_stray = _NO_STRAY
        return CutDue(self.now, tick, last)
