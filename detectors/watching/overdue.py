"""issue_overdue: which dealers have issues past their deadline, or a backlog that ages.

A fact, not a statistic: an issue is overdue or it is not. While the feed of complaints is silent
for everybody, resolutions cannot arrive either, so nothing becomes overdue: facts stand as they
were when it was last heard.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from detectors.baselines import resolution
from detectors.columns import F64, I64
from detectors.timeline import DAY
from detectors.watching import backlog
from detectors.watching.backlog import LEAST_OPEN
from detectors.watching.fleet import Fleet
from schemas.wire import OverdueIssues

MOST_NAMED: Final = 3  # issues told by name
OLD_TIMES: Final = 3.0  # an issue that is late by so many times its allowance is as old as any


def overdue(fleet: Fleet) -> list[OverdueIssues]:
    """Who has unresolved issues that should have been resolved, by dealer row."""
    late = list(_late(fleet))
    rows = {dealer for dealer, _ in late}
    ageing = [one for one in _ageing(fleet) if one[0] not in rows]
    return [told for _, told in sorted(late + ageing, key=lambda one: one[0])]


def _late(fleet: Fleet) -> Iterator[tuple[int, OverdueIssues]]:
    issues, at = fleet.issues, fleet.issues.heard
    rows = issues.open()
    rows = rows[issues.deadline(rows) <= at]
    if len(rows) == 0:
        return
    since = np.maximum(issues.deadline(rows), issues.tracked.opened[rows])
    weight = _weight(issues.tracked.opened[rows], issues.deadline(rows), at)
    for dealer, mine in _by_dealer(issues.tracked.dealer[rows], since):
        yield (
            dealer,
            OverdueIssues(
                dealer=fleet.dealers.card(dealer),
                observed=len(mine),
                expected=0.0,
                since=int(since[mine[0]]),
                weight=float(weight[mine].sum()),
                named=[issues.name(row) for row in rows[mine[:MOST_NAMED]].tolist()],
            ),
        )


def _weight(opened: I64, due: I64, at: int) -> F64:
    """(k,) 1 for an issue that has just become overdue, up to 4 for one that has long been."""
    allowed = np.maximum(due - opened, DAY)
    return np.asarray(1.0 + np.clip((at - due) / allowed, 0.0, OLD_TIMES))


def _ageing(fleet: Fleet) -> Iterator[tuple[int, OverdueIssues]]:
    told = fleet.backlog.told
    if len(told) == 0:
        return
    issues = fleet.issues
    rows = issues.open()
    rows = rows[np.isin(issues.tracked.dealer[rows], told)]
    dealers, opened = issues.tracked.dealer[rows], issues.tracked.opened[rows]
    hazard = backlog.hazards(fleet.known.pools, fleet.dealers.tiers)
    age_s = np.maximum(issues.heard - opened, 0) // 1_000_000
    usual = resolution.still_open(age_s, hazard[fleet.dealers.standing.tier[dealers]])
    for dealer, mine in _by_dealer(dealers, opened):
        if len(mine) >= LEAST_OPEN and np.isfinite(usual[mine]).all():
            yield (
                dealer,
                OverdueIssues(
                    dealer=fleet.dealers.card(dealer),
                    observed=len(mine),
                    expected=max(float(usual[mine].sum()), 0.01),
                    since=int(opened[mine[0]]),
                    weight=float(len(mine)) / 4.0,
                    named=[issues.name(row) for row in rows[mine[:MOST_NAMED]].tolist()],
                ),
            )


def _by_dealer(dealers: I64, since: I64) -> Iterator[tuple[int, I64]]:
    """Each dealer, and the places of its issues, oldest first."""
    order = np.lexsort((since, dealers))
    cuts = np.flatnonzero(np.diff(dealers[order])) + 1
    for mine in np.split(order, cuts) if len(order) else ():
        yield int(dealers[mine[0]]), mine
