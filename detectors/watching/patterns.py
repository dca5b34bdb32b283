"""unusual_pattern in a partition: points at the end of a day, weighed when all have been ranked.

    point(fleet, view)      the local day ends: where every dealer stands; ranks for the network
    weigh(fleet, view)      one tick later the network has ranked all dealers' points together

Points that another kind begins to explain neither teach nor weigh: what one kind says is not an
unusual combination.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from xxhash import xxh3_64_intdigest

from detectors.baselines import pattern
from detectors.columns import F64, I64, U64, Bool
from detectors.registry import DETECTORS, KINDS
from detectors.watching.fleet import Fleet
from detectors.watching.measures import MEASURES, probabilities
from detectors.watching.view import DayView, TickView
from schemas.alert import Kind
from schemas.wire import PatternPoint, PatternSums

KIND: Final = Kind.UNUSUAL_PATTERN
MOST_POINTS: Final = 50  # of one tier and day from which its forest learns
EXPLAINED: Final = 3.0  # nats below a threshold another kind begins to explain what is seen


def point(fleet: Fleet, view: DayView) -> None:
    """Take a point of every dealer of whom enough was due since the last one."""
    kept, rows = fleet.pattern, view.rows[view.mature]
    first = fleet.dealers.standing.first_day[rows]
    days = np.minimum(view.day - np.maximum(kept.pointed[rows], first - 1), pattern.MOST_DAYS)
    orders = np.empty((len(rows), 2))
    pattern.recent(fleet.history[MEASURES[0]].days, rows, view.day, days, orders)
    ready = (orders[:, 1] >= pattern.LEAST_ORDERS) & (days > 0)
    rows, days, first = rows[ready], days[ready], first[ready]
    points = pattern.coordinates(probabilities(fleet, rows, view.day, days))
    voting = ~_explained(fleet, rows)
    tiers, sums = fleet.dealers.standing.tier[rows], []
    for code in np.unique(tiers).tolist():
        mine, tier = np.flatnonzero(tiers == code), fleet.dealers.tiers.all[code]
        bins = fleet.patterns.bins(tier, points[mine])
        kept.waiting[rows[mine]] = bins
        votes = mine[voting[mine]]
        ranks = np.bincount(bins[voting[mine] & (bins >= 0)], minlength=pattern.BINS)
        sums.append(_sums(fleet, tier, ranks, rows[votes], points[votes], view.day - first[votes]))
    kept.pointed[rows] = view.day
    kept.days[rows] += days
    fleet.patterns.note(sums)


def _sums(fleet: Fleet, tier: str, ranks: I64, rows: I64, points: F64, age: I64) -> PatternSums:
    keys = _keys(fleet, rows, age)
    chosen = np.argsort(keys, kind="stable")[:MOST_POINTS]
    told = [PatternPoint(int(keys[k]), points[k].tolist()) for k in chosen.tolist()]
    return PatternSums(tier, ranks.tolist(), told)


def _keys(fleet: Fleet, rows: I64, age: I64) -> U64:
    """(k,) a number for every dealer and day of its life, in whatever partition and year it is."""
    ids = fleet.dealers.ids.all
    names = [f"{ids[row]}\0{day}" for row, day in zip(rows.tolist(), age.tolist(), strict=True)]
    return np.array([xxh3_64_intdigest(name.encode()) >> 1 for name in names], np.uint64)


def _explained(fleet: Fleet, rows: I64) -> Bool:
    """(k,) whether another kind is about to say what is the matter."""
    found = np.zeros(len(rows), np.bool_)
    for kind in KINDS:
        if kind is not KIND:
            line = fleet.known.threshold(kind) - EXPLAINED
            found |= fleet.evidence.log_odds(kind, rows) >= line
    return found


def weigh(fleet: Fleet, view: TickView) -> None:
    """Weigh the points that wait, now that all have been ranked."""
    kept = fleet.pattern
    rows = view.rows[kept.waiting[view.rows] >= 0]
    if len(rows) == 0:
        return
    tiers = fleet.dealers.standing.tier[rows]
    explained = _explained(fleet, rows)
    _leave_to_others(fleet, rows[explained])
    for code in np.unique(tiers[~explained]).tolist():
        mine = rows[~explained & (tiers == code)]
        tier = fleet.dealers.tiers.all[code]
        scores = fleet.patterns.scores(tier, kept.waiting[mine])
        if scores is None:
            kept.waiting[mine] = pattern.NO_POINT
        else:
            _step(fleet, mine, scores, view.now)


def _step(fleet: Fleet, rows: I64, scores: F64, now: float) -> None:
    kept, evidence = fleet.pattern, fleet.evidence.of[KIND]
    ready = kept.points[rows] >= pattern.LEAST_POINTS
    usual = kept.total[rows] / (kept.points[rows] + pattern.MEAN_PRIOR)
    step = pattern.seen(rows[ready], (scores - usual)[ready], kept.days[rows[ready]])
    DETECTORS[KIND].step(evidence, step, now)
    kept.waiting[rows], kept.days[rows] = pattern.NO_POINT, 0.0
    calm = evidence.log_odds[rows] < pattern.NO_LESSON
    pattern.learn(kept, rows[calm], scores[calm])


def _leave_to_others(fleet: Fleet, rows: I64) -> None:
    """Another kind says it better: nothing of these days is held against the dealer here."""
    fleet.pattern.waiting[rows], fleet.pattern.days[rows] = pattern.NO_POINT, 0.0
    told = fleet.crossings.told[rows, list(KINDS).index(KIND)]
    fleet.evidence.clear(KIND, rows[~told])
