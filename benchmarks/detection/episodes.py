"""Scores to alerts, the same for everybody.

An alert opens when the score reaches the threshold and has been below it for `QUIET_DAYS`: one that
flickers is one alert.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.detection.scenarios import F64, I64

QUIET_DAYS: Final = 7.0


class Scores(NamedTuple):
    """What a method thinks of every dealer over time; larger is worse."""

    values: NDArray[np.float32]  # (dealers, steps)
    per_day: int  # steps a day; a value is known at the end of its step


class Openings(NamedTuple):
    """Alerts that were opened."""

    dealer: I64  # (k,)
    at: F64  # (k,) days since the start


def openings(scores: Scores, threshold: float) -> Openings:
    """The alerts at this threshold, by dealer and time."""
    dealer, step = np.nonzero(scores.values >= threshold)
    same = np.diff(dealer, prepend=-1) == 0
    pause = np.diff(step, prepend=0) > QUIET_DAYS * scores.per_day
    first = ~same | pause
    return Openings(dealer[first], (step[first] + 1) / scores.per_day)
