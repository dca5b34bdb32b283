"""What a dealer's orders are worth: value per order in its currency, half-life 90 days.

A single bulk order counts at most ten times the usual value, and a cancelled one is taken out
again, so that one slip of the keyboard does not make every later alert critical.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from detectors.columns import F64, I32, I64, Bool

KEEP: Final = 0.5 ** (1 / 90.0)  # per day
BULK: Final = 10.0  # times the usual value of the day's orders
SETTLED_ORDERS: Final = 5.0


class Worth(NamedTuple):
    """Value and orders of each dealer."""

    value: F64  # (n,) forgotten sums: money in `currency` …
    orders: F64  # … and orders
    day_value: F64  # (n,) of the open local day
    day_orders: F64  # (n,)
    currency: I32  # (n,) code of the first currency seen, -1 none
    mixed: Bool  # (n,) several currencies: no single amount of money describes this dealer


def empty(n: int) -> Worth:
    """Nothing ordered yet."""
    return Worth(
        value=np.zeros(n),
        orders=np.zeros(n),
        day_value=np.zeros(n),
        day_orders=np.zeros(n),
        currency=np.full(n, -1, np.int32),
        mixed=np.zeros(n, np.bool_),
    )


def count(worth: Worth, rows: I64, currency: I64, value: F64, is_order: Bool) -> None:
    """Add order lines; all arrays (k,), rows may repeat."""
    unset = worth.currency[rows] < 0
    worth.currency[rows[unset][::-1]] = currency[unset][::-1]  # the first one counts
    same = worth.currency[rows] == currency
    worth.mixed[rows[~same]] = True
    np.add.at(worth.day_value, rows[same], value[same])
    np.add.at(worth.day_orders, rows, is_order.astype(np.float64))


def take_back(worth: Worth, rows: I64, value: F64) -> None:
    """Cancelled orders of the last days were worth nothing; arrays (k,), rows may repeat."""
    np.add.at(worth.day_value, rows, -value)
    np.add.at(worth.day_orders, rows, -1.0)


def learn_day(worth: Worth, rows: I64, trust: F64) -> None:
    """Close a local day; trust: (k,) how far it is usual, 0 to 1."""
    usual = worth.value[rows] / np.maximum(worth.orders[rows], 1e-9)
    most = BULK * usual * np.maximum(worth.day_orders[rows], 1.0)
    # an order cancelled on another day has counted no more than this, so no more is taken out
    least = -BULK * usual * np.maximum(-worth.day_orders[rows], 1.0)
    settled = worth.orders[rows] >= SETTLED_ORDERS
    day = worth.day_value[rows]
    value = np.where(settled, np.clip(day, least, most), day)
    orders = trust * worth.day_orders[rows]
    worth.value[rows] = np.maximum(worth.value[rows] * KEEP + trust * value, 0.0)
    worth.orders[rows] = np.maximum(worth.orders[rows] * KEEP + orders, 0.0)
    worth.day_value[rows] = 0.0
    worth.day_orders[rows] = 0.0


def per_order(worth: Worth, rows: I64) -> F64:
    """(k,) money an order is usually worth, nan where no single amount describes it."""
    orders = worth.orders[rows] + worth.day_orders[rows]
    value = worth.value[rows] + worth.day_value[rows]
    known = (orders > 0.5) & ~worth.mixed[rows] & (worth.currency[rows] >= 0)
    return np.where(known, value / np.maximum(orders, 1e-9), np.nan)
