"""Whose evidence is over the line, and how often lines are crossed: what calibration counts.

Who is told of: a dealer from its line on, until its evidence has fallen FLOOR_BELOW under it. Its
reading is taken anew when the evidence has moved by MOVED since the last one, or over the line or
back, and once a day; in between the last one stands. The line of an able dealer
(`detectors.watching.ability`) is the threshold; others have SLIGHT of a share of the budget, so a
line that much higher.

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

from detectors.columns import F32, F64, I8, I64, Bool
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
# What moves an alert is 2 nats (certain) or 3 (fallen), so nothing is missed by half a one. Of a
# fleet's readings one in ten is news: hourly, most of what is open moves by hundredths.
MOVED: Final = 0.5  # nats
UNMOVED: Final = 1e-4  # nats: rounding to single precision
SILENT, STANDING, NEWS = 0, 1, 2  # what there is to say of a dealer and kind
TURN: Final = 3.0  # nats from the lowest point to a new excursion, from the peak to its end


class Crossings(NamedTuple):
    """Where each dealer's evidence stands; second axis: kinds, in the order of KINDS."""

    told: Bool  # (n, kinds) the network is being told of it …
    last: F32  # (n, kinds) … nats of the last reading …
    shown: Bool  # (n, kinds) … which a window showed: if none did, any move is news
    able: Bool  # (n, kinds) something could be proven of it: its share is a full one
    sharing: Bool  # (n, kinds) it has a share of the budget: old enough, and active
    inside: Bool  # (n, kinds) amid an excursion …
    passed: Bool  # (n, kinds) … that has left the band upwards
    turning: F32  # (n, kinds) peak of the excursion, or lowest point since the last one; nats


def empty(n: int, kinds: int) -> Crossings:
    """Nobody is told of, and nobody has been proven able."""
    return Crossings(
        told=np.zeros((n, kinds), np.bool_),
        last=np.full((n, kinds), NOTHING, np.float32),
        shown=np.zeros((n, kinds), np.bool_),
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
    new_day: Bool,
    ends_day: bool,
    say: I8,
    counted: I64,
) -> None:
    """Move every kind on by a tick; all arrays by kind first, in the order of KINDS.

    odds: (kinds, k) nats; threshold, nominal: (kinds,); new_day: (k,) whose local day has begun.
    Fills say (kinds, k): SILENT, STANDING or NEWS; counted (kinds, 3): excursions in the band,
    dealers with a full and with a slight share.
    """
    counted[:] = 0
    turning = seen.turning
    for k in range(len(rows)):
        i = rows[k]
        for place in range(len(odds)):
            level, able = odds[place, k], seen.able[i, place]
            line = threshold[place] if able else threshold[place] + STRICTER
            if level < line - FLOOR_BELOW:  # nearly everybody
                seen.told[i, place], say[place, k] = False, SILENT
            else:
                say[place, k] = _say(seen, i, place, level, line, new_day[k])
            if seen.sharing[i, place]:
                counted[place, 1 if able else 2] += 1
            if level < nominal[place] - BELOW and not seen.inside[i, place]:  # nearly everybody
                turning[i, place] = min(turning[i, place], level)
            else:
                counted[place, 0] += _excursion(seen, i, place, level, nominal[place], ends_day)


@compiled
def _say(seen: Crossings, i: int, place: int, level: float, line: float, new_day: bool) -> int:
    """What there is to say of a dealer near its line; notes what is said."""
    before, last = seen.told[i, place], seen.last[i, place]
    if not before and level < line:
        return SILENT
    seen.told[i, place] = True
    least = MOVED if seen.shown[i, place] else UNMOVED
    crossed = (level >= line) != (last >= line)
    if before and not new_day and not crossed and abs(level - last) < least:
        return STANDING
    seen.last[i, place] = level
    return NEWS


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
