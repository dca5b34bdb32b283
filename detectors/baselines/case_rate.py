"""complaint_spike, return_spike: more cases per order than usual for this dealer.

A case follows its order by days, so the exposure of a tick is the dealer's order lines smeared over
the lag: a promotion that brings orders and complaints in proportion is no news. The mean lag (at
first 5 days for complaints, 8 for returns) is learned from the fleet: given the lag in force, a
case belongs to the dealer's orders in proportion to what each still owes, so it came after their
mean age; where these ages are longer than the lag, the lag grows. Each line weighs what its article
usually brings (a defect is the article's, not the dealer's), and while an article has an excess of
its own, its cases count for less. The dealer's rate per weighted line is gamma-Poisson with the
tier's prior, half-life 180 days, learned ten days late.

Works for dealers from about one expected case in a month, after 28 days. Blind to a dealer whose
rate was high from the beginning: that is a matter for the comparison with peers.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from detectors.baselines.suspicion import ACCEPT_DAYS, frozen, suspicion
from detectors.columns import F32, F64, I32, I64, Bool
from detectors.evidence import shiryaev_roberts as ev
from detectors.evidence.detector import Detector, Form
from schemas.alert import Kind
from schemas.compiled import compiled

DETECTORS: Final = tuple(
    Detector(kind=kind, form=Form.COUNT, sizes=np.array([1.7, 3.0, 6.0]), falling=False)
    for kind in (Kind.COMPLAINT_SPIKE, Kind.RETURN_SPIKE)
)
LAG_DAYS: Final = (5.0, 8.0)  # from order to complaint, to return, before the fleet has taught
SHORTEST_LAG_DAYS: Final = 0.5
LONGEST_LAG_DAYS: Final = 120.0  # a case that comes later teaches this much
LEARN_LATE_DAYS: Final = 10
KEEP: Final = 0.5 ** (1 / 180.0)  # per day
MIN_AGE_DAYS: Final = 28
LEAST_CASES: Final = 2.0  # one proves nothing, however rare cases are
SUSPICION_KEEP: Final = 0.9  # per day: cases are rare
DISPERSION_DAYS: Final = 4.0  # autocorrelation time of own bad weeks …
RATE_DAYS: Final = 60.0  # … and of the error of a young rate


class CasePools(NamedTuple):
    """What the fleet teaches about one kind of case."""

    rate: F64  # (tiers,) cases per weighted order line
    prior: F64  # (tiers,) cases the tier's rate is worth
    dispersion: float  # variance of a week's log-intensity
    lag_days: float  # mean time from order to case


class Cases(NamedTuple):
    """The baseline of each dealer, for one kind of case."""

    cases: F64  # (n,) forgotten sums: cases …
    lines: F64  # … and weighted exposure, order lines
    exposure: F64  # (n,) weighted lines whose cases are still to come …
    waited: F64  # … and the whole ticks they have waited since theirs, line-days
    day_waited: F64  # (n,) ages at which the cases of the open local day came, summed
    day_cases: F64  # (n,) of the open local day
    day_lines: F64  # (n,)
    late: F32  # (n, 10, 2) days waiting to teach: cases, lines
    suspicion: F64  # (n,) 0 to 1
    frozen_days: F64  # (n,)
    pending_expected: F64  # (n,) not yet weighed
    pending_days: F64  # (n,)


def empty(n: int) -> Cases:
    """Nothing known yet of n dealers."""
    return Cases(
        cases=np.zeros(n),
        lines=np.zeros(n),
        exposure=np.zeros(n),
        waited=np.zeros(n),
        day_waited=np.zeros(n),
        day_cases=np.zeros(n),
        day_lines=np.zeros(n),
        late=np.zeros((n, LEARN_LATE_DAYS, 2), np.float32),
        suspicion=np.zeros(n),
        frozen_days=np.zeros(n),
        pending_expected=np.zeros(n),
        pending_days=np.zeros(n),
    )


def rate(cases: Cases, rows: I64, tier: I32, pools: CasePools) -> F64:
    """(k,) cases per weighted order line."""
    prior, usual = pools.prior[tier[rows]], pools.rate[tier[rows]]
    return np.asarray((cases.cases[rows] + prior) / (cases.lines[rows] + prior / usual))


class CaseTick(NamedTuple):
    """One kind of case in one tick; all arrays (k,)."""

    cases: F64  # counted
    fresh: F64  # weighted order lines of the tick
    mature: Bool
    rate: F64  # cases per weighted order line


@compiled
def advance(
    cases: Cases,
    rows: I64,
    tick: CaseTick,
    tick_days: float,
    lag_days: float,
    heard: bool,
    expected: F64,
) -> None:
    """Move the exposure on by a tick; fill expected (k,) with the cases that should have come.

    heard: the feed is alive; while it is not, missing cases are nobody's.

    Orders come at any moment of a tick, so a tick of a day expects what ticks of a minute do. The
    age of a case is the lag in force and the lag times the slope of the log of what was due over
    log lag: for a dealer who orders all the time it is that lag on average, at ticks of any length.
    """
    keep = np.exp(-tick_days / lag_days)
    stay = (1.0 - keep) * lag_days / tick_days  # of what is ordered at any moment of a tick
    young = lag_days - 2.0 * tick_days * keep / (1.0 - keep)
    for k in range(len(rows)):
        i, fresh = rows[k], tick.fresh[k]
        owed, waited = cases.exposure[i], cases.waited[i]
        due = owed * (1.0 - keep) + fresh * (1.0 - stay)
        cases.exposure[i] = owed * keep + fresh * stay
        cases.waited[i] = (waited + owed * tick_days) * keep
        expected[k] = tick.rate[k] * due
        if not heard:
            continue
        if tick.cases[k] > 0.0 and due > 0.0:
            later = (1.0 - keep) * (waited + owed * young) - fresh * lag_days * (stay - keep)
            age = min(lag_days + later / due, LONGEST_LAG_DAYS)
            cases.day_waited[i] += tick.cases[k] * age
        cases.day_cases[i] += tick.cases[k]
        cases.day_lines[i] += due
        if tick.mature[k]:
            cases.pending_expected[i] += expected[k]
            cases.pending_days[i] += tick_days


def seen(cases: Cases, rows: I64, count: F64, tier: I32, pools: CasePools, weight: F64) -> ev.Seen:
    """The step of the evidence for some dealers; takes what is pending."""
    error = 1.0 / (cases.cases[rows] + pools.prior[tier[rows]])
    total = pools.dispersion + error
    days = (pools.dispersion * DISPERSION_DAYS + error * RATE_DAYS) / total
    expected, elapsed = cases.pending_expected[rows], cases.pending_days[rows]
    cases.pending_expected[rows] = 0.0
    cases.pending_days[rows] = 0.0
    return ev.Seen(
        rows=rows,
        value=count,
        expected=np.maximum(expected, 1e-12),
        elapsed=elapsed,
        spread=np.sqrt(np.log1p(np.clip(total, 0.0, 2.0))),
        fading=-np.log1p(-1.0 / np.maximum(days, 1.05)) * elapsed,
        weight=weight,
    )


def lag_lesson(cases: Cases, rows: I64, trusted: Bool) -> F64:
    """(2, k) ages of the orders behind a day's cases, summed, and cases."""
    trust = np.where(trusted, 1.0 - cases.suspicion[rows], 0.0)
    return np.asarray(trust * np.stack([cases.day_waited[rows], cases.day_cases[rows]]))


