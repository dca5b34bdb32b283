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

from detectors.baselines.order_size import LEAST_SIZE
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
    basket: F64  # (n,) its priced lines of known articles, in usual lines of those …
    known: F64  # … how many lines those are …
    priced: F64  # … and how many priced lines it has in all
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
        basket=np.zeros(n),
        known=np.zeros(n),
        priced=np.zeros(n),
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
    usual: F64  # in usual lines of its article; nan where that is unknown, 0 for a free line


class Placing(NamedTuple):
    """What became of order lines; all arrays (k,)."""

    is_order: Bool  # the line counts as an order
    tick: I64  # in which its order counts
    before: F64  # ln of the order's size in usual lines before the line, nan: it had none
    after: F64  # with the line


@compiled
def _log_size(placed: Placed, i: int) -> float:
    """The log of an order's size in usual lines; lines of unknown articles are like its others."""
    if placed.known[i] == 0.0:
        return np.nan
    size = placed.basket[i] * placed.priced[i] / placed.known[i]
    return float(np.log(max(size, LEAST_SIZE)))


@compiled
def _add(placed: Placed, i: int, lines: OrderLines, k: int) -> None:
    """One line more in an order."""
    placed.quantity[i] += lines.quantity[k]
    placed.value[i] += lines.value[k]
    if lines.usual[k] != 0.0:
        placed.priced[i] += 1.0
    if lines.usual[k] > 0.0:
        placed.basket[i] += lines.usual[k]
        placed.known[i] += 1.0


@compiled
def _begin(placed: Placed, i: int, lines: OrderLines, k: int) -> None:
    """The line is the first of its order."""
    placed.ts[i], placed.tick[i], placed.dealer[i] = lines.ts[k], lines.tick[k], lines.dealer[k]
    placed.quantity[i] = placed.value[i] = 0.0
    placed.basket[i] = placed.known[i] = placed.priced[i] = 0.0
    placed.returned[i], placed.cancelled[i], placed.case_tick[i] = 0.0, False, -1


@compiled
def _place(placed: Placed, rows: I64, lines: OrderLines, window: int, placing: Placing) -> None:
    """Put lines into their orders, in order of the lines; row -1 names no order."""
    for k in range(len(rows)):
        i = rows[k]
        if i < 0:
            usual = lines.usual[k]
            placing.after[k] = np.log(max(usual, LEAST_SIZE)) if usual > 0.0 else np.nan
            continue
        placing.is_order[k] = abs(lines.ts[k] - placed.ts[i]) > window
        if placing.is_order[k]:
            _begin(placed, i, lines, k)
        placing.before[k] = _log_size(placed, i)
        _add(placed, i, lines, k)
        placing.tick[k] = placed.tick[i]
        placing.after[k] = np.nan if placed.cancelled[i] else _log_size(placed, i)


class Cancelled(NamedTuple):
    """What a batch of returns took back; all arrays (k,), one entry a cancelled order."""

    dealer: I64
    tick: I64  # in which the order had counted
    ts: I64  # of the order
    value: F64  # of the order
    size: F64  # ln of its usual lines, nan: none
    case_tick: I64  # in which an earlier return of it had counted as a case; -1 none


@compiled
def log_sizes(placed: Placed, rows: I64) -> F64:
    """(k,) logs of the sizes of orders."""
    out = np.empty(len(rows))
    for k in range(len(rows)):
        out[k] = _log_size(placed, rows[k])
    return out


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

    def place(self, order: U64, lines: OrderLines) -> Placing:
        """Put n lines into their orders; order 0 (no order_id) is always one of its own."""
        n = len(order)
        rows = np.full(n, -1)
        named = np.flatnonzero(order)
        if len(named):
            rows[named] = self._index.rows(order[named])
            self._placed = grown(self._placed, _empty, self._index.count)
        placing = Placing(
            is_order=np.ones(n, np.bool_),
            tick=np.array(lines.tick),
            before=np.full(n, np.nan),
            after=np.full(n, np.nan),
        )
        _place(self._placed, rows, lines, self._late_limit, placing)
        return placing

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
            size=log_sizes(placed, which),
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
