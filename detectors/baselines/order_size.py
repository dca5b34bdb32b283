"""Order size: a dealer's orders become smaller (or larger), like for like.

The size of an order is counted in usual lines: the quantity of each of its lines over what a line
of this article usually has in the whole network, added up. So neither a price, nor a promotion, nor
another mix of articles is a change of size, and dealers in several currencies have one. Compared is

    ln(size) - level of the dealer - its weekday - what the peers' orders did in the same tick

in the residual form of `detectors.evidence.shiryaev_roberts`. Orders are far from normal (a bulk
order, a small top-up): each residual is cut at 2.5 of the dealer's own deviations, which are those
at which a cut normal residual has the variance observed, so one order says little and the evidence
stays calibrated. A part of that variance lasts from order to order; it is learned from neighbouring
days, and is the latent drift.

Works from 8 orders and 14 days upwards, however seldom they come: an empty tick says nothing, and
the ticks between two orders are one step. Blind to a change that comes with another number of
lines of other articles only (that is the mix), and to free lines.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from detectors.baselines.common_factor import SPEEDS
from detectors.baselines.suspicion import ACCEPT_DAYS, frozen, suspicion
from detectors.columns import F32, F64, I64, Bool
from detectors.evidence import shiryaev_roberts as ev
from detectors.evidence.detector import Detector, Form
from schemas.alert import Kind
from schemas.compiled import compiled

SMALLER: Final = Detector(
    kind=Kind.ORDER_VOLUME_DROP,
    form=Form.RESIDUAL,
    sizes=np.log(np.array([0.7, 0.5, 0.25])),
    falling=True,
    part="order_size",
)
LARGER: Final = Detector(
    kind=Kind.ORDER_VOLUME_SURGE,
    form=Form.RESIDUAL,
    sizes=np.log(np.array([1 / 0.7, 2.0, 4.0])),
    falling=False,
    part="order_size_rise",
)
# Of the time; one order says as much of its size as several expected ones of their number, so that
# little time (2.3 nats) costs it few orders, and the number of orders next to nothing (0.1 nats).
SHARE: Final = 0.1
MIN_AGE_DAYS: Final = 14
MIN_ORDERS: Final = 8.0
LEARN_LATE_DAYS: Final = 7
DAY_KEEP: Final = 0.5 ** (1 / 90.0)  # per day …
ORDER_KEEP: Final = 1.0 - 1.0 / 60.0  # … or per order, where that forgets less
WEEKDAY_KEEP: Final = 0.5 ** (1 / 12.0)  # per week
WEEKDAY_PRIOR: Final = 25.0  # orders
SUSPICION_KEEP: Final = 0.8  # per day
CUT: Final = 2.5  # own deviations
CUT_VARIANCE: Final = 0.9776  # of a standard normal cut at 2.5
DEVIATION_PRIOR: Final = 8.0  # orders the fleet's deviation is worth
USUAL_DEVIATION: Final = 0.6  # of ln(size), before the fleet has told
USUAL_LASTING: Final = 0.1  # share of the variance that lasts from order to order, likewise
LEAST_DEVIATION, MOST_DEVIATION = 0.05, 3.0
FADING: Final = -float(np.log(0.95))  # of what lasts, per day
LEAST_SIZE: Final = 1e-12  # usual lines
MOST_QUANTITY: Final = 2.3  # |log| of a line's vote over the usual quantity: a factor of ten


class Pools(NamedTuple):
    """What the fleet teaches about the size of orders."""

    variance: float  # of ln(size) within a dealer
    lasting: float  # the share of it that lasts from order to order


class Size(NamedTuple):
    """The baseline of each dealer; logs of usual lines."""

    level: F64  # (n,) log
    usual: F64  # (n,) level and weekday of the day that is open, nan before the first order
    deviation: F64  # (n,) of one order
    orders: F64  # (n,) forgotten sums: orders …
    squares: F64  # … and their cut squares
    weekday_surplus: F32  # (n, 7) forgotten sums: residuals beside the level …
    weekday_orders: F32  # … and orders
    day: F64  # (n, 3) of the open local day: residuals less common shift, orders, squares
    late: F32  # (n, 7, 3) days waiting to teach: sum of logs, orders, squares
    learned: I64  # (n,) local day that last taught
    dispersion: F64  # (n,) log of its lasting variance over the fleet's, at least 0
    before: F64  # (n,) mean residual of the last day with orders, own deviations
    before_day: I64  # (n,)
    suspicion: F64  # (n,) 0 to 1
    frozen_days: F64  # (n,)
    stepped: F64  # (n,) days since 1970 of the last step of the evidence
    own: F64  # (n, 2, SPEEDS) its share of its peers' sums, as of …
    own_tick: I64  # … this tick


def empty(n: int) -> Size:
    """Nothing known yet of n dealers."""
    return Size(
        level=np.zeros(n),
        usual=np.full(n, np.nan),
        deviation=np.full(n, USUAL_DEVIATION),
        orders=np.zeros(n),
        squares=np.zeros(n),
        weekday_surplus=np.zeros((n, 7), np.float32),
        weekday_orders=np.zeros((n, 7), np.float32),
        day=np.zeros((n, 3)),
        late=np.zeros((n, LEARN_LATE_DAYS, 3), np.float32),
        learned=np.full(n, -1),
        dispersion=np.zeros(n),
        before=np.zeros(n),
        before_day=np.full(n, -1),
        suspicion=np.zeros(n),
        frozen_days=np.zeros(n),
        stepped=np.full(n, -1.0),
        own=np.zeros((n, 2, SPEEDS)),
        own_tick=np.full(n, -1),
    )


@compiled
def in_usual_lines(
    size: Size, dealers: I64, skus: I64, quantity: F64, priced: Bool, level: F64, votes: F64,
    unit: float, out: F64,
) -> None:  # fmt: skip
    """Fill out (k,) with quantities over the usual ones: nan unknown, 0 for free lines.

    level: (skus,) log of the usual quantity of a line. Each priced line votes on it (votes: (skus,
    2) weight and weighted log), less when its dealer's orders have just changed; votes are rounded
    to whole multiples of `unit`, so that their sums do not depend on the order of dealers.
    """
    for k in range(len(dealers)):
        out[k] = 0.0
        if not priced[k]:
            continue
        j = skus[k]
        log = np.log(quantity[k])
        vote = np.rint((1.0 - size.suspicion[dealers[k]]) / unit) * unit
        known = not np.isnan(level[j])
        bounded = min(max(log, level[j] - MOST_QUANTITY), level[j] + MOST_QUANTITY)
        votes[j, 0] += vote
        votes[j, 1] += np.rint(vote * (bounded if known else log) / unit) * unit
        out[k] = max(np.exp(log - level[j]), LEAST_SIZE) if known else np.nan


class Sizes(NamedTuple):
    """How order lines changed the size of their orders; all arrays (k,), in order of the lines."""

    dealer: I64
    slot: I64  # of the open tick in which the order counts
    before: F64  # ln(size) of the order before this line, nan: it had none
    after: F64  # with this line, nan: it has none
    planned: Bool  # its price is


@compiled
def count(size: Size, sizes: Sizes, sign: float, opened: F64, promoted: F64) -> None:
    """Count orders into the open ticks' sums (sign 1), or take them out again (-1).

    opened: (n, slots, 3) sums of cut residuals, of orders, and of their squares; promoted: (n,
    slots, 2), whose second sum is by how much lines at planned prices have made orders larger than
    usual. (A cancelled order leaves it there: then the others of its tick say less for a rise.)
    """
    for k in range(len(sizes.dealer)):
        i, slot = sizes.dealer[k], sizes.slot[k]
        if np.isnan(size.usual[i]) and not np.isnan(sizes.after[k]):
            size.level[i] = size.usual[i] = sizes.after[k]
        larger = 0.0
        limit = (CUT if size.orders[i] >= MIN_ORDERS else 2.0 * CUT) * size.deviation[i]
        for value, side in ((sizes.before[k], -sign), (sizes.after[k], sign)):
            if not np.isnan(value):
                cut = min(max(value - size.usual[i], -limit), limit)
                opened[i, slot, 0] += side * cut
                opened[i, slot, 1] += side
                opened[i, slot, 2] += side * cut * cut
                larger += side * max(cut, 0.0)
        if sizes.planned[k] and larger > 0.0:
            promoted[i, slot, 1] += larger


def mature(size: Size, rows: I64, first_day: I64, day: int | I64) -> Bool:
    """(k,) whether the size of a dealer's orders is known well enough to judge."""
    old = day - first_day[rows] >= MIN_AGE_DAYS
    return np.asarray(old & (size.orders[rows] >= MIN_ORDERS))