def week_lesson(week: F64, dispersion: float, trust: F64) -> F64:
    """(2, k) surplus and worth of finished weeks about the fleet's dispersion.

    week: (k, 2) observed and expected cases of seven days; trust: (k,) 0 to 1.
    """
    observed, expected = week[:, 0], week[:, 1]
    # squared: where few are expected, cases that come in twos look like a week of their own
    worth = trust * (dispersion * expected / (1.0 + dispersion * expected)) ** 2
    z2 = (observed - expected) ** 2 / (expected + dispersion * expected**2 + 1e-9)
    # 0.9, not 0.97: a square of a rare count is bounded more often than a normal one
    return np.asarray(np.stack([(np.minimum(z2, 6.0) - 0.9) * worth, worth]))


@compiled
def learn_day(
    cases: Cases, rows: I64, log_odds: F64, is_mature: Bool, rates: F64, day: int, accepted: Bool
) -> None:
    """Close a local day: suspicion and rate; marks where a new level was accepted."""
    for k in range(len(rows)):
        i = rows[k]
        known = log_odds[k] if is_mature[k] else ev.NOTHING
        cases.suspicion[i] = suspicion(cases.suspicion[i], known, SUSPICION_KEEP)
        cases.frozen_days[i] = frozen(cases.frozen_days[i], cases.suspicion[i])
        waiting = cases.late[i, day % LEARN_LATE_DAYS]
        count, lines = waiting[0], waiting[1]
        waiting[0], waiting[1] = cases.day_cases[i], cases.day_lines[i]
        mean = rates[k] * lines
        count = min(count, mean + 3.0 * np.sqrt(mean) + 1.0)
        trust = 1.0 - cases.suspicion[i]
        cases.cases[i] = cases.cases[i] * KEEP + trust * count
        cases.lines[i] = cases.lines[i] * KEEP + trust * lines
        accepted[k] = cases.frozen_days[i] > ACCEPT_DAYS
        if accepted[k]:  # what is known of the old rate counts a fifth from now on
            cases.cases[i] *= 0.2
            cases.lines[i] *= 0.2
            cases.frozen_days[i], cases.suspicion[i] = 0.0, 0.0
        cases.day_cases[i], cases.day_lines[i], cases.day_waited[i] = 0.0, 0.0, 0.0
