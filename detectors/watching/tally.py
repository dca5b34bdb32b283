"""Exact sums: since the beginning, today, and over the last 7 and 28 event days.

Amounts are whole ten-thousandths in int64. What does not fit (more decimals, or beyond 2**45) is
kept beside as decimals, so totals equal a plain recount to the last digit whatever the input: a sum
overflows after 2**18 lines of one entity, each of 3.5 billion money; units, at most a billion a
line, after 2**19 such lines.
Days without events of an entity cost nothing: a finished day is kept as the rows it touched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Context, Decimal
from functools import reduce
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.columns import F64, I64, Array, Bool, longer
from schemas.compiled import compiled

SCALE: Final = 10_000
LIMIT: Final = float(1 << 45)  # of one amount
WEEK, MONTH = 7, 28
TOTAL, TODAY, LAST_7, LAST_28 = range(4)
# Sums of products of any accepted numbers: 36 digits before the point (10^18 lines of 1e9 times
# 1e9), 2 * (324 + 17) behind it (the smallest float times itself).
EXACT: Final = Context(prec=800)


@compiled
def _add(sums: I64, rows: I64, amounts: I64) -> None:
    for k in range(len(rows)):
        sums[rows[k]] += amounts[k]


class Odd(NamedTuple):
    """An amount that is not a whole number of ten-thousandths."""

    row: int
    column: int
    day: int
    amount: Decimal


class DaySums(NamedTuple):
    """What one event day added to the rows it touched."""

    day: int
    rows: I64  # (k,)
    sums: I64  # (k, width)
    fresh: bool = True  # has come since the last close


class Tally:
    """Sums of `width` columns per entity, by event day (UTC).

    One day is open; `end_day` closes it. Spans of 7 and 28 days include the open day. Events of
    other days than the open one (late, or a little early) count in the span their own day belongs
    to.
    """

    def __init__(self, width: int) -> None:
        self.width = width
        self.day = 0  # the open event day, counted from 1970-01-01
        # (n, TOTAL…LAST_28, width); LAST_7 and LAST_28 hold closed days only
        self.sums: I64 = np.zeros((0, 4, width), np.int64)
        self._days: list[DaySums] = []  # closed days within the span of 28, and days ahead
        self._left: I64 = np.zeros(0, np.int64)  # rows a day left a span of, at the last close
        self._odd_total: dict[tuple[int, int], Decimal] = {}
        self._odd: list[Odd] = []

    def make_room(self, rows: int) -> None:
        """Room for this many entities."""
        self.sums = longer(self.sums, rows)

    def add(self, rows: I64, column: int, amounts: I64, days: I64) -> None:
        """Add ten-thousandths to entities (rows may repeat), each on its event day."""
        _add(self.sums[:, TOTAL, column], rows, amounts)
        today = days == self.day
        if today.all():
            _add(self.sums[:, TODAY, column], rows, amounts)
            return
        _add(self.sums[:, TODAY, column], rows[today], amounts[today])
        for day in np.unique(days[~today]):
            here = days == day
            self._add_elsewhere(int(day), rows[here], column, amounts[here])

    def _add_elsewhere(self, day: int, rows: I64, column: int, amounts: I64) -> None:
        if day <= self.day - MONTH:
            self._left = np.union1d(self._left, rows)  # the total has changed all the same
            return
        touched, place = np.unique(rows, return_inverse=True)
        sums = np.zeros((len(touched), self.width), np.int64)
        _add(sums[:, column], place.astype(np.int64), amounts)
        self._days.append(DaySums(day, touched, sums))
        if day < self.day:
            self._enter(day, touched, sums)

    def _enter(self, day: int, rows: I64, sums: I64) -> None:
        """Count a closed day in the spans that end with the open one."""
        if day > self.day - WEEK:
            self.sums[rows, LAST_7] += sums
        self.sums[rows, LAST_28] += sums

    def add_odd(self, row: int, column: int, day: int, amount: Decimal) -> None:
        """Add an amount that does not fit the scale."""
        key = (row, column)
        self._odd_total[key] = EXACT.add(self._odd_total.get(key, Decimal(0)), amount)
        self._odd.append(Odd(row, column, day, amount))

    def changed(self) -> I64:
        """Rows whose sums differ from those at the end of the day before."""
        other_days = [past.rows for past in self._days if past.fresh]
        today = np.flatnonzero(self.sums[:, TODAY].any(axis=1))
        odd = np.array([odd.row for odd in self._odd if odd.day >= self.day - 1], np.int64)
        return np.unique(np.concatenate([today, self._left, odd, *other_days]))

    def end_day(self) -> None:
        """Close the open day; the next one opens."""
        today = self.sums[:, TODAY]
        rows = np.flatnonzero(today.any(axis=1))
        closed = DaySums(self.day, rows, np.array(today[rows]))
        self.sums[:, TODAY] = 0
        self.day += 1
        self._days = [
            *(past._replace(fresh=False) if past.fresh else past for past in self._days),
            closed._replace(fresh=False),
        ]
        self._enter(closed.day, closed.rows, closed.sums)
        self._left = self._expire()
        self._open_early()
        self._odd = [odd for odd in self._odd if odd.day > self.day - MONTH]

    def _expire(self) -> I64:
        """Take out the days that have left a span; the rows concerned."""
        left = [np.zeros(0, np.int64)]
        for past in self._days:
            if past.day == self.day - WEEK:
                self.sums[past.rows, LAST_7] -= past.sums
                left.append(past.rows)
            elif past.day == self.day - MONTH:
                self.sums[past.rows, LAST_28] -= past.sums
                left.append(past.rows)
        self._days = [past for past in self._days if past.day > self.day - MONTH]
        return np.unique(np.concatenate(left))

    def _open_early(self) -> None:
        """Events that came before their day was open belong to it now."""
        for early in (past for past in self._days if past.day == self.day):
            self.sums[early.rows, TODAY] += early.sums
        self._days = [past for past in self._days if past.day != self.day]

    def spans(self, rows: I64) -> I64:
        """(k, 3, width) ten-thousandths in all, in 7 and in 28 days; without what does not fit."""
        sums = self.sums[rows]
        sums[:, LAST_7:] += sums[:, TODAY, None]
        return np.asarray(sums[:, [TOTAL, LAST_7, LAST_28]])

    def odd_rows(self) -> set[int]:
        """Entities with amounts that do not fit: `amounts` tells their sums."""
        return {row for row, _ in self._odd_total}

    def amount(self, row: int, span: int, column: int) -> Decimal:
        """One exact sum; the open day counts in every span."""
        return self.amounts(row, span)[column]

    def amounts(self, row: int, span: int) -> list[Decimal]:
        """All exact sums of an entity, by column."""
        wholes = self.sums[row, span]
        if span in (LAST_7, LAST_28):
            wholes = wholes + self.sums[row, TODAY]
        sums = [Decimal(one) / SCALE for one in wholes.tolist()]
        if self._odd_total:
            odd = (self._odd_amount(row, span, column) for column in range(self.width))
            return list(map(EXACT.add, sums, odd))
        return sums

    def _odd_amount(self, row: int, span: int, column: int) -> Decimal:
        if (row, column) not in self._odd_total:
            return Decimal(0)
        if span == TOTAL:
            return self._odd_total[row, column]
        first = self.day - {TODAY: 0, LAST_7: WEEK - 1, LAST_28: MONTH - 1}[span]
        mine = (o for o in self._odd if (o.row, o.column) == (row, column))
        return reduce(EXACT.add, (o.amount for o in mine if first <= o.day <= self.day), Decimal(0))

    def snapshot(self, prefix: str, rows: int) -> dict[str, Array]:
        """Everything, as arrays."""
        heads = [(past.day, len(past.rows), past.fresh) for past in self._days]
        none = np.zeros((0, self.width), np.int64)
        odd = [(o.row, o.column, o.day, str(o.amount)) for o in self._odd]
        totals = [(r, c, 0, str(amount)) for (r, c), amount in self._odd_total.items()]
        return {
            f"{prefix}.sums": self.sums[:rows],
            f"{prefix}.day": np.array([self.day]),
            f"{prefix}.left": self._left,
            f"{prefix}.days": np.array(heads, np.int64).reshape(-1, 3),
            f"{prefix}.day_rows": np.concatenate([none[:, 0], *(p.rows for p in self._days)]),
            f"{prefix}.day_sums": np.concatenate([none, *(p.sums for p in self._days)]),
            f"{prefix}.odd": _odd_array(odd),
            f"{prefix}.odd_total": _odd_array(totals),
        }

    def restore(self, prefix: str, arrays: Mapping[str, Array]) -> None:
        """Take over what `snapshot` gave."""
        self.sums = np.array(arrays[f"{prefix}.sums"])
        self.day = int(arrays[f"{prefix}.day"][0])
        self._left = np.array(arrays[f"{prefix}.left"])
        rows, sums = arrays[f"{prefix}.day_rows"], arrays[f"{prefix}.day_sums"]
        at = 0
        for day, length, fresh in arrays[f"{prefix}.days"]:
            part = slice(at, at := at + int(length))
            self._days.append(
                DaySums(int(day), np.array(rows[part]), np.array(sums[part]), bool(fresh))
            )
        self._odd = [Odd(*row) for row in _odd_rows(arrays[f"{prefix}.odd"])]
        for row, column, _, amount in _odd_rows(arrays[f"{prefix}.odd_total"]):
            self._odd_total[row, column] = amount


def _odd_array(odd: list[tuple[int, int, int, str]]) -> NDArray[np.str_]:
    return np.array(odd, np.str_).reshape(-1, 4)


def _odd_rows(array: Array) -> Iterator[tuple[int, int, int, Decimal]]:
    for row, column, day, amount in array:
        yield int(row), int(column), int(day), Decimal(str(amount))


def whole(values: F64) -> tuple[I64, Bool]:
    """(n,) values in ten-thousandths, and where they are exactly that (float64 read from text)."""
    scaled = np.rint(values * SCALE)
    exact = (scaled / SCALE == values) & (np.abs(scaled) < float(1 << 53))
    return np.where(exact, scaled, 0).astype(np.int64), exact


def products(quantity: F64, price: F64) -> tuple[I64, Bool]:
    """(n,) quantity times price in ten-thousandths, and where that is exact in int64."""
    amount, exact = whole(price)
    count = np.rint(quantity)
    exact &= (count == quantity) & (np.abs(count) * np.abs(amount) < LIMIT)
    return np.where(exact, count, 0).astype(np.int64) * amount, exact
