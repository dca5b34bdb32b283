"""Who is open: when far fewer dealers order than should have, silence is nobody's.

A holiday, a strike, a storm closes many at once. On every local day the dealers with a rhythm vote:
whether they ordered, and how likely that was. From the sums of all but itself each dealer takes the
share C of its peers that are open, of the network and of its region against it; C is 1 unless three
standard deviations speak against it.

Who is overdue on its own does not vote, or dealers that close for good would hide each other. (The
clock for that stands still while most peers are closed: in a true closure everybody keeps its
vote.) Sums are of scaled integers: grouping does not matter.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from detectors.baselines.common_factor import SCALE, scaled
from detectors.baselines.rhythm import Day
from detectors.columns import F64, I32, Bool

MORE_VARIANCE: Final = 0.02  # of a vote, over Bernoulli's: dealers close for reasons of their own
SURE: Final = 3.0  # standard deviations


def votes(day: Day) -> F64:
    """(k, 3) orders seen, expected and their variance, 0 for those who do not vote; scaled."""
    chance = 1.0 - day.silent
    ordered = (day.orders > 0).astype(np.float64)
    variance = chance * (1.0 - chance) + MORE_VARIANCE * chance
    sums = np.stack([ordered, chance, variance], axis=1)
    return scaled(np.where(day.votes[:, None], sums, 0.0))


def most_open(weight: F64, variance: F64, planned: Bool) -> F64:
    """(k,) share of dealers known to be open at most on a day: 1 outside known windows.

    weight, variance: what the window makes of the evidence (detectors.calendar).
    """
    return np.where(planned, np.minimum(weight, 1.0 / (1.0 + 2.0 * variance)), 1.0)


def open_share(own: F64, region: I32, sums: F64, most: F64) -> F64:
    """(k,) share of each dealer's peers that are open.

    own: (k, 3) its scaled vote; region: (k,) code; sums: (regions, 3) all votes, scaled; most: (k,)
    what is known to be open at most.
    """
    network = _share((sums.sum(axis=0) - own) / SCALE, np.ones(len(own)))
    among = _share((sums[region] - own) / SCALE, network)
    return np.asarray(np.minimum(network * among, most))


def _share(sums: F64, usual: F64) -> F64:
    seen, expected, variance = sums[:, 0], sums[:, 1] * usual, sums[:, 2] * usual
    z = (expected - seen) / np.sqrt(variance + 0.25)
    sure = 1.0 / (1.0 + np.exp(np.clip(-3.0 * (z - SURE), -30.0, 30.0)))
    return np.asarray(1.0 - sure * (1.0 - np.minimum((seen + 0.5) / (expected + 0.5), 1.0)))