class Noise(NamedTuple):
    """Variances of dealers' orders; all arrays (k,)."""

    order: F64  # of one order, by itself
    latent: F64  # what lasts, and the error of the level


def noise(size: Size, rows: I64, pools: Pools) -> Noise:
    """What the residuals of some dealers are made of in control."""
    own = size.deviation[rows] ** 2
    lasting = np.minimum(pools.lasting * np.exp(size.dispersion[rows]), 1.0) * own
    return Noise((1.0 - pools.lasting) * own, lasting + own / (size.orders[rows] + 1.0))


def seen(
    size: Size, rows: I64, mean: F64, orders: F64, pools: Pools, weight: F64, now: float
) -> ev.Seen:
    """The step of the evidence for dealers with orders in this tick; mean: (k,) residual.

    `elapsed` is all of the time since the last step; how much of it is whose, the caller knows.
    """
    of = noise(size, rows, pools)
    last = size.stepped[rows]
    elapsed = np.where(last < 0, 0.0, now - last)
    size.stepped[rows] = now
    return ev.Seen(
        rows=rows,
        value=mean,
        expected=orders / of.order,
        elapsed=elapsed,
        spread=np.sqrt(of.latent),
        fading=FADING * elapsed,
        weight=weight,
    )


class Day(NamedTuple):
    """A local day that closes."""

    number: int  # days since 1970-01-01
    following: int  # the day that begins now


