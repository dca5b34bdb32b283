"""unit_price_drop: a dealer's prices fall, like for like.

The log unit price of a line is compared with what is usual for this article, at such a quantity, at
this dealer:
    network level of the article and class of quantity (per currency) + mark-up of the dealer
    + shrunk term of dealer x article
so a change of the mix is no news by construction, nor is a price for a large quantity (classes are
powers of two: a wholesaler's list has a price for 6 and another for 96), and a price list that
changes for everybody is the network's. Residuals are cut at three standard deviations.

The lines of one local day share their terms: they are one visit, weighed when the day has ended in
the residual form of `detectors.evidence.shiryaev_roberts`. In control a visit is off by a mood of
the dealer, which lasts, by chance, and now and then by a deal (a clearance, a promotion that comes
and goes). How large moods are, how long they last, and how common deals, usually and of late, the
fleet teaches: a visit proves no more than deals are rare, and in a week of clearance several prove
little. A fleet without moods and deals pays nothing for them.

What most dealers of an article pay in the same tick is its price there and then, and what is low is
compared with what others pay of late: a promotion of the whole chain, a new price list, a clearance
open to everybody are compared with themselves (detectors.baselines.price_lines).

Works after 21 days and about five lines. Blind to cuts of articles that only this dealer buys,
until its own past prices them; to planned prices (`promo`) and free lines, which take no part.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from detectors.baselines.price_lines import KEEP, LEARN_LATE_DAYS, NEW_DEVIATION, OWN_TERM
from detectors.baselines.suspicion import ACCEPT_DAYS, frozen, suspicion
from detectors.columns import F32, F64, I64, Bool
from detectors.evidence import shiryaev_roberts as ev
from detectors.evidence.detector import Detector, Form
from detectors.evidence.overshoot import leaps
from schemas.alert import Kind
from schemas.compiled import compiled

DETECTOR: Final = Detector(
    kind=Kind.UNIT_PRICE_DROP,
    form=Form.RESIDUAL,
    sizes=np.log1p(-np.array([0.03, 0.06, 0.12, 0.25])),
    falling=True,
)
MIN_AGE_DAYS: Final = 21
MIN_LINES: Final = 5.0
SUSPICION_KEEP: Final = 0.8  # per day
MOOD_FADING: Final = -float(np.log(KEEP))  # per day, at least: what is slower, the mark-up learns
LOW_DEVIATIONS: Final = 2.0  # below what is usual: more of such visits than by chance are deals
MOST_DEVIATIONS: Final = 3.0  # a visit teaches of moods
WEEK: Final = 7  # days over which it is seen how moods fade, at least …
LONGEST: Final = 28  # … and less than
MOST_LINES: Final = 0.5  # of a visit that are low, or they are bargains


class PricePools(NamedTuple):
    """How prices vary in the fleet."""

    visit: float  # variance of a visit about the dealer's mood
    mood: float  # variance of moods
    deals: float  # share of visits that are deals
    common: float  # share of lines that are low for others too
    fading: float  # -ln of the autocorrelation of moods from day to day


# before the fleet has taught
FIRST_PRICES: Final = PricePools(0.011**2, 0.011**2, 0.01, 0.01, MOOD_FADING)


class Price(NamedTuple):
    """The baseline of each dealer."""

    markup: F64  # (n,) log, over the network level
    surplus: F64  # (n,) forgotten sums: residuals not yet in the mark-up …
    lines: F64  # … and lines
    day_surplus: F64  # (n,) of the open local day, clipped
    day_lines: F64  # (n,)
    dispersion: F64  # (n,) log deviation of its latent variance from the fleet's
    day_weighted: F64  # (n,) precision times cut residual, of the open local day
    day_precision: F64  # (n,)
    day_low: F64  # (n, 2) the same two of lines that were so low that they were cut
    day_common: F64  # (n, 2) lines that others' tell something of; those low in common
    late: F32  # (n, 7, 2) days waiting to teach: residuals, lines
    suspicion: F64  # (n,) 0 to 1
    frozen_days: F64  # (n,)
    stepped: F64  # (n,) days since 1970 of the last step of the evidence
    last: F64  # (n, 2) the last visit: mean residual, cut; day, 0 before there is one
    week: F64  # (n, 2) likewise, one at least a week before the next


def empty(n: int) -> Price:
    """Nothing known yet of n dealers."""
    return Price(
        markup=np.zeros(n),
        surplus=np.zeros(n),
        lines=np.zeros(n),
        day_surplus=np.zeros(n),
        day_lines=np.zeros(n),
        dispersion=np.zeros(n),
        day_weighted=np.zeros(n),
        day_precision=np.zeros(n),
        day_low=np.zeros((n, 2)),
        day_common=np.zeros((n, 2)),
        late=np.zeros((n, LEARN_LATE_DAYS, 2), np.float32),
        suspicion=np.zeros(n),
        frozen_days=np.zeros(n),
        stepped=np.full(n, -1.0),
        last=np.zeros((n, 2)),
        week=np.zeros((n, 2)),
    )


def mature(price: Price, rows: I64, first_day: I64, day: int | I64) -> Bool:
    """(k,) whether a dealer's prices are known well enough to judge; day: local, one or (k,)."""
    return np.asarray((day - first_day[rows] >= MIN_AGE_DAYS) & (price.lines[rows] > MIN_LINES))


