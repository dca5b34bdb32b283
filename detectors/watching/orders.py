"""Orders as orders: lines of one order count once, an order cancelled soon does not count.

The lines of an order share its order_id within `late_limit` of the line that counted. A return that
names the order within `cancel_window` is added up against it; once nearly the whole quantity has
come back the order is cancelled: it is taken out of the counts of its tick while that is open, out
of what teaches the usual level afterwards, and the return is no return.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np

from detectors.columns import F64, I64, U64, Array, Bool, from_arrays, grown, to_arrays
from detectors.watching.ids import RowIndex
from schemas.compiled import compiled

NEARLY_ALL: Final = 0.9  # of the quantity


class Placed(NamedTuple):
    """One order that may still get lines or be cancelled."""

    ts: I64  # (n,) microseconds, of the line that counted
    tick: I64  # (n,) in which it counted
    dealer: I64  # (n,) row
    quantity: F64  # (n,) units ordered
    value: F64  # (n,) money ordered, in the currency of its lines
    returned: F64  # (n,) units returned
    cancelled: Bool  # (n,)
    case_tick: I64  # (n,) in which a return of it last counted as a case; -1 never


def _empty(n: int) -> Placed:
    return Placed(
        ts=np.full(n, np.iinfo(np.int64).min // 2),
        tick=np.zeros(n, np.int64),
        dealer=np.zeros(n, np.int64),
        quantity=np.zeros(n),
        value=np.zeros(n),
        returned=np.zeros(n),
        cancelled=np.zeros(n, np.bool_),
        case_tick=np.full(n, -1),
    )


class OrderLines(NamedTuple):
    """What the book needs of order lines; all arrays (k,)."""

    ts: I64
    tick: I64
    dealer: I64
    quantity: F64
    value: F64


@compiled
def _place(placed: Placed, rows: I64, lines: OrderLines, window: int, counts: Bool) -> None:
    """Mark the lines that count as an order of their own, in order of the lines."""
    for k in range(len(rows)):
        i = rows[k]
        if abs(lines.ts[k] - placed.ts[i]) <= window:
            placed.quantity[i] += lines.quantity[k]
            placed.value[i] += lines.value[k]
            continue
        counts[k] = True
        placed.ts[i], placed.tick[i] = lines.ts[k], lines.tick[k]
        placed.dealer[i], placed.quantity[i] = lines.dealer[k], lines.quantity[k]
        placed.value[i] = lines.value[k]
        placed.returned[i], placed.cancelled[i], placed.case_tick[i] = 0.0, False, -1


class Cancelled(NamedTuple):
    """What a batch of returns took back; all arrays (k,), one entry a cancelled order."""

    dealer: I64
    tick: I64  # in which the order had counted
    ts: I64  # of the order
    value: F64  # of the order
    case_tick: I64  # in which an earlier return of it had counted as a case; -1 none


@compiled
def _take_back(
    placed: Placed, order: I64, ts: I64, quantity: F64, tick: I64, window: int, is_case: Bool,
    ends: Bool,
) -> None:  # fmt: skip
    """Add returns up against their orders; mark those that are no cases, and those that cancel."""
    for k in range(len(order)):
        i = order[k]
        if i < 0 or abs(ts[k] - placed.ts[i]) > window:
            continue
        placed.returned[i] += quantity[k]
        if placed.cancelled[i]:
            is_case[k] = False
        elif placed.returned[i] >= NEARLY_ALL * placed.quantity[i]:
            placed.cancelled[i] = True
            is_case[k] = False
            ends[k] = True
        else:
            placed.case_tick[i] = tick[k]


class OrderBook:
    """The orders of one partition that may still change."""

    def __init__(self, late_limit: int, cancel_window: int) -> None:
        self._late_limit, self._cancel_window = late_limit, cancel_window
        self._index = RowIndex()
        self._placed = _empty(0)

    def place(self, order: U64, lines: OrderLines) -> Bool:
        """(n,) True where a line counts as an order; order 0 (no order_id) always counts."""
        counts: Bool = np.equal(order, 0)
        named = np.flatnonzero(~counts)
        if len(named) == 0:
            return counts
        rows = self._index.rows(order[named])
        self._placed = grown(self._placed, _empty, self._index.count)
        first = np.zeros(len(named), np.bool_)
        with_order = OrderLines._make(column[named] for column in lines)
        _place(self._placed, rows, with_order, self._late_limit, first)
        counts[named] = first
        return counts

    def take_back(self, order: U64, ts: I64, tick: I64, quantity: F64) -> tuple[Bool, Cancelled]:
        """(n,) True where a return is a case of its own; and the orders that are cancelled now."""
        is_case = np.ones(len(order), np.bool_)
        rows = np.where(order == 0, -1, self._index.lookup(order))
        ends = np.zeros(len(order), np.bool_)
        window = self._cancel_window
        _take_back(self._placed, rows, ts, quantity, tick, window, is_case, ends)
        which = rows[ends]
        placed = self._placed
        return is_case, Cancelled(
            dealer=placed.dealer[which],
            tick=placed.tick[which],
            ts=placed.ts[which],
            value=placed.value[which],
            case_tick=placed.case_tick[which],
        )

    def forget(self, before: int) -> None:
        """Drop orders older than `before` (microseconds) once they are half of the book."""
        count = self._index.count
        keep = self._placed.ts[:count] >= before
        if 2 * int(keep.sum()) >= count:
            return
        self._placed = Placed._make(column[:count][keep] for column in self._placed)
        self._index.rebuild(self._index.keys[:count][keep])

    def snapshot(self) -> dict[str, Array]:
        """The book as arrays."""
        count = self._index.count
        return {"orders.keys": self._index.keys[:count]} | to_arrays("orders", self._placed, count)

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Take over what `snapshot` gave."""
        self._placed = from_arrays("orders", _empty, arrays)
        self._index.rebuild(arrays["orders.keys"])
