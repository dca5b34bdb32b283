"""What was observed and expected in recent ticks, days and weeks, per dealer.

Three rings: the last 48 ticks, the last 28 local days, the last 26 weeks. They answer how much came
since a moment, for as long ago as half a year, in 204 numbers a dealer and kind; the resolution is
an hour where hours matter and a week where only weeks do.

The most likely beginning of a change is the start whose window has the largest Poisson
log-likelihood ratio (the generalised likelihood ratio of a change-point): the window an alert shows
is then one a reader can recount.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from detectors.columns import F32, F64, I64, Bool
from schemas.compiled import compiled

TICKS: Final = 48  # for kinds that can be proven within a day; 0 for the others
DAYS: Final = 28
WEEKS: Final = 26
OBSERVED, EXPECTED = 0, 1


class History(NamedTuple):
    """Observed and expected by bin; last axis: OBSERVED, EXPECTED."""

    ticks: F32  # (n, TICKS or 0, 2) ring by tick number
    days: F32  # (n, DAYS, 2) ring by local day
    weeks: F32  # (n, WEEKS, 2) ring by day // 7


def empty(n: int, ticks: int) -> History:
    """No past yet for n dealers; ticks: how many are remembered one by one."""
    return History(
        ticks=np.zeros((n, ticks, 2), np.float32),
        days=np.zeros((n, DAYS, 2), np.float32),
        weeks=np.zeros((n, WEEKS, 2), np.float32),
    )


def begin_day(history: History, rows: I64, day: int) -> None:
    """Make the bins of a new local day of some dealers, and of a new week on its first day."""
    history.days[rows, day % DAYS] = 0
    if day % 7 == 0:
        history.weeks[rows, day // 7 % WEEKS] = 0


@compiled
def record(history: History, rows: I64, tick: int, day: I64, observed: F64, expected: F64) -> None:
    """Add one tick of the dealers `rows`; day (its local one), observed, expected: (k,)."""
    bins = history.ticks.shape[1]
    if bins > 0:
        history.ticks[:, tick % bins] = 0.0
    for k in range(len(rows)):
        i = rows[k]
        for part, amount in ((OBSERVED, observed[k]), (EXPECTED, expected[k])):
            if bins > 0:
                history.ticks[i, tick % bins, part] = amount
            history.days[i, day[k] % DAYS, part] += amount
            history.weeks[i, day[k] // 7 % WEEKS, part] += amount


def last_days(history: History, rows: I64, day: int | I64, count: int) -> F64:
    """(k, 2) observed and expected over the last `count` local days, `day` (or (k,)) included."""
    bins = (np.reshape(day, (-1, 1)) + np.arange(1 - count, 1)) % DAYS
    return np.asarray(history.days[rows[:, None], bins].sum(axis=1, dtype=np.float64))


@compiled
def sums_since(history: History, rows: I64, day: int, days: I64) -> F64:
    """(k, 2) observed and expected over the last days (k,), `day` included; whole weeks if old."""
    out = np.zeros((len(rows), 2))
    for k in range(len(rows)):
        first = day - days[k] + 1
        near = days[k] <= DAYS
        bins = history.days[rows[k]] if near else history.weeks[rows[k]]
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


def windows(history: History, rows: I64, now: Moment) -> Windows:
    """Every window that the rings can tell, per dealer."""
    bins = history.ticks.shape[1]
    ticks = np.arange(now.tick, now.tick - bins, -1)
    days = np.arange(now.day, now.day - DAYS, -1)
    weeks = np.arange(now.day // 7, now.day // 7 - WEEKS, -1)
    parts = [
        (ticks * now.tick_length, history.ticks[rows][:, ticks % max(bins, 1)]),
        (_starts(now, days), history.days[rows][:, days % DAYS]),
        (_starts(now, weeks * 7), history.weeks[rows][:, weeks % WEEKS]),
    ]
    starts = np.concatenate([start for start, _ in parts])
    sums = np.concatenate([np.cumsum(bins, axis=1, dtype=np.float64) for _, bins in parts], axis=1)
    order = np.argsort(-starts, kind="stable")
    return Windows(starts[order], sums[:, order, OBSERVED], sums[:, order, EXPECTED])


def _starts(now: Moment, days: I64) -> I64:
    return np.array([now.start(day) for day in days.tolist()], np.int64)


def likeliest(found: Windows, falling: bool, since: I64, least: float = 1.0) -> I64:
    """(k,) index of the window that says most for a change in this direction.

    since: (k,) microseconds; windows that start earlier are not considered, because the dealer was
    not watched then. least: how many times the expected count a rise has to show: over half a year
    a few busy weeks are a small and very certain rise, and not what has happened now. Ties go to
    the shorter window.
    """
    n, m = found.observed, np.maximum(found.expected, 1e-9)
    ratio = np.where(n > 0, n * np.log(np.maximum(n, 1e-9) / m), 0.0) - (n - m)
    right_side: Bool = (n < m) if falling else (n > least * m)
    known = found.start[None, :] >= since[:, None]
    return np.asarray(np.argmax(np.where(right_side & known, ratio, -1.0), axis=1))