def information(price: Price, rows: I64, ratio: float) -> F64:
    """(k,) mean nats a day that prices at `ratio` of the usual would earn, for usual lines."""
    lines_a_day = price.lines[rows] * (1.0 - KEEP)
    gain = 0.5 * np.log(ratio) ** 2 / NEW_DEVIATION**2
    return np.asarray(lines_a_day * min(gain, ev.MOST_PER_STEP))


def variance(price: Price, rows: I64, pools: PricePools) -> F64:
    """(k,) of a mean of many lines: moods and visits of the dealer, errors of what is usual."""
    own = np.exp(price.dispersion[rows])
    return (pools.visit + pools.mood) * own + OWN_TERM**2 / (1.0 + price.lines[rows])


def end_visit(price: Price, rows: I64) -> None:
    """Where most lines of a visit are as usual, those far below are bargains, not a cut.

    A dealer whose prices are cut pays less for most of what it buys; one who finds a clearance
    table takes a few things from it.
    """
    low = price.day_low[rows]
    few = low[:, 1] < MOST_LINES * price.day_precision[rows]
    price.day_weighted[rows] -= np.where(few, low[:, 0], 0.0)
    price.day_precision[rows] -= np.where(few, low[:, 1], 0.0)


def seen(price: Price, rows: I64, now: float, pools: PricePools, weight: F64) -> ev.Seen:
    """The step of the evidence for dealers whose open local day had lines and is over."""
    own = np.exp(price.dispersion[rows])
    variance = 1.0 / price.day_precision[rows] + pools.visit * own
    latent = pools.mood * own + OWN_TERM**2 / (1.0 + price.lines[rows])
    last = price.stepped[rows]
    elapsed = np.where(last < 0, 0.0, now - last)
    price.stepped[rows] = now
    shift = -DETECTOR.sizes / np.sqrt(variance + latent)[:, None]
    return ev.Seen(
        rows=rows,
        value=price.day_weighted[rows] / price.day_precision[rows],
        expected=1.0 / variance,
        elapsed=elapsed,
        spread=np.sqrt(latent),
        fading=pools.fading * elapsed,
        weight=weight,
        strays=np.full(len(rows), pools.deals),
        leaps=leaps(shift, np.array(-np.log(pools.deals))),
    )


def learn_day(
    price: Price, rows: I64, log_odds: F64, is_mature: Bool, month: F64, day: int, pools: PricePools
) -> tuple[F64, Bool]:
    """Close a local day: (11, k) lesson of the visits, and accepted levels.

    month: (k, 2) weighted residuals and precision of the last four weeks. A lesson is surplus and
    worth about the variance, product with the visit before and its worth, deals and visits, lines
    low in common and lines, product with a visit a week before, days from the former and from the
    latter.
    """
    lesson = np.zeros((11, len(rows)))
    accepted = np.zeros(len(rows), np.bool_)
    _learn_day(price, rows, log_odds, is_mature, month, day, pools, lesson, accepted)
    return lesson, accepted


