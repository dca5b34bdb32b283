"""How long issues usually stay open, by age, and the evidence that one dealer's stay longer.

The hazard (resolutions a day, per open issue) is constant within bins of age and learned by tier
from all issues: resolutions over time at risk, shrunk towards the whole network. So open issues
teach as well as closed ones, and a plateau (issues nobody ever closes) is part of what is usual.

For one dealer, resolutions come as a Poisson count with the summed hazard of its open issues as
expectation (the time change of survival analysis: Aalen 1978). A backlog that ages is a fall of
that count: Shiryaev-Roberts over a small grid, as for orders, but in three numbers a dealer. In
place of the latent chain the likelihood is raised to the power `TEMPER`, which keeps
E[R_t - t] <= 0 (Jensen) and leaves room for weeks in which a service is busy.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from detectors.columns import F64, I64, Bool

HOUR_S: Final = 3600
EDGES_S: Final[I64] = HOUR_S * np.array(
    [0, 1, 2, 4, 8, 16, *(24 * np.array([1, 2, 3, 5, 7, 10, 14, 21, 28, 42, 60, 90, 180, 36_500]))],
    np.int64,
)
BINS: Final = len(EDGES_S) - 1
DAY_S: Final = 86_400
SIZES: Final[F64] = np.array([0.5, 0.25, 0.03])  # of the usual pace of resolution
TEMPER: Final = 0.5
MOST_LOG: Final = 30.0  # cap of log R, and of one day's evidence
THRESHOLD: Final = 12.0  # nats: one false warning in 450 years of one dealer with open issues
FLOOR: Final = 9.0  # nats at which a warning ends
NO_VOTE: Final = 6.0  # nats from which a dealer does not teach what is usual


class Spells(NamedTuple):
    """Stretches of the lives of issues; all (k,)."""

    began_s: I64  # age at the beginning, seconds
    ended_s: I64  # age at the end
    resolved: I64  # 1 where the issue was resolved at the end, else 0

    def part(self, which: I64 | Bool) -> Spells:
        """Some of them."""
        return Spells(*(column[which] for column in self))


def at_risk(spells: Spells) -> I64:
    """(k, BINS) seconds of every spell in every bin of age."""
    low, high = EDGES_S[:-1], EDGES_S[1:]
    began, ended = spells.began_s[:, None], spells.ended_s[:, None]
    return np.asarray(np.clip(ended, low, high) - np.clip(began, low, high))


def ends(spells: Spells) -> I64:
    """(BINS,) resolutions by bin of age."""
    done = spells.ended_s[spells.resolved > 0]
    place = np.searchsorted(EDGES_S, done, side="right") - 1
    return np.bincount(np.clip(place, 0, BINS - 1), minlength=BINS).astype(np.int64)


def due_ends(spells: Spells, hazard: F64) -> F64:
    """(k,) expected resolutions of every spell; hazard: (k, BINS) a day."""
    return np.asarray((at_risk(spells) * hazard).sum(axis=1) / DAY_S)


def still_open(age_s: I64, hazard: F64) -> F64:
    """(k,) probability that an issue is still open at its age; hazard: (k, BINS) a day."""
    whole = Spells(np.zeros_like(age_s), age_s, np.zeros_like(age_s))
    return np.asarray(np.exp(-due_ends(whole, hazard)))


def step(evidence: F64, resolved: F64, expected: F64, days: float) -> F64:
    """(k, sizes) R after `days` with so many resolutions; evidence: (k, sizes) R before, days."""
    count, mean = resolved[:, None], expected[:, None]
    log = TEMPER * (count * np.log(SIZES) + (1.0 - SIZES) * mean)
    fresh = (evidence + days) * np.exp(np.minimum(log, MOST_LOG))
    return np.asarray(np.minimum(fresh, np.exp(MOST_LOG)))


def log_odds(evidence: F64) -> F64:
    """(k,) ln R, the sizes weighing the same; evidence: (k, sizes)."""
    return np.asarray(np.log(np.maximum(evidence.mean(axis=1), 1e-9)))
