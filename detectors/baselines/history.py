"""What was observed and expected in recent ticks, days and weeks, per dealer.

Three rings: the last 48 ticks, the last 28 local days, the last 26 weeks. They answer how much came
since a moment, for as long ago as half a year, in 204 numbers a dealer and kind; the resolution is
an hour where hours matter and a week where only weeks do.

A bin comes first, the dealer second: a tick writes into one bin of everybody, so what it touches
lies together, and bins that no day has come to take no memory.

The most likely beginning of a change is the start whose window has the largest Poisson
log-likelihood ratio (the generalised likelihood ratio of a change-point): the window an alert shows
is then one a reader can recount.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from detectors.columns import F32, F64, I64, Array, copy_written
from schemas.compiled import compiled

TICKS: Final = 48  # for kinds that can be proven within a day; 0 for the others
DAYS: Final = 28
WEEKS: Final = 26
OBSERVED, EXPECTED = 0, 1
_REMEMBERED: Final = 16  # moments, for kinds and locales of one tick: 3 kB each


class History(NamedTuple):
    """Observed and expected of n dealers by bin; last axis: OBSERVED, EXPECTED."""

    ticks: F32  # (TICKS or 0, n, 2) ring by tick number
    days: F32  # (DAYS, n, 2) ring by local day
    weeks: F32  # (WEEKS, n, 2) ring by day // 7


def empty(n: int, ticks: int) -> History:
    """No past yet for n dealers; ticks: how many are remembered one by one."""
    return History(
        ticks=np.zeros((ticks, n, 2), np.float32),
        days=np.zeros((DAYS, n, 2), np.float32),
        weeks=np.zeros((WEEKS, n, 2), np.float32),
    )


def with_room(history: History, rows: int) -> History:
    """The history with room for `rows` dealers; it grows as columns do (detectors.columns)."""
    room = history.days.shape[1]
    if rows <= room:
        return history
    wider = empty(max(rows, 2 * room), len(history.ticks))
    for new, old in zip(wider, history, strict=True):
        for here, there in zip(old, new, strict=True):
            copy_written(here, there)
    return wider


def to_arrays(prefix: str, history: History, rows: int) -> dict[str, Array]:
    """The first `rows` dealers by name, for a snapshot: no copies."""
    return {f"{prefix}.{name}": ring[:, :rows] for name, ring in history._asdict().items()}


def begin_day(history: History, rows: I64, day: int) -> None:
    """Make the bins of a new local day of some dealers, and of a new week on its first day."""
    history.days[day % DAYS, rows] = 0
    if day % 7 == 0:
        history.weeks[day // 7 % WEEKS, rows] = 0


@compiled
def record(history: History, rows: I64, tick: int, day: I64, observed: F64, expected: F64) -> None:
    """Add one tick of the dealers `rows`, ascending; day (local), observed, expected: (k,)."""
    ticks, days, weeks = history.ticks, history.days, history.weeks
    bins, following = len(ticks), 0
    for k in range(len(rows)):
        i, seen, due = rows[k], observed[k], expected[k]
        if bins > 0:
            ticks[tick % bins, following:i] = 0.0  # who is not among them
            ticks[tick % bins, i, OBSERVED], ticks[tick % bins, i, EXPECTED] = seen, due
            following = i + 1
        today, week = day[k] % DAYS, day[k] // 7 % WEEKS
        days[today, i, OBSERVED] += seen
        days[today, i, EXPECTED] += due
        weeks[week, i, OBSERVED] += seen
        weeks[week, i, EXPECTED] += due
    if bins > 0:
        ticks[tick % bins, following:] = 0.0


def last_days(history: History, rows: I64, day: int | I64, count: int) -> F64:
    """(k, 2) observed and expected over the last `count` local days, `day` (or (k,)) included."""
    bins = (np.reshape(day, (-1, 1)) + np.arange(1 - count, 1)) % DAYS
    return np.asarray(history.days[bins, rows[:, None]].sum(axis=1, dtype=np.float64))


@compiled
def sums_since(history: History, rows: I64, day: int, days: I64) -> F64:
    """(k, 2) observed and expected over the last days (k,), `day` included; whole weeks if old."""
    out = np.zeros((len(rows), 2))
    for k in range(len(rows)):
        first = day - days[k] + 1
        near = days[k] <= DAYS
        bins = history.days[:, rows[k]] if near else history.weeks[:, rows[k]]
        begin, end = (first, day) if near else (first // 7, day // 7)
        for place in range(max(begin, end - len(bins) + 1), end + 1):
            out[k, OBSERVED] += bins[place % len(bins), OBSERVED]
            out[k, EXPECTED] += bins[place % len(bins), EXPECTED]
    return out


class Windows(NamedTuple):
    """Candidate windows that end now, shortest first; k dealers, m windows."""

    start: I64  # (m,) microseconds since 1970
    observed: F64  # (k, m)
    expected: F64  # (k, m)


class Moment(NamedTuple):
    """The end of the tick just closed, for the dealers of one locale."""

    tick: int
    tick_length: int  # microseconds
    day: int  # local day of the tick
    start: Callable[[int], int]  # first moment of what is counted for a local day, microseconds


class Bins(NamedTuple):
    """The bins of the three rings, by their beginnings, the latest first; arrays (m,)."""

    start: I64  # microseconds since 1970
    ring: I64  # ticks, days, weeks
    place: I64  # in the ring


def windows(history: History, rows: I64, now: Moment) -> Windows:
    """Every window that the rings can tell, per dealer."""
    bins = _bins(now, len(history.ticks))
    shape = (len(rows), len(bins.start))
    found = Windows(bins.start, np.empty(shape), np.empty(shape))
    _add_up(history, rows, bins, found)
    return found


@lru_cache(_REMEMBERED)
def _bins(now: Moment, ring: int) -> Bins:
    ticks = np.arange(now.tick, now.tick - ring, -1)
    starts, rings, places = _of_days(now.start, now.day)
    start = np.concatenate([ticks * now.tick_length, starts])
    order = np.argsort(-start, kind="stable")
    ring_of = np.concatenate([np.zeros(ring, np.int64), rings])
    place = np.concatenate([ticks % max(ring, 1), places])
    return Bins(start[order], ring_of[order], place[order])


@lru_cache(_REMEMBERED)
def _of_days(start: Callable[[int], int], day: int) -> tuple[I64, I64, I64]:
    """Beginning, ring and place of the bins of days and weeks on a local day."""
    days = np.arange(day, day - DAYS, -1)
    weeks = np.arange(day // 7, day // 7 - WEEKS, -1)
    first = [*days.tolist(), *(weeks * 7).tolist()]
    return (
        np.array([start(one) for one in first], np.int64),
        np.repeat([1, 2], [DAYS, WEEKS]),
        np.concatenate([days % DAYS, weeks % WEEKS]),
    )


@compiled
def _add_up(history: History, rows: I64, bins: Bins, found: Windows) -> None:
    """Fill the windows: each ring's bins add up by themselves, from the latest back."""
    sums = np.empty((3, 2))
    for k in range(len(rows)):
        sums[:] = 0.0
        for w in range(len(bins.start)):
            ring, place = bins.ring[w], bins.place[w]
            for part in (OBSERVED, EXPECTED):
                if ring == 0:
                    sums[ring, part] += history.ticks[place, rows[k], part]
                elif ring == 1:
                    sums[ring, part] += history.days[place, rows[k], part]
                else:
                    sums[ring, part] += history.weeks[place, rows[k], part]
            found.observed[k, w] = sums[ring, OBSERVED]
            found.expected[k, w] = sums[ring, EXPECTED]


def likeliest(found: Windows, falling: bool, since: I64, least: float = 1.0) -> I64:
    """(k,) index of the window that says most for a change in this direction.

    since: (k,) microseconds; windows that start earlier are not considered, because the dealer was
    not watched then. least: how many times the expected count a rise has to show: over half a year
    a few busy weeks are a small and very certain rise, and not what has happened now. Ties go to
    the shorter window.
    """
    best = np.zeros(len(found.observed), np.int64)
    _choose(found, falling, since, least, best)
    return best


@compiled
def _choose(found: Windows, falling: bool, since: I64, least: float, best: I64) -> None:
    for k in range(len(best)):
        most = -1.0
        for w in range(len(found.start)):
            n, m = found.observed[k, w], max(found.expected[k, w], 1e-9)
            right_side = n < m if falling else n > least * m
            if found.start[w] < since[k] or not right_side:
                continue
            ratio = (n * np.log(max(n, 1e-9) / m) if n > 0.0 else 0.0) - (n - m)
            if ratio > most:
                best[k], most = w, ratio
