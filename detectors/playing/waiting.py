"""Records that lie far ahead of the clock, and the evidence that time has really come that far.

A waiting record is confirmed when records of two other dealers, or of ten other orders, within five
days of it have followed. Evidence is kept in columns, so that one more record costs a few array
operations, whatever waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

from schemas.instant import DAY, Micros

MOST_WAITING = 10_000  # records; 150 bytes of evidence each, so 1.5 MB besides the records
NEAR = 5 * DAY
ENOUGH_ORDERS = 10


class Arrival(Protocol):
    """What the clock needs to know of a record; `schemas.record.Record` has it."""

    @property
    def ts(self) -> Micros:
        """Event time."""

    @property
    def dealer(self) -> str:
        """The dealer's id."""

    @property
    def order(self) -> int:
        """Identity of the order it is a line of, 64 bits; 0 where it is none."""


T = TypeVar("T", bound=Arrival)

_ROW = np.dtype(
    [
        ("ts", np.int64),  # microseconds
        ("dealer", np.uint64),  # hash of the dealer, never 0
        ("order", np.uint64),  # identity of its own order, 0 = none
        ("witness", np.uint64),  # hash of the first other dealer that followed, 0 = none yet
        ("orders", np.uint64, (ENOUGH_ORDERS,)),  # other orders that followed, 0 = free
        ("count", np.int64),  # how many of those
        ("confirmed", np.bool_),
    ]
)


class Waiting(Generic[T]):
    """Waiting records in order of arrival."""

    def __init__(self) -> None:
        self.records: list[T] = []
        self._rows = np.zeros(MOST_WAITING, _ROW)

    def __len__(self) -> int:
        return len(self.records)

    @property
    def ts(self) -> NDArray[np.int64]:
        """(waiting,) event times, microseconds."""
        return np.asarray(self._rows["ts"][: len(self)], np.int64)

    def add(self, record: T) -> None:
        """One more record: it waits, and it is evidence for those before it."""
        row = _row(record)
        self._testify(self._rows[: len(self)], row)
        self._rows[len(self)] = row
        self.records.append(record)

    def first_confirmed(self) -> int | None:
        """Number of the first confirmed record, None if there is none."""
        confirmed = self._rows["confirmed"][: len(self)]
        first = int(confirmed.argmax()) if len(self) else 0
        return first if len(self) and confirmed[first] else None

    def keep(self, numbers: Sequence[int]) -> None:
        """Let all records go but these (ascending), and the evidence the others gave with them."""
        kept = np.zeros(len(self), np.bool_)
        kept[list(numbers)] = True
        testified = self._gave_evidence(kept)
        self._rows[: len(numbers)] = self._rows[: len(self)][kept]
        self.records = [self.records[number] for number in numbers]
        if testified:
            self._hear_again()

    def clear(self) -> list[T]:
        """Let all go; returns them."""
        records, self.records = self.records, []
        return records

    def _gave_evidence(self, kept: NDArray[np.bool_]) -> bool:
        """Whether one that goes is near one that is kept and came before it."""
        ts = self.ts
        gone = np.flatnonzero(~kept)
        gone = gone[gone > kept.argmax()] if kept.any() else gone[:0]
        return any(
            bool((np.abs(ts[:number] - ts[number]) <= NEAR)[kept[:number]].any())
            for number in gone.tolist()
        )

    def _hear_again(self) -> None:
        for record in self.clear():
            self.add(record)

    @staticmethod
    def _testify(rows: NDArray[np.void], row: NDArray[np.void]) -> None:
        """Add the evidence of one record to the rows it is near."""
        near = np.flatnonzero(np.abs(rows["ts"] - row["ts"]) <= NEAR)
        strangers = near[rows["dealer"][near] != row["dealer"]]
        witness = rows["witness"][strangers]
        rows["confirmed"][strangers[(witness != 0) & (witness != row["dealer"])]] = True
        rows["witness"][strangers[witness == 0]] = row["dealer"]
        if row["order"]:
            _testify_order(rows, near, np.uint64(row["order"]))


def _testify_order(rows: NDArray[np.void], near: NDArray[np.intp], order: np.uint64) -> None:
    others = near[(rows["order"][near] != order) & (rows["count"][near] < ENOUGH_ORDERS)]
    others = others[(rows["orders"][others] != order).all(axis=1)]
    count = rows["count"][others]
    rows["orders"][others, count] = order
    rows["count"][others] = count + 1
    rows["confirmed"][others[count + 1 == ENOUGH_ORDERS]] = True


def _row(record: Arrival) -> NDArray[np.void]:
    row = np.zeros((), _ROW)
    row["ts"] = record.ts
    row["dealer"] = xxh3_64_intdigest(record.dealer.encode()) or 1
    row["order"] = record.order
    return row
