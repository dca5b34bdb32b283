"""Openings against the truth: delays of what was found, and false alarms."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from benchmarks.detection.episodes import Openings
from benchmarks.detection.scenarios import F64, Bool, Planted, Truth
from schemas.alert import Kind

DAYS_A_YEAR: Final = 365.0


class Outcome(NamedTuple):
    """What one kind of alert was worth."""

    delay: F64  # (incidents,) days from onset to the first alert in it, inf: missed
    false: Openings


def judge(truth: Truth, kind: Kind, opened: Openings) -> Outcome:
    """An incident is found by the first alert between its onset and its end."""
    delay = delays(truth.planted[kind], opened)
    return Outcome(delay, within(truth.free[kind], opened))


def delays(planted: Planted, opened: Openings) -> F64:
    """(incidents,) days until the first alert inside, inf where there is none."""
    after = opened.at[None, :] - planted.onset[:, None]
    inside = (after >= 0) & (opened.at[None, :] <= planted.end[:, None])
    own = opened.dealer[None, :] == planted.dealer[:, None]
    return np.asarray(np.where(inside & own, after, np.inf).min(axis=1, initial=np.inf))


def within(days: Bool, opened: Openings) -> Openings:
    """The alerts on days of a (dealers, days) mask. Those after the last day are left out."""
    # an alert is known at the end of a step: the one at midnight belongs to the day that ended
    day = np.ceil(opened.at).astype(np.int64) - 1
    known = (day >= 0) & (day < days.shape[1])
    hit = known & days[opened.dealer, np.clip(day, 0, days.shape[1] - 1)]
    return Openings(opened.dealer[hit], opened.at[hit])


def rate(days: Bool, opened: Openings) -> float:
    """Alerts per dealer-year on days of a mask; 0 where there are no such days."""
    years = days.sum() / DAYS_A_YEAR
    return float(len(within(days, opened).at) / years) if years else 0.0
