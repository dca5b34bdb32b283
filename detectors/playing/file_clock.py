"""The clock of `replay` and `publish`: it follows the event times of a file and never goes back.

A record more than AHEAD of the clock waits: it may open a real gap, or carry an absurd date.

    waits ──► confirmed   records of two other dealers, or of ten other orders, near it have
                          followed: the clock jumps to it, the others that wait are judged again
          ──► stray       a record that is not ahead has followed, and was not refused
          ──► taken       at the end of input, or when too many wait: it counts unless it lies
                          more than FAR ahead of the clock

Before the first record is confirmed there is no clock, and all records wait; if the input ends
before, the clock starts at the earliest plausible time. "Judged again" means: fed again, in order
of arrival, without the one that was confirmed; so what that one said of others is forgotten. Of an
even number of records the earlier of the two middle ones is the median.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Generic, NamedTuple

from detectors.columns import I64
from detectors.playing.waiting import MOST_WAITING, T, Waiting
from schemas.compiled import compiled
from schemas.instant import DAY, Micros

AHEAD = DAY  # beyond this a record waits
FAR = 366 * DAY  # beyond this it does not count even at the end: a leap year is no gap


class Verdict(StrEnum):
    """What became of a record."""

    ACCEPTED = "accepted"
    STRAY = "stray"  # future_timestamp
    TOO_OLD = "too_old"


class Ruling(NamedTuple, Generic[T]):
    """The verdict on one record. Rulings come in the order in which they take effect."""

    record: T
    verdict: Verdict
    before: Micros  # the clock when it was ruled (where the clock starts with it: that start)
    after: Micros  # the clock then; it differs only if the record was accepted


class FileClock(Generic[T]):
    """Feed it the records of a file in order of arrival; each gets exactly one ruling, in time.

    The result does not depend on how the file is cut into calls. `FileClock(..., now=clock.now)`
    goes on where another one stopped with nothing waiting.

    Parameters:
        tick_us, lateness_us: microseconds; the oldest open tick is the first whose end plus
            lateness lies after the clock.
        late_limit_us: microseconds; a record older than the oldest open tick by more is too old.
        now: the clock to go on from; None where there is none yet.
    """

    def __init__(
        self, *, tick_us: int, lateness_us: int, late_limit_us: int, now: Micros | None = None
    ) -> None:
        self.tick_us = tick_us
        self.lateness_us = lateness_us
        self.late_limit_us = late_limit_us
        self.now = now
        self._waiting: Waiting[T] = Waiting()

    def accepts(self, ts: Micros) -> bool:
        """Accept a record at once, as `feed` would; False, and nothing done, where it would not."""
        now = self.now
        if now is None or ts > now + AHEAD or self._waiting.records or self._too_old(ts, now):
            return False
        self.now = max(now, ts)
        return True

    def accept(self, ts: I64, start: int, stop: int, before: Micros) -> int:
        """Accept rows of ts (n,) from `start` on, at most to `stop`, as `accepts` would.

        Those must lie before the moment `before`, too. Returns the first row not accepted.
        """
        if self.now is None or self._waiting.records:
            return start
        rules = self.tick_us, self.lateness_us, self.late_limit_us
        stop, self.now = _accepted(ts, start, stop, before, self.now, rules)
        return stop

    def feed(self, record: T) -> list[Ruling[T]]:
        """The next record; returns what is decided by it, often about this record alone."""
        now = self.now
        if now is None or record.ts > now + AHEAD:
            return self._wait(record)
        if self._too_old(record.ts, now):
            return [Ruling(record, Verdict.TOO_OLD, now, now)]
        accepted = self._accept(record, now)
        if not self._waiting.records:
            return [accepted]
        return [*(self._stray(one, now) for one in self._waiting.clear()), accepted]

    def end(self) -> list[Ruling[T]]:
        """The input is over: decide on what waits."""
        return self._decide(self._waiting.clear())

    def oldest_open(self, now: Micros) -> int:
        """Number of the first tick whose end plus lateness lies after now."""
        return (now - self.lateness_us) // self.tick_us

    def _wait(self, record: T) -> list[Ruling[T]]:
        if len(self._waiting) == MOST_WAITING:
            return self._decide([*self._waiting.clear(), record])
        self._waiting.add(record)
        rulings: list[Ruling[T]] = []
        while (confirmed := self._waiting.first_confirmed()) is not None:
            rulings += self._jump(confirmed)
        return rulings

    def _jump(self, confirmed: int) -> list[Ruling[T]]:
        """Move the clock to a waiting record and judge the others again."""
        record = self._waiting.records[confirmed]
        now = record.ts
        rulings = [self._accept(record, now if self.now is None else self.now)]
        numbers = [one for one in range(len(self._waiting)) if one != confirmed]
        if (self._waiting.ts <= now + AHEAD).sum() > 1:  # another one besides the confirmed
            numbers = self._judge_again(numbers, rulings)
        self._waiting.keep(numbers)
        return rulings

    def _judge_again(self, numbers: list[int], rulings: list[Ruling[T]]) -> list[int]:
        """Adds the rulings on those that need not wait any more; returns those that still do."""
        still: list[int] = []
        for number in numbers:
            record, now = self._waiting.records[number], self._started
            if record.ts > now + AHEAD:
                still.append(number)
            elif self._too_old(record.ts, now):
                rulings.append(Ruling(record, Verdict.TOO_OLD, now, now))
            else:
                rulings += [self._stray(self._waiting.records[one], now) for one in still]
                rulings.append(self._accept(record, now))
                still = []
        return still

    def _decide(self, records: list[T]) -> list[Ruling[T]]:
        """Take records in order, as at the end of input."""
        if records and self.now is None:
            self.now = _plausible_start(sorted(record.ts for record in records))
        return [self._take(record, self._started) for record in records]

    def _take(self, record: T, now: Micros) -> Ruling[T]:
        if record.ts > now + FAR:
            return self._stray(record, now)
        if self._too_old(record.ts, now):
            return Ruling(record, Verdict.TOO_OLD, now, now)
        return self._accept(record, now)

    def _accept(self, record: T, now: Micros) -> Ruling[T]:
        self.now = max(now, record.ts)
        return Ruling(record, Verdict.ACCEPTED, now, self.now)

    @staticmethod
    def _stray(record: T, now: Micros) -> Ruling[T]:
        return Ruling(record, Verdict.STRAY, now, now)

    def _too_old(self, ts: Micros, now: Micros) -> bool:
        return ts < now and ts < self.oldest_open(now) * self.tick_us - self.late_limit_us

    @property
    def _started(self) -> Micros:
        if self.now is None:
            raise AssertionError("no record has started the clock")
        return self.now


@compiled
def _accepted(
    ts: I64, start: int, stop: int, before: int, now: int, rules: tuple[int, int, int]
) -> tuple[int, int]:
    """The first row that is not accepted at once, and the clock then."""
    tick_us, lateness_us, late_limit_us = rules
    for row in range(start, stop):
        at = ts[row]
        if at >= before or at > now + AHEAD:
            return row, now
        oldest = (now - lateness_us) // tick_us * tick_us - late_limit_us
        if at < now and at < oldest:
            return row, now
        now = max(now, at)
    return stop, now


def _plausible_start(ts: list[Micros]) -> Micros:
    """The earliest of the ascending times that is not more than FAR from their median."""
    median = ts[(len(ts) - 1) // 2]
    return next(one for one in ts if one >= median - FAR)