def learn_day(
    size: Size, rows: I64, log_odds: F64, month: F64, trust: F64, day: Day, pools: Pools
) -> tuple[F64, Bool]:
    """Close a local day: (4, k) lessons for the fleet, and accepted levels.

    log_odds: (k,) of a change in either direction; month: (k, 2) weighted residuals and precision
    of the last four weeks; trust: (k,) in the day, less inside known windows.

    Lessons: ln(variance) and its weight; product of the means of two days, and its weight.
    """
    lesson = np.zeros((4, len(rows)))
    accepted = np.zeros(len(rows), np.bool_)
    _learn_day(size, rows, log_odds, month, trust, day, pools, lesson, accepted)
    return lesson, accepted


@compiled
def _learn_day(
    size: Size, rows: I64, log_odds: F64, month: F64, trust: F64, day: Day, pools: Pools,
    lesson: F64, accepted: Bool,
) -> None:  # fmt: skip
    for k in range(len(rows)):
        i = rows[k]
        if np.isnan(size.usual[i]):
            continue
        size.suspicion[i] = suspicion(size.suspicion[i], log_odds[k], SUSPICION_KEEP)
        size.frozen_days[i] = frozen(size.frozen_days[i], size.suspicion[i])
        if size.day[i, 1] > 0.5 and size.suspicion[i] < 0.9:
            _learn_lasting(size, i, day.number, pools, lesson[:, k])
        _learn_level(size, i, day.number, trust[k], pools)
        if size.frozen_days[i] > ACCEPT_DAYS and month[k, 1] > 0.0:
            size.level[i] += month[k, 0] / month[k, 1]
            size.frozen_days[i] = size.suspicion[i] = 0.0
            size.orders[i] = min(size.orders[i], MIN_ORDERS)
            accepted[k] = True
        w = (day.following + 3) % 7  # 1970-01-01 was a Thursday
        size.usual[i] = size.level[i] + _beside(size, i, w)
        size.day[i] = 0.0


