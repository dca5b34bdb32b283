"""Identities that were seen: 64-bit hashes in a column, and an open-addressing table of their rows.

A Python set costs about 100 bytes an identity; at 100,000 dealers and five orders a day two weeks
of identities are 7 million. Here one costs 8 bytes of hash and 8 to 16 of table (4 a place, a
quarter to half full), and what is known of it stands beside its hash. Chance that a new identity
meets the hash of another among 7 million: 4e-13.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from detectors.columns import I32, I64, U64, Array, Bool, longer
from schemas.compiled import compiled

FREE: Final = np.int32(-1)  # place of the table without a row


@compiled
def _place(table: I32, keys: U64, key: np.uint64) -> int:
    """Index of the place that holds the key's row, or of the free one where it belongs."""
    mask = np.uint64(len(table) - 1)
    at = (key ^ (key >> np.uint64(29))) & mask
    while table[at] != FREE and keys[table[at]] != key:
        at = (at + np.uint64(1)) & mask
    return int(at)


@compiled
def _fill(table: I32, keys: U64) -> None:
    for row in range(len(keys)):
        table[_place(table, keys, keys[row])] = row


def _table(keys: U64, count: int) -> I32:
    """A table of these keys, at most a quarter full with `count` of them (a power of two)."""
    places = max(1024, 1 << (4 * count - 1).bit_length())
    table = np.full(places, FREE, np.int32)
    _fill(table, keys)
    return table


@compiled
def admit(
    table: I32, keys: U64, ts: I64, count: int, event: U64, when: I64, window: int, fresh: Bool
) -> int:
    """Mark `fresh[i]` where event i was not seen within `window` of event time; remember those.

    The first content wins: within the window the time of the first stays. count: rows taken;
    returns how many are now. The caller sees to room.
    """
    for i in range(len(event)):
        at = _place(table, keys, event[i])
        row = table[at]
        if row == FREE:
            row = table[at] = count
            keys[row] = event[i]
            count += 1
        elif abs(when[i] - ts[row]) <= window:
            fresh[i] = False
            continue
        ts[row] = when[i]
        fresh[i] = True
    return count


class SeenEvents:
    """event_id hashes with the event time of the first content (microseconds)."""

    def __init__(self) -> None:
        self._keys: U64 = np.zeros(0, np.uint64)  # (rows,) by row
        self._ts: I64 = np.zeros(0, np.int64)  # (rows,)
        self._count = 0
        self._table = _table(self._keys, 0)

    def admit(self, event: U64, ts: I64, window: int, forget_before: int) -> Bool:
        """(n,) True where the event is new; those are remembered."""
        self._make_room(len(event), forget_before)
        fresh = np.ones(len(event), np.bool_)
        self._count = admit(
            self._table, self._keys, self._ts, self._count, event, ts, window, fresh
        )
        return fresh

    def _make_room(self, more: int, forget_before: int) -> None:
        count = self._count + more
        if 2 * count > len(self._table):
            keep = self._ts[: self._count] >= forget_before
            self._load(self._keys[: self._count][keep], self._ts[: self._count][keep], more)
        self._keys = longer(self._keys, self._count + more)
        self._ts = longer(self._ts, self._count + more)

    def _load(self, keys: U64, ts: I64, more: int) -> None:
        self._count = len(keys)
        self._keys, self._ts = np.array(keys), np.array(ts)
        self._table = _table(self._keys, self._count + more)

    def snapshot(self, prefix: str) -> dict[str, Array]:
        """What is remembered, in the order of the hash (so that equal states give equal bytes)."""
        keys, ts = self._keys[: self._count], self._ts[: self._count]
        order = np.argsort(keys)
        return {f"{prefix}.keys": keys[order], f"{prefix}.ts": ts[order]}

    def restore(self, prefix: str, arrays: Mapping[str, Array]) -> None:
        """Take over what `snapshot` gave."""
        self._load(arrays[f"{prefix}.keys"], arrays[f"{prefix}.ts"], 0)


@compiled
def _find_or_add(table: I32, keys: U64, count: int, wanted: U64, found: I64) -> int:
    for i in range(len(wanted)):
        at = _place(table, keys, wanted[i])
        if table[at] == FREE:
            table[at] = count
            keys[count] = wanted[i]
            count += 1
        found[i] = table[at]
    return count


@compiled
def _find(table: I32, keys: U64, wanted: U64, found: I64) -> None:
    for i in range(len(wanted)):
        found[i] = table[_place(table, keys, wanted[i])]


class RowIndex:
    """Row numbers of hashed identities, from 0, for columns kept beside the table."""

    def __init__(self) -> None:
        self.keys: U64 = np.zeros(0, np.uint64)  # (rows,) by row
        self.count = 0
        self._table = _table(self.keys, 0)

    def rows(self, wanted: U64) -> I64:
        """(n,) row of each identity; unknown ones get the next rows in order of appearance."""
        most = self.count + len(wanted)
        if 2 * most > len(self._table):
            self._table = _table(self.keys[: self.count], most)
        self.keys = longer(self.keys, most)
        found = np.empty(len(wanted), np.int64)
        self.count = _find_or_add(self._table, self.keys, self.count, wanted, found)
        return found

    def lookup(self, wanted: U64) -> I64:
        """(n,) row of each identity, -1 where unknown."""
        found = np.empty(len(wanted), np.int64)
        _find(self._table, self.keys, wanted, found)
        return found

    def rebuild(self, keys: U64) -> None:
        """Start over with these identities as rows 0, 1 and so on."""
        self.keys, self.count = np.array(keys), len(keys)
        self._table = _table(self.keys, self.count)


def key_of(first: I64, second: I64) -> U64:
    """(k,) one well-spread identity for a pair of row numbers (splitmix64's mixer), never 0."""
    key = (first.astype(np.uint64) + np.uint64(1)) << np.uint64(32)
    key |= second.astype(np.uint64) + np.uint64(1)
    key = (key ^ (key >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    key = (key ^ (key >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(key ^ (key >> np.uint64(31)))
