"""Where names stand in a list, found by their bytes: open addressing, compiled.

A 64-bit identity leads to the place, and the bytes themselves decide, so two names are never taken
for one. 30 bytes a name besides its own.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from detectors.columns import I64, U64, longer
from schemas.compiled import compiled
from schemas.texts import Bytes, Places, Spans, Texts

UNKNOWN = -1


@compiled
def _matches(
    buffer: Bytes, start: int, size: int, other: Bytes, other_start: int, other_size: int
) -> bool:
    if size != other_size:
        return False
    for place in range(size):  # noqa: SIM110  numba knows no generators
        if buffer[start + place] != other[other_start + place]:
            return False
    return True


@compiled
def _slot(
    table: I64, names: Bytes, starts: I64, identities: U64, buffer: Bytes, start: int, size: int,
    identity: np.uint64,
) -> np.uint64:  # fmt: skip
    """Place in the table of one text: where its number stands, or would stand."""
    mask = np.uint64(len(table) - 1)
    at = identity & mask
    number = table[at]
    while number != UNKNOWN and not (
        identities[number] == identity
        and _matches(
            buffer, start, size, names, starts[number], starts[number + 1] - starts[number]
        )
    ):
        at = (at + np.uint64(1)) & mask
        number = table[at]
    return at


@compiled
def _find(
    table: I64, names: Bytes, starts: I64, identities: U64, buffer: Bytes, start: Places,
    size: Places, identity: U64, found: I64,
) -> None:  # fmt: skip
    """Number of each text among the names, UNKNOWN where it is none. table: number by place."""
    for i in range(len(identity)):
        at = _slot(table, names, starts, identities, buffer, start[i], size[i], identity[i])
        found[i] = table[at]


@compiled
def _place(table: I64, identities: U64, first: int, end: int) -> None:
    """Enter the names from number `first` to `end` (exclusive)."""
    mask = np.uint64(len(table) - 1)
    for number in range(first, end):
        at = identities[number] & mask
        while table[at] != UNKNOWN:
            at = (at + np.uint64(1)) & mask
        table[at] = number


@compiled
def _append(
    names: Bytes, starts: I64, identities: U64, count: int, buffer: Bytes, start: int, size: int,
    identity: np.uint64,
) -> None:  # fmt: skip
    """Write name number `count` behind the others; there is room."""
    begin = starts[count]
    for place in range(size):
        names[begin + place] = buffer[start + place]
    starts[count + 1], identities[count] = begin + size, identity


@compiled
def _add(
    table: I64, names: Bytes, starts: I64, identities: U64, count: int, buffer: Bytes,
    start: Places, size: Places, identity: U64,
) -> int:  # fmt: skip
    """Enter texts that are not among the first `count` names; how many names there are then."""
    for i in range(len(identity)):
        at = _slot(table, names, starts, identities, buffer, start[i], size[i], identity[i])
        if table[at] == UNKNOWN:
            _append(names, starts, identities, count, buffer, start[i], size[i], identity[i])
            table[at] = count
            count += 1
    return count


class NameIndex:
    """Names by number, in order of appearance, and their numbers by their bytes."""

    def __init__(self) -> None:
        self._count = 0
        self._table: I64 = np.full(64, UNKNOWN, np.int64)
        self._names = np.zeros(0, np.uint8)
        self._starts: I64 = np.zeros(1, np.int64)  # (room + 1,)
        self._identities: U64 = np.zeros(0, np.uint64)  # (room,)

    def __len__(self) -> int:
        return self._count

    def find(self, texts: Texts) -> I64:
        """(n,) number of each, UNKNOWN where it is none of the names."""
        found = np.empty(len(texts), np.int64)
        spans = texts.spans
        _find(
            self._table, self._names, self._starts, self._identities,
            spans.buffer, spans.start, spans.size, texts.identity, found,
        )  # fmt: skip
        return found

    def texts(self, numbers: I64) -> Texts:
        """(k,) the names of these numbers, where they lie: until the next are added."""
        start = self._starts[numbers].astype(np.int32)
        size = self._starts[numbers + 1].astype(np.int32) - start
        return Texts(Spans(self._names, start, size), self._identities[numbers])

    def add(self, texts: Texts) -> list[str]:
        """Give the next numbers to those that are new; these, each once."""
        spans, before = texts.spans, self._count
        self._make_room(len(texts), int(spans.size.sum()))
        self._count = _add(
            self._table, self._names, self._starts, self._identities, before,
            spans.buffer, spans.start, spans.size, texts.identity,
        )  # fmt: skip
        ends = self._starts[before : self._count + 1].tolist()
        written = self._names[: ends[-1]].tobytes()
        return [written[start:end].decode() for start, end in pairwise(ends)]

    def _make_room(self, names: int, size: int) -> None:
        """For so many names more, of so many bytes together."""
        count = self._count + names
        self._names = longer(self._names, int(self._starts[self._count]) + size)
        self._starts = longer(self._starts, count + 1)
        self._identities = longer(self._identities, count)
        if 2 * count > len(self._table):
            self._table = np.full(1 << (4 * count - 1).bit_length(), UNKNOWN, np.int64)
            _place(self._table, self._identities, 0, self._count)