@compiled
def _learn_day(
    price: Price, rows: I64, log_odds: F64, is_mature: Bool, month: F64, day: int,
    pools: PricePools, lesson: F64, accepted: Bool,
) -> None:  # fmt: skip
    for k in range(len(rows)):
        i = rows[k]
        if is_mature[k] and price.day_precision[i] > 0.0 and price.suspicion[i] < 0.9:
            _learn_visit(price, i, day, pools, lesson[:, k])
        lesson[6, k], lesson[7, k] = price.day_common[i, 1], price.day_common[i, 0]
        known = log_odds[k] if is_mature[k] else ev.NOTHING
        price.suspicion[i] = suspicion(price.suspicion[i], known, SUSPICION_KEEP)
        price.frozen_days[i] = frozen(price.frozen_days[i], price.suspicion[i])
        _learn_markup(price, i, day)
        if price.frozen_days[i] > ACCEPT_DAYS:
            price.markup[i] += month[k, 0] / max(month[k, 1], 1e-9)
            price.frozen_days[i], price.suspicion[i] = 0.0, 0.0
            accepted[k] = True
        price.day_surplus[i], price.day_lines[i] = 0.0, 0.0
        price.day_weighted[i], price.day_precision[i] = 0.0, 0.0
        price.day_low[i] = 0.0
        price.day_common[i] = 0.0


@compiled
def _learn_visit(price: Price, i: int, day: int, pools: PricePools, lesson: F64) -> None:
    """How far it was off: bounded stochastic approximation, as for the dispersion of orders."""
    mean = price.day_weighted[i] / price.day_precision[i]
    own = np.exp(price.dispersion[i])
    latent = (pools.visit + pools.mood) * own
    noise = 1.0 / price.day_precision[i]
    error = OWN_TERM * OWN_TERM / (1.0 + price.lines[i])
    deviation = np.sqrt(latent + error + noise)
    lesson[1] = latent / (latent + noise)
    lesson[0] = (min((mean / deviation) ** 2, 6.0) - 0.97) * lesson[1]
    more = price.dispersion[i] + 0.08 * (lesson[0] - 0.12 * price.dispersion[i] * lesson[1])
    price.dispersion[i] = min(max(more, 0.0), 4.0)  # quiet dealers stay with the fleet
    lesson[4] = mean < -LOW_DEVIATIONS * deviation
    lesson[5] = 1.0
    most = MOST_DEVIATIONS * deviation
    off = min(max(mean, -most), most)
    worth = (1.0 - price.suspicion[i]) * (latent / deviation**2) ** 2  # a cut is no mood
    _learn_mood(price, i, float(day), off, error, own, worth, lesson)


@compiled
def _learn_mood(
    price: Price, i: int, day: float, off: float, error: float, own: float, worth: float,
    lesson: F64,
) -> None:  # fmt: skip
    """What has lasted since the visit before, and since one at least a week ago."""
    last, week = price.last[i], price.week[i]
    known = day - week[1]
    if week[1] == 0.0 or known >= WEEK:
        if WEEK <= known < LONGEST:
            lesson[2] = worth * (off * last[0] - error) / own
            lesson[3] = worth
            lesson[8] = worth * (off * week[0] - error) / own
            lesson[9] = worth * (day - last[1])
            lesson[10] = worth * known
        week[0], week[1] = off, day
    last[0], last[1] = off, day


@compiled
def _learn_markup(price: Price, i: int, day: int) -> None:
    """A young mark-up learns at once, a settled one a week late."""
    waiting = price.late[i, day % LEARN_LATE_DAYS]
    young = price.lines[i] < 10.0
    surplus = price.day_surplus[i] if young else waiting[0]
    lines = price.day_lines[i] if young else waiting[1]
    waiting[0], waiting[1] = price.day_surplus[i], price.day_lines[i]
    trust = 1.0 - price.suspicion[i]
    price.surplus[i] = price.surplus[i] * KEEP + trust * surplus
    price.lines[i] = price.lines[i] * KEEP + trust * lines
    step = price.surplus[i] / (price.lines[i] + 1.0)
    price.markup[i] += step
    price.surplus[i] -= step * price.lines[i]
