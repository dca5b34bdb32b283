"""issue_overdue as statements of the desk: how serious, and when there is news.

Severity follows the weight: overdue issues, each counted once when it has just become so and up to
four times when it is late by three times the time it had. One new one is for information, four (or
one that nobody looks after) a warning, sixteen (or four such) critical. In between a line is
written only when the number has about doubled or halved, and never more often than once a day: a
dealer of ten thousand issues is told of a dozen times on its way up, not ten thousand times.
"""

from __future__ import annotations

from typing import Final

from detectors.deciding.draft import Statement
from schemas.alert import Kind, Scope, Unit
from schemas.wire import OverdueIssues

CRITICAL_WEIGHT: Final = 16.0  # stake 1; a warning is a stake of 0.2
LEAST_LEFT, MOST_MORE = 0.7, 2.8  # of the number told, before there is news


def of_overdue(told: OverdueIssues, at: int) -> Statement:
    """The statement of a dealer's issues at the end of a tick."""
    since = min(told.since, at)
    return Statement(
        kind=Kind.ISSUE_OVERDUE,
        scope=Scope.DEALER,
        entity=told.dealer.id,
        dealer=told.dealer,
        stake=told.weight / CRITICAL_WEIGHT,
        onset=since,
        window_from=since,
        window_to=at,
        observed=float(told.observed),
        expected=told.expected,
        unit=Unit.ISSUES,
        named=tuple(told.named),
    )


def gist(said: Statement, before: str) -> str:
    """What a reader would call the same news: overdue or ageing, and about how many.

    before: the gist that was told last; a number near it is no news.
    """
    what = "ageing" if said.expected > 0 else "overdue"
    told, _, number = before.partition(" ")
    if told == what and LEAST_LEFT * int(number) <= said.observed < MOST_MORE * int(number):
        return before
    return f"{what} {2 ** (int(said.observed).bit_length() - 1)}"
