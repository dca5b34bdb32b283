"""What open issues teach at the end of a day, and which dealers' backlogs age unusually."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np

from detectors.baselines import resolution
from detectors.baselines.resolution import BINS, Spells
from detectors.columns import F64, I64, Array, Bool, from_arrays, to_arrays
from detectors.timeline import DAY
from detectors.watching.dealers import Dealers, Names
from detectors.watching.issues import NEVER, Issues

LEAST_OPEN: Final = 3  # issues that make a backlog
_SECOND: Final = 1_000_000
Hazards = F64  # (tiers, BINS) resolutions a day by age, nan where nothing is usual yet


class Suspects(NamedTuple):
    """The dealers with open issues, by row number; everybody else has no backlog."""

    dealer: I64  # (m,) ascending
    evidence: F64  # (m, sizes) R of a slower pace, days
    told: Bool  # (m,) the backlog is being told of


def _empty(n: int) -> Suspects:
    return Suspects(
        dealer=np.zeros(n, np.int64),
        evidence=np.zeros((n, len(resolution.SIZES))),
        told=np.zeros(n, np.bool_),
    )


class Backlog:
    """Evidence that a dealer's issues stay open for longer than is usual: 33 bytes a dealer."""

    def __init__(self) -> None:
        self._suspects = _empty(0)
        self._weighed = 0  # up to which moment; 0: never

    @property
    def told(self) -> I64:
        """Rows of the dealers whose backlog ages, ascending."""
        return self._suspects.dealer[self._suspects.told]

    def weigh(self, issues: Issues, lived: Lived, hazard: Hazards) -> None:
        """Weigh what issues have lived through; hazard: that of each of them."""
        owners, count = np.unique(issues.tracked.dealer[issues.open()], return_counts=True)
        before = self._of(owners)
        mine = np.flatnonzero(np.isin(lived.dealer, owners) & ~np.isnan(hazard[:, 0]))
        place = np.searchsorted(owners, lived.dealer[mine])
        due = resolution.due_ends(lived.spells.part(mine), hazard[mine])
        expected = np.bincount(place, due, len(owners)).astype(np.float64)
        resolved = lived.spells.resolved[mine]
        ended = np.bincount(place, resolved, len(owners)).astype(np.float64)
        days = max(issues.heard - self._weighed, 0) / DAY if self._weighed else 0.0
        self._weighed = issues.heard
        evidence = resolution.step(before.evidence, ended, expected, days)
        odds = resolution.log_odds(evidence)
        told = (odds >= resolution.THRESHOLD) | (before.told & (odds >= resolution.FLOOR))
        self._suspects = Suspects(owners, evidence, told & (count >= LEAST_OPEN))

    def _of(self, owners: I64) -> Suspects:
        """What was known of these dealers; nothing of those that are new."""
        found, old = _empty(len(owners)), self._suspects
        _, here, there = np.intersect1d(owners, old.dealer, assume_unique=True, return_indices=True)
        found.evidence[here], found.told[here] = old.evidence[there], old.told[there]
        return found

    def votes(self, dealer: I64) -> Bool:
        """(k,) whether these dealers' issues may teach what is usual."""
        slow = resolution.log_odds(self._suspects.evidence) >= resolution.NO_VOTE
        return ~np.isin(dealer, self._suspects.dealer[slow])

    def snapshot(self) -> dict[str, Array]:
        """Everything, as named arrays."""
        suspects = to_arrays("backlog", self._suspects, len(self._suspects.dealer))
        return suspects | {"backlog.weighed": np.array([self._weighed])}

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Take over what `snapshot` gave."""
        self._suspects = from_arrays("backlog", _empty, arrays)
        self._weighed = int(arrays["backlog.weighed"][0])


class Lived(NamedTuple):
    """What issues have lived through since they last taught; all (k,)."""

    rows: I64  # of the issues
    dealer: I64
    spells: Spells


def end_day(
    backlog: Backlog, issues: Issues, dealers: Dealers, pools: Mapping[str, list[float]]
) -> dict[str, list[int]]:
    """Weigh the backlogs of all dealers; sums of what their issues teach, for the network.

    pools: what the network knows of all dealers, by name.
    """
    lived, tiers = _lived(issues), dealers.tiers
    tier = dealers.standing.tier[lived.dealer]
    backlog.weigh(issues, lived, hazards(pools, tiers)[tier])
    over = lived.spells.resolved > 0
    issues.tracked.taught[lived.rows] = np.where(over, NEVER, lived.spells.ended_s)
    voting = backlog.votes(lived.dealer)
    return {
        f"issues/{tiers.all[code]}": _lesson(lived.spells.part(voting & (tier == code)))
        for code in np.unique(tier[voting]).tolist()
    }


def _lived(issues: Issues) -> Lived:
    """The issues that were open since they last taught."""
    tracked = issues.tracked
    rows = np.flatnonzero((tracked.opened != NEVER) & (tracked.taught != NEVER))
    resolved, taught = tracked.resolved[rows], tracked.taught[rows]
    age = (np.minimum(resolved, issues.heard) - tracked.opened[rows]) // _SECOND
    over = (resolved <= issues.heard).astype(np.int64)
    return Lived(rows, tracked.dealer[rows], Spells(taught, np.maximum(age, taught), over))


def _lesson(spells: Spells) -> list[int]:
    """Seconds at risk by age, then resolutions by age."""
    risk = resolution.at_risk(spells).sum(axis=0)
    return [*risk.tolist(), *resolution.ends(spells).tolist()]


def hazards(pools: Mapping[str, list[float]], tiers: Names) -> Hazards:
    """What the network has told, by the local numbers of tiers."""
    unknown = [float("nan")] * BINS
    return np.array([pools.get(f"issues/{tier}", unknown) for tier in tiers.all])
