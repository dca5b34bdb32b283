"""return_spike, its part `bulk_return`: whole orders come back, not only more cases.

A case of a few pieces and one of half an order are a case each, but not the same news. The size of
a case is u, its units over the dealer's usual units per order (within bounds). Under the old law it
has a mean E, learned per dealer and shrunk to the fleet's; so u / E is a likelihood ratio with mean
1, that of the law under which not cases but units are drawn (the size-biased one), and

    R <- R * u / E        for every case, after the step of its count

keeps the promise of R whatever that law is. The plain detector goes on beside it (see
`detectors.evidence.joint`): where sizes say nothing, this part costs a third of a nat.

E is what all cases so far make likely for the next one, the last one included: were a dealer held
against the fleet's mean for weeks, where dealers differ (of those who order three pieces at a time
whole orders come back) a few of its cases would multiply to a proof. Where many cases are known, a
spike teaches next to nothing. What is remembered for long is learned two to four weeks late, by how
little a change was suspected then.

How many cases the fleet's mean is worth for one dealer (credibility; Bühlmann 1967) is learned,
too: of WORTHS each is judged by how well it would have foretold what came back.

What has come back of late decides whether there is anything to tell: many small things that add up
to less than half an order are not worth a call, however surely there are more of them; and one case
is, if it is a whole order.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from scipy import special

from detectors.baselines.case_rate import LEAST_CASES
from detectors.columns import F64, I64, Bool
from detectors.evidence.detector import Detector, Form
from schemas.alert import Kind
from schemas.compiled import compiled

DETECTOR: Final = Detector(
    kind=Kind.RETURN_SPIKE,
    form=Form.COUNT,
    sizes=np.array([3.0, 6.0]),
    falling=False,
    part="bulk_return",
)
CLAIM: Final = 0.3  # of the time in which a change may begin
LEAST, MOST = 0.01, 100.0  # usual orders: less is a trifle, more is no better proof
LEAST_ORDERS: Final = 3.0  # from which a dealer's usual order is known
WORTHS: Final = (0.5, 1.0, 2.0, 4.0)  # cases that the fleet's mean may be worth for one dealer …
USUAL_WORTH: Final = 1.0  # … before the fleet has told
WHOLE: Final = 1.0  # usual orders: more is foretold by nothing
BLOCK_DAYS: Final = 14
KEEP: Final = 0.5 ** (BLOCK_DAYS / 365.0)  # of what is known, per block
BACK_KEEP: Final = 0.5 ** (1 / 60.0)  # per day, of what has come back
LEAST_BACK: Final = 0.5  # usual orders, to be told …
ENOUGH_BACK: Final = 1.0  # … of fewer than LEAST_CASES
USUAL: Final = 0.25  # mean before the fleet has told


class Pools(NamedTuple):
    """What the fleet knows."""

    mean: float = USUAL  # of the size of a case, in usual orders
    worth: float = USUAL_WORTH  # cases that is worth for one dealer


class Bulk(NamedTuple):
    """Sizes of the cases of each dealer, in usual orders."""

    ts: I64  # (n,) moment of the last return, microseconds: lines of one moment are one case …
    units: F64  # (n,) … and of so many units
    usual: F64  # (n,) units of an order of the dealer as of yesterday, 0 where not known
    size: F64  # (n,) forgotten sum of sizes …
    cases: F64  # (n,) … and of cases
    back: F64  # (n,) fading sum of sizes
    waiting: F64  # (n, 2, 2) the open block of days and the last one; sizes, cases


class Sizes(NamedTuple):
    """Sizes of the cases of open ticks; second axis: tick modulo slots."""

    log: F64  # (n, slots) sum of logs
    size: F64  # (n, slots) sum
    cases: F64  # (n, slots)


def empty(n: int) -> Bulk:
    """No returns yet of n dealers."""
    return Bulk(
        ts=np.full(n, np.iinfo(np.int64).min),
        units=np.zeros(n),
        usual=np.zeros(n),
        size=np.zeros(n),
        cases=np.zeros(n),
        back=np.zeros(n),
        waiting=np.zeros((n, 2, 2)),
    )


def no_sizes(n: int, slots: int) -> Sizes:
    """Nothing counted yet."""
    return Sizes(np.zeros((n, slots)), np.zeros((n, slots)), np.zeros((n, slots)))


@compiled
def count(
    bulk: Bulk,
    opened: Sizes,
    dealers: I64,
    slots: I64,
    ts: I64,
    quantity: F64,
    is_case: Bool,
) -> None:
    """Lines a dealer returns at the same moment are one case; its size grows with them.

    Leaves is_case at the first line of each case only.
    """
    for k in range(len(dealers)):
        if not is_case[k]:
            continue
        i, slot = dealers[k], slots[k]
        is_case[k] = ts[k] != bulk.ts[i]
        before = 0.0 if is_case[k] else bulk.units[i]
        bulk.ts[i], bulk.units[i] = ts[k], before + quantity[k]
        usual = bulk.usual[i]
        if usual <= 0.0:
            continue
        size = min(max(bulk.units[i] / usual, LEAST), MOST)
        opened.log[i, slot] += np.log(size)
        opened.size[i, slot] += size
        if is_case[k]:
            opened.cases[i, slot] += 1.0
        else:
            known = min(max(before / usual, LEAST), MOST)
            opened.log[i, slot] -= np.log(known)
            opened.size[i, slot] -= known


def gain(bulk: Bulk, rows: I64, sizes: F64, pools: Pools) -> F64:
    """(k,) nats of the sizes of a step's cases; sizes: (k, 3) sum of logs, sum, cases.

    The cases of a step follow one another: each is held against those before, as if they were of
    one size.
    """
    log, size, cases = sizes.T
    size_before, cases_before = bulk.waiting[rows].sum(axis=1).T
    known = bulk.cases[rows] + cases_before + pools.worth
    units = (bulk.size[rows] + size_before + pools.worth * pools.mean) * cases / size
    expected = cases * np.log(size / cases) + _rising(units, cases) - _rising(known, cases)
    return np.asarray(log - expected)


def _rising(start: F64, steps: F64) -> F64:
    """Log of start * (start + 1) * … of so many steps."""
    return np.asarray(special.gammaln(start + steps) - special.gammaln(start))


def worth_telling(bulk: Bulk, rows: I64, cases: F64) -> Bool:
    """(k,) whether enough has come back, in so many cases; goods count where orders are known."""
    back, known = bulk.back[rows], bulk.usual[rows] > 0.0
    enough = (back >= LEAST_BACK) & ((cases >= LEAST_CASES) | (back >= ENOUGH_BACK))
    return np.asarray(np.where(known, enough, cases >= LEAST_CASES))


def learn(bulk: Bulk, rows: I64, size: F64, cases: F64) -> None:
    """The sizes of a tick have come back, and wait for their block to end."""
    bulk.back[rows] += size
    bulk.waiting[rows, 0, 0] += size
    bulk.waiting[rows, 0, 1] += cases


def end_day(bulk: Bulk, rows: I64, day: int, ordered: F64, trust: F64, mean: float) -> F64 | None:
    """Close a local day; on the last one of a block the block before teaches, by its trust (k,).

    ordered: (k, 2) orders and units so far; mean: of the fleet. Returns, on such a day, what WORTHS
    would have foretold of that block: (1 + worths, k) cases and squared errors.
    """
    known = ordered[:, 0] >= LEAST_ORDERS
    bulk.usual[rows] = np.where(known, ordered[:, 1] / np.maximum(ordered[:, 0], 1.0), 0.0)
    bulk.back[rows] *= BACK_KEEP
    if day % BLOCK_DAYS != BLOCK_DAYS - 1:
        return None
    due = bulk.waiting[rows, 1] * trust[:, None]
    lesson = _foretold(bulk, rows, due, mean)
    bulk.size[rows] = bulk.size[rows] * KEEP + due[:, 0]
    bulk.cases[rows] = bulk.cases[rows] * KEEP + due[:, 1]
    bulk.waiting[rows, 1] = bulk.waiting[rows, 0]
    bulk.waiting[rows, 0] = 0.0
    return lesson


def _foretold(bulk: Bulk, rows: I64, due: F64, mean: float) -> F64:
    """(1 + worths, k) cases that are due, and the squared error of each worth; (k, 2) due."""
    size, cases = due.T
    found = np.minimum(size / np.maximum(cases, 1e-9), WHOLE)
    worth = np.array(WORTHS)[:, None]
    likely = (bulk.size[rows] + worth * mean) / (bulk.cases[rows] + worth)
    errors = cases * (found - np.minimum(likely, WHOLE)) ** 2
    return np.concatenate([cases[None], errors])
