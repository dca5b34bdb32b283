"""Identities that were seen: an open-addressing table of 64-bit hashes, in two arrays.

A Python set costs about 100 bytes an identity; at 100,000 dealers and five orders a day two weeks
of identities are 7 million, so the table keeps 8 bytes of hash and a row number in columns beside
it. Chance that a new identity meets the hash of another among 7 million: 4e-13.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from detectors.columns import I64, U64, Array, Bool
from detectors.compiled import compiled

EMPTY = np.uint64(0)


@compiled
def _slot(keys: U64, key: np.uint64) -> int:
    """Index of the key, or of the free place where it belongs."""
    mask = np.uint64(len(keys) - 1)
    at = (key ^ (key >> np.uint64(29))) & mask
    while keys[at] != EMPTY and keys[at] != key:
        at = (at + np.uint64(1)) & mask
    return int(at)


@compiled
def admit(keys: U64, ts: I64, event: U64, when: I64, window: int, fresh: Bool) -> int:
    """Mark `fresh[i]` where event i was not seen within `window` of event time; remember those.

    The first content wins: within the window the time of the first stays. Returns how many places
    of the table were newly taken. The caller keeps the table at most half full.
    """
    taken = 0
    for i in range(len(event)):
        at = _slot(keys, event[i])
        if keys[at] == EMPTY:
            keys[at] = event[i]
            taken += 1
        elif abs(when[i] - ts[at]) <= window:
            fresh[i] = False
            continue
        ts[at] = when[i]
        fresh[i] = True
    return taken


@compiled
def _refill(old: U64, old_rows: I64, keys: U64, rows: I64) -> None:
    for i in range(len(old)):
        if old[i] != EMPTY:
            at = _slot(keys, old[i])
            keys[at] = old[i]
            rows[at] = old_rows[i]


def _places(count: int) -> int:
    """Size of a table that stays at most a quarter full with `count` entries (a power of two)."""
    return max(1024, 1 << (4 * count - 1).bit_length() if count else 1024)


class SeenEvents:
    """event_id hashes with the event time of the first content (microseconds)."""

    def __init__(self) -> None:
        self._keys: U64 = np.zeros(1024, np.uint64)
        self._ts: I64 = np.zeros(1024, np.int64)
        self._count = 0

    def admit(self, event: U64, ts: I64, window: int, forget_before: int) -> Bool:
        """(n,) True where the event is new; those are remembered."""
        self._make_room(len(event), forget_before)
        fresh = np.ones(len(event), np.bool_)
        self._count += admit(self._keys, self._ts, event, ts, window, fresh)
        return fresh

    def _make_room(self, more: int, forget_before: int) -> None:
        if 2 * (self._count + more) <= len(self._keys):
            return
        keep = (self._keys != EMPTY) & (self._ts >= forget_before)
        self._load(self._keys[keep], self._ts[keep], more)

    def _load(self, keys: U64, ts: I64, more: int) -> None:
        self._count = len(keys)
        places = _places(len(keys) + more)
        self._keys, self._ts = np.zeros(places, np.uint64), np.zeros(places, np.int64)
        _refill(keys, ts, self._keys, self._ts)

    def snapshot(self, prefix: str) -> dict[str, Array]:
        """What is remembered, in the order of the hash (so that equal states give equal bytes)."""
        keys = self._keys[self._keys != EMPTY]
        order = np.argsort(keys)
        ts = self._ts[self._keys != EMPTY]
        return {f"{prefix}.keys": keys[order], f"{prefix}.ts": ts[order]}

    def restore(self, prefix: str, arrays: Mapping[str, Array]) -> None:
        """Take over what `snapshot` gave."""
        self._load(arrays[f"{prefix}.keys"], arrays[f"{prefix}.ts"], 0)


@compiled
def _find_or_add(keys: U64, rows: I64, wanted: U64, found: I64, next_row: int) -> int:
    for i in range(len(wanted)):
        at = _slot(keys, wanted[i])
        if keys[at] == EMPTY:
            keys[at] = wanted[i]
            rows[at] = next_row
            next_row += 1
        found[i] = rows[at]
    return next_row


@compiled
def _find(keys: U64, rows: I64, wanted: U64, found: I64) -> None:
    for i in range(len(wanted)):
        at = _slot(keys, wanted[i])
        found[i] = rows[at] if keys[at] != EMPTY else -1


class RowIndex:
    """Row numbers of hashed identities, from 0, for columns kept beside the table."""

    def __init__(self) -> None:
        self.keys: U64 = np.zeros(0, np.uint64)  # (rows,) by row, to rebuild the table
        self._places: U64 = np.zeros(1024, np.uint64)
        self._rows: I64 = np.zeros(1024, np.int64)
        self.count = 0

    def rows(self, wanted: U64) -> I64:
        """(n,) row of each identity; unknown ones get the next rows in order of appearance."""
        if 2 * (self.count + len(wanted)) > len(self._places):
            self.rebuild(self.keys[: self.count], len(wanted))
        found = np.empty(len(wanted), np.int64)
        before = self.count
        self.count = _find_or_add(self._places, self._rows, wanted, found, before)
        if self.count > before:
            self._remember(wanted, found, before)
        return found

    def lookup(self, wanted: U64) -> I64:
        """(n,) row of each identity, -1 where unknown."""
        found = np.empty(len(wanted), np.int64)
        _find(self._places, self._rows, wanted, found)
        return found

    def rebuild(self, keys: U64, more: int = 0) -> None:
        """Start over with these identities as rows 0, 1 and so on."""
        self.keys, self.count = np.array(keys), len(keys)
        places = _places(len(keys) + more)
        self._places, self._rows = np.zeros(places, np.uint64), np.zeros(places, np.int64)
        _refill(self.keys, np.arange(len(keys)), self._places, self._rows)

    def _remember(self, wanted: U64, found: I64, before: int) -> None:
        if self.count > len(self.keys):
            room = np.zeros(max(self.count, 2 * len(self.keys)), np.uint64)
            room[: len(self.keys)] = self.keys
            self.keys = room
        new = found >= before
        self.keys[found[new]] = wanted[new]
