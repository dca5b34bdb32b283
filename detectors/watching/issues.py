"""Complaints that are tracked to their end: issues by dealer, in columns.

A `resolved` event closes its issue, in whatever order the two arrive: the resolution of an unknown
issue is remembered as long as a late opening can still come. An issue nobody closes is forgotten a
year after it was opened, or after its deadline where that is later (a deadline beyond a year counts
as a year): memory is bounded by the complaints of two years, 48 bytes and a name each.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np

from detectors.columns import I64, Array, Bool, from_arrays, grown, to_arrays
from schemas.batch import IssueNote
from schemas.instant import DAY

FORGET: Final = 365 * DAY
NEVER: Final = np.iinfo(np.int64).max  # not resolved; not opened yet, as far as is known
UNTOLD: Final = -1  # nobody has named a deadline


class Tracked(NamedTuple):
    """One row per issue, in order of arrival; moments in microseconds."""

    dealer: I64  # (n,) row of the dealer
    opened: I64  # (n,) NEVER while only its resolution has arrived
    due: I64  # (n,) as told, or UNTOLD
    resolved: I64  # (n,) NEVER while it is open
    taught: I64  # (n,) age up to which it has taught how issues are resolved


def _empty(n: int) -> Tracked:
    return Tracked(
        dealer=np.zeros(n, np.int64),
        opened=np.full(n, NEVER),
        due=np.full(n, UNTOLD),
        resolved=np.full(n, NEVER),
        taught=np.zeros(n, np.int64),
    )


class Count(NamedTuple):
    """The issues of one dealer at one moment."""

    open: int
    overdue: int
    oldest: int | None  # when the oldest open one was opened


class Issues:
    """The issues of one partition's dealers."""

    def __init__(self, deadline: int) -> None:
        self.heard = 0  # the moment up to which resolutions would have been heard
        self._deadline = deadline
        self._rows = _empty(0)
        self._names: list[str] = []  # by row
        self._by_dealer: dict[int, dict[str, int]] = {}  # -> row

    def __contains__(self, dealer: int) -> bool:
        """Has this dealer any issue, open or closed not long ago?"""
        return dealer in self._by_dealer

    def note(self, dealer: int, ts: int, note: IssueNote) -> None:
        """Take in what one complaint says of its issue."""
        row = self._row(dealer, note.issue_id)
        tracked = self._rows
        if note.resolved:
            tracked.resolved[row] = min(int(tracked.resolved[row]), ts)
            return
        tracked.opened[row] = min(int(tracked.opened[row]), ts)
        if note.due is not None:
            tracked.due[row] = note.due

    def _row(self, dealer: int, name: str) -> int:
        known = self._by_dealer.setdefault(dealer, {})
        row = known.get(name)
        if row is None:
            row = known[name] = len(self._names)
            self._names.append(name)
            self._rows = grown(self._rows, _empty, row + 1)
            self._rows.dealer[row] = dealer
        return row

    @property
    def tracked(self) -> Tracked:
        """The columns of all issues (views)."""
        return Tracked(*(column[: len(self._names)] for column in self._rows))

    def name(self, row: int) -> str:
        """The issue's id."""
        return self._names[row]

    def deadline(self, rows: I64) -> I64:
        """(k,) when these (opened) issues are overdue: as told, or so long after the opening."""
        tracked = self._rows
        untold = tracked.due[rows] == UNTOLD
        return np.where(untold, tracked.opened[rows] + self._deadline, tracked.due[rows])

    def open(self) -> I64:
        """Rows of the open issues."""
        tracked = self.tracked
        return np.flatnonzero(_is_open(tracked))

    def count(self, dealer: int, at: int) -> Count:
        """Open and overdue issues at a moment."""
        rows = np.array(list(self._by_dealer.get(dealer, {}).values()), np.int64)
        rows = rows[_is_open(self._rows)[rows]]
        return Count(
            open=len(rows),
            overdue=int((self.deadline(rows) <= at).sum()),
            oldest=int(self._rows.opened[rows].min()) if len(rows) else None,
        )

    def forget(self, at: int, late_limit: int) -> None:
        """Drop what is resolved and can no longer come late, and what nobody will ever close."""
        tracked, rows = self.tracked, self.open()
        until = np.minimum(tracked.opened, tracked.resolved) + 2 * late_limit
        opened = tracked.opened[rows]
        due = np.minimum(self.deadline(rows), opened + FORGET)
        until[rows] = np.maximum(opened, due) + FORGET
        kept = until > at
        if not kept.all():
            self._keep(np.flatnonzero(kept))

    def _keep(self, rows: I64) -> None:
        self._rows = Tracked(*(column[rows] for column in self._rows))
        self._index([self._names[row] for row in rows.tolist()])

    def _index(self, names: list[str]) -> None:
        self._names, self._by_dealer = names, {}
        for row, dealer in enumerate(self._rows.dealer[: len(names)].tolist()):
            self._by_dealer.setdefault(dealer, {})[names[row]] = row

    def snapshot(self) -> dict[str, Array]:
        """Everything, as named arrays."""
        names = np.frombuffer(json.dumps(self._names).encode(), np.uint8).copy()
        heard = np.array([self.heard])
        columns = to_arrays("issues", self._rows, len(self._names))
        return {"issues.names": names, "issues.heard": heard, **columns}

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Take over what `snapshot` gave."""
        self.heard = int(arrays["issues.heard"][0])
        self._rows = from_arrays("issues", _empty, arrays)
        self._index(json.loads(arrays["issues.names"].tobytes()))


def _is_open(tracked: Tracked) -> Bool:
    return np.asarray((tracked.resolved == NEVER) & (tracked.opened != NEVER))
