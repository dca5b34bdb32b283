"""Complaints that are tracked to their end: open issues by dealer.

A `resolved` event closes its issue, in whatever order the two arrive: the resolution of an unknown
issue is remembered as long as a late opening can still come. An issue nobody has closed for a year
is forgotten, so that memory stays bounded by the complaints of a year.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np

from detectors.columns import Array
from schemas.batch import IssueNote
from schemas.instant import DAY

FORGET: Final = 365 * DAY


class Issue(NamedTuple):
    """One issue of a dealer."""

    opened: int  # microseconds
    due: int  # microseconds
    resolved: bool


class Count(NamedTuple):
    """The issues of one dealer at one moment."""

    open: int
    overdue: int
    oldest: int | None  # when the oldest open one was opened


class Issues:
    """Open issues of one partition's dealers."""

    def __init__(self, deadline: int) -> None:
        self._deadline = deadline
        self._by_dealer: dict[int, dict[str, Issue]] = {}

    def note(self, dealer: int, ts: int, note: IssueNote) -> None:
        """Take in what one complaint says of its issue."""
        known = self._by_dealer.setdefault(dealer, {})
        before = known.get(note.issue_id)
        due = note.due if note.due is not None else ts + self._deadline
        if before is None:
            known[note.issue_id] = Issue(ts, due, note.resolved)
        elif note.resolved or before.resolved:
            known[note.issue_id] = before._replace(resolved=True)
        elif note.due is not None:
            known[note.issue_id] = before._replace(due=due)

    def count(self, dealer: int, at: int) -> Count:
        """Open and overdue issues at a moment."""
        still = [i for i in self._by_dealer.get(dealer, {}).values() if not i.resolved]
        return Count(
            open=len(still),
            overdue=sum(issue.due <= at for issue in still),
            oldest=min((issue.opened for issue in still), default=None),
        )

    def forget(self, at: int, late_limit: int) -> None:
        """Drop what is resolved and can no longer come late, and what is a year old."""
        for dealer, known in list(self._by_dealer.items()):
            kept = {
                name: issue
                for name, issue in known.items()
                if issue.opened > at - (2 * late_limit if issue.resolved else FORGET)
            }
            if kept:
                self._by_dealer[dealer] = kept
            else:
                del self._by_dealer[dealer]

    def snapshot(self) -> dict[str, Array]:
        """Everything, as one array of bytes."""
        told = json.dumps([[dealer, known] for dealer, known in self._by_dealer.items()])
        return {"issues": np.frombuffer(told.encode(), np.uint8).copy()}

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Take over what `snapshot` gave."""
        for dealer, known in json.loads(arrays["issues"].tobytes()):
            self._by_dealer[dealer] = {name: Issue(*issue) for name, issue in known.items()}
