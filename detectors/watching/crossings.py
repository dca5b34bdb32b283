"""Whose evidence is over the line, and how often lines are crossed: what calibration counts.

Who is told of: a dealer from its line on, until its evidence has fallen FLOOR_BELOW under it. The
line of an able dealer (`detectors.watching.ability`) is the threshold; others have SLIGHT of a
share of the budget, so a line that much higher.

What is counted: excursions of the evidence whose peak lies in a band about the nominal line, where
alerts would open if evidence kept its promise. Under no change evidence crosses a line at R = A
once in A days, so a fleet's excursions with such a peak have a known rate; a true change passes
through the band and rises on, and does not count. An excursion begins at the lower edge, 3 nats
above the lowest point since the last one, and ends 3 nats below its peak, as an alert does. One
that passes the upper edge is taken back. (The band does not move with the calibrated threshold:
what is learned must not move what is counted.)
"""

from __future__ import annotations

from math import log
from typing import Final, NamedTuple

import numpy as np

from detectors.columns import F32, F64, I64, Bool
from detectors.evidence.shiryaev_roberts import NOTHING
from schemas.compiled import compiled

# A dealer is told of until its evidence has fallen this far below the line: in control R grows to
# its mean and stays there, so a lower line would tell of half the fleet at every tick.
FLOOR_BELOW: Final = 3.5  # nats
# The share of a dealer of whom usually nothing can be proven: it takes next to nothing from the
# others (a thousand of them, what fifty take), and its line is 3 nats higher, as far as evidence
# must rise before a second alert.
SLIGHT: Final = 0.05
STRICTER: Final = -log(SLIGHT)  # nats
BELOW, ABOVE = 0.5, 1.5  # nats: the edges of the band; enough to count, and near what matters
TURN: Final = 3.0  # nats from the lowest point to a new excursion, from the peak to its end


class Crossings(NamedTuple):
    """Where each dealer's evidence stands; second axis: kinds, in the order of KINDS."""

    told: Bool  # (n, kinds) the network is being told of it
    able: Bool  # (n, kinds) something could be proven of it: its share is a full one
    sharing: Bool  # (n, kinds) it has a share of the budget: old enough, and active
    inside: Bool  # (n, kinds) amid an excursion …
    passed: Bool  # (n, kinds) … that has left the band upwards
    turning: F32  # (n, kinds) peak of the excursion, or lowest point since the last one; nats


def empty(n: int, kinds: int) -> Crossings:
    """Nobody is told of, and nobody has been proven able."""
    return Crossings(
        told=np.zeros((n, kinds), np.bool_),
        able=np.zeros((n, kinds), np.bool_),
        sharing=np.zeros((n, kinds), np.bool_),
        inside=np.zeros((n, kinds), np.bool_),
        passed=np.zeros((n, kinds), np.bool_),
        turning=np.full((n, kinds), NOTHING, np.float32),
    )


@compiled
def cross(
    seen: Crossings,
    rows: I64,
    odds: F64,
    threshold: F64,
    nominal: F64,
    ends_day: bool,
    near: Bool,
    counted: I64,
) -> None:
    """Move every kind on by a tick; all arrays by kind first, in the order of KINDS.

    odds: (kinds, k) nats; threshold, nominal: (kinds,). Fills near (kinds, k): who is told of;
    counted (kinds, 3): excursions in the band, dealers with a full and with a slight share.
    """
    counted[:] = 0
    told, turning = seen.told, seen.turning
    for k in range(len(rows)):
        i = rows[k]
        for place in range(len(odds)):
            level, able = odds[place, k], seen.able[i, place]
            line = threshold[place] if able else threshold[place] + STRICTER
            kept = told[i, place] and level >= line - FLOOR_BELOW
            near[place, k] = told[i, place] = level >= line or kept
            if seen.sharing[i, place]:
                counted[place, 1 if able else 2] += 1
            if level < nominal[place] - BELOW and not seen.inside[i, place]:  # nearly everybody
                turning[i, place] = min(turning[i, place], level)
            else:
                counted[place, 0] += _excursion(seen, i, place, level, nominal[place], ends_day)


@compiled
def _excursion(
    seen: Crossings, i: int, place: int, level: float, nominal: float, ends_day: bool
) -> int:
    """1 when an excursion of a dealer with a full share begins, -1 when it leaves the band."""
    turning = seen.turning[i, place]
    found = 0
    if not seen.inside[i, place]:
        begins = level >= nominal - BELOW and level >= turning + TURN
        if begins and seen.sharing[i, place] and seen.able[i, place]:
            seen.inside[i, place], seen.passed[i, place] = True, False
            seen.turning[i, place] = level
            found = 1
        else:
            seen.turning[i, place] = min(turning, level)
    else:
        seen.turning[i, place] = max(turning, level)
        if ends_day and level <= turning - TURN:
            seen.inside[i, place] = False
            seen.turning[i, place] = level
    if seen.inside[i, place] and not seen.passed[i, place] and level >= nominal + ABOVE:
        seen.passed[i, place] = True
        found -= 1
    return found