@compiled
def _learn_lasting(size: Size, i: int, day: int, pools: Pools, lesson: F64) -> None:
    """How much of the variance lasts: by neighbouring days (fleet), by the day's mean (own)."""
    orders = size.day[i, 1]
    own = size.deviation[i] ** 2
    mean = size.day[i, 0] / orders
    lesson[0], lesson[1] = np.log(own), 1.0 if size.orders[i] >= MIN_ORDERS else 0.0
    lasting = min(pools.lasting * np.exp(size.dispersion[i]), 1.0) * own
    visit = (1.0 - pools.lasting) * own / orders
    error = own / (size.orders[i] + 1.0)
    surplus = min(mean * mean / (lasting + visit + error), 6.0) - 0.97
    worth = lasting / (lasting + visit)
    change = 0.08 * worth * (surplus - 0.12 * size.dispersion[i])
    size.dispersion[i] = min(max(size.dispersion[i] + change, 0.0), 3.0)
    scaled = mean / size.deviation[i]
    if size.before_day[i] >= 0 and lesson[1] > 0.0:
        kept = np.exp(-FADING * (day - size.before_day[i]))
        weight = 1.0 / (0.1 + 1.0 / orders)
        lesson[2], lesson[3] = weight * kept * scaled * size.before[i], weight * kept * kept
    size.before[i], size.before_day[i] = scaled, day


@compiled
def _learn_level(size: Size, i: int, day: int, planned: float, pools: Pools) -> None:
    """A young level learns at once, a settled one a week late; so do deviation and weekday."""
    waiting = size.late[i, day % LEARN_LATE_DAYS]
    w = (day + 3) % 7  # 1970-01-01 was a Thursday; a week ago was the same
    today = planned * size.day[i]
    today[0] += today[1] * size.usual[i]  # absolute: the level moves while a day waits
    young = size.orders[i] < MIN_ORDERS
    logs, orders, squares = today if young else waiting.astype(np.float64)
    for part in range(3):
        waiting[part] = 0.0 if young else today[part]
    trust = 1.0 - size.suspicion[i]
    if trust * orders <= 0.0:
        return
    since = max(day - size.learned[i], 1) if size.learned[i] >= 0 else 1
    keep = max(DAY_KEEP**since, ORDER_KEEP**orders)
    size.learned[i] = day
    size.orders[i] = keep * size.orders[i] + trust * orders
    size.squares[i] = keep * size.squares[i] + trust * squares
    beside = _beside(size, i, w)
    _learn_weekday(size, i, w, trust * (logs - orders * size.level[i]), trust * orders)
    size.level[i] += trust * (logs - orders * (size.level[i] + beside)) / (size.orders[i] + 0.5)
    variance = size.squares[i] / CUT_VARIANCE + DEVIATION_PRIOR * pools.variance
    deviation = np.sqrt(variance / (size.orders[i] + DEVIATION_PRIOR))
    size.deviation[i] = min(max(deviation, LEAST_DEVIATION), MOST_DEVIATION)


@compiled
def _beside(size: Size, i: int, weekday: int) -> float:
    """What orders of a weekday are beside the level."""
    known = size.weekday_orders[i, weekday] + WEEKDAY_PRIOR
    return float(size.weekday_surplus[i, weekday] / known)


@compiled
def _learn_weekday(size: Size, i: int, weekday: int, surplus: float, orders: float) -> None:
    kept = WEEKDAY_KEEP
    size.weekday_surplus[i, weekday] = kept * size.weekday_surplus[i, weekday] + surplus
    size.weekday_orders[i, weekday] = kept * size.weekday_orders[i, weekday] + orders
