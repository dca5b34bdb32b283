"""unit_price_drop: a dealer's prices fall, like for like.

The log unit price of a line is compared with what is usual for this article at this dealer:
    network level of the article (per currency) + mark-up of the dealer + shrunk term of dealer x
    article
so a change of the mix is no news by construction, and a price list that changes for everybody is
the network's. Residuals are cut at three standard deviations and weighed in the residual form of
`detectors.evidence.shiryaev_roberts`, with a slow latent drift of the dealer.

Works after 21 days and about five lines. Blind to cuts of articles that only this dealer buys,
until its own past prices them; to planned prices (`promo`) and free lines, which take no part.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from detectors.baselines.suspicion import ACCEPT_DAYS, frozen, suspicion
from detectors.columns import F32, F64, I32, I64, Bool
from detectors.compiled import compiled
from detectors.evidence import shiryaev_roberts as ev
from detectors.evidence.detector import Detector, Form
from schemas.alert import Kind

DETECTOR: Final = Detector(
    kind=Kind.UNIT_PRICE_DROP,
    form=Form.RESIDUAL,
    sizes=np.log1p(-np.array([0.03, 0.06, 0.12, 0.25])),
    falling=True,
)
LEARN_LATE_DAYS: Final = 7
KEEP: Final = 0.5 ** (1 / 60.0)  # per day, of mark-up and article terms
MIN_AGE_DAYS: Final = 21
MIN_LINES: Final = 5.0
SUSPICION_KEEP: Final = 0.8  # per day
DRIFT_FADING: Final = -float(np.log(0.95))  # per day
GROSS: Final = 1.6  # |log residual|: a factor of five, a slip of the keyboard
OWN_TERM: Final = 0.05  # standard deviation of mark-ups, and of dealer x article terms
NEW_DEVIATION: Final = 0.1  # of a line, for an article without history
VOTE_MIN_LINES: Final = 3.0


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
    late: F32  # (n, 7, 2) days waiting to teach: residuals, lines
    suspicion: F64  # (n,) 0 to 1
    frozen_days: F64  # (n,)
    stepped: F64  # (n,) days since 1970 of the last step of the evidence


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
        late=np.zeros((n, LEARN_LATE_DAYS, 2), np.float32),
        suspicion=np.zeros(n),
        frozen_days=np.zeros(n),
        stepped=np.full(n, -1.0),
    )


class Pair(NamedTuple):
    """What one dealer usually pays for one article, beyond level and mark-up."""

    surplus: F32  # (m,) forgotten sums as of `day`: residuals …
    lines: F32  # … and lines
    late_surplus: F32  # (m,) waiting to teach, since `late_day`
    late_lines: F32
    day: I32  # (m,) local day of the last line
    late_day: I32


def empty_pairs(m: int) -> Pair:
    """Nothing known yet of m pairs of dealer and article."""
    return Pair(
        surplus=np.zeros(m, np.float32),
        lines=np.zeros(m, np.float32),
        late_surplus=np.zeros(m, np.float32),
        late_lines=np.zeros(m, np.float32),
        day=np.zeros(m, np.int32),
        late_day=np.zeros(m, np.int32),
    )


class Item(NamedTuple):
    """An article in one currency, as the network last told."""

    level: F64  # (j,) log unit price, nan before it is known
    deviation: F64  # (j,) standard deviation of a line


def empty_items(j: int) -> Item:
    """Articles the network has not spoken of."""
    return Item(level=np.full(j, np.nan), deviation=np.full(j, NEW_DEVIATION))


class ItemVotes(NamedTuple):
    """What this partition's lines say about articles since the last census (sums, scaled later)."""

    lines: F64  # (j,)
    votes: F64
    residuals: F64
    all_residuals: F64
    deviations: F64
    unknown_lines: F64
    unknown_logs: F64


def empty_votes(j: int) -> ItemVotes:
    """No lines since the last census."""
    return ItemVotes(*(np.zeros(j) for _ in ItemVotes._fields))


class Lines(NamedTuple):
    """Priced order lines; all arrays (k,)."""

    dealer: I64
    item: I64
    pair: I64
    slot: I64  # of the open tick it belongs to
    day: I64  # local one of the dealer
    log_price: F64


@compiled
def _own_term(pair: Pair, p: int, day: int, suspicion: float) -> float:
    """Bring a pair up to date and return its term; what has waited a week teaches now."""
    fade = KEEP ** max(day - pair.day[p], 0)
    pair.surplus[p] *= fade
    pair.lines[p] *= fade
    pair.day[p] = max(pair.day[p], day)
    if pair.late_lines[p] > 0.0 and (
        pair.late_day[p] <= day - LEARN_LATE_DAYS or pair.lines[p] < 4
    ):
        pair.surplus[p] += (1.0 - suspicion) * pair.late_surplus[p]
        pair.lines[p] += (1.0 - suspicion) * pair.late_lines[p]
        pair.late_surplus[p], pair.late_lines[p] = 0.0, 0.0
    if pair.late_lines[p] == 0.0:
        pair.late_day[p] = day
    return float(pair.surplus[p] / (pair.lines[p] + 4.0))


@compiled
def count_lines(
    price: Price, pair: Pair, item: Item, votes: ItemVotes, lines: Lines, unit: float,
    opened: F64,
) -> None:  # fmt: skip
    """Weigh order lines against their usual prices into the open ticks' sums.

    opened: (n, slots, 3) sums of precision times cut residual, of precision, and of precision times
    residual. Votes are rounded to whole multiples of `unit`, so that their sums do not depend on
    the order of dealers.
    """
    for k in range(len(lines.dealer)):
        d, j, p = lines.dealer[k], lines.item[k], lines.pair[k]
        own = _own_term(pair, p, lines.day[k], price.suspicion[d])
        if np.isnan(item.level[j]):
            votes.unknown_lines[j] += 1.0
            votes.unknown_logs[j] += np.rint((lines.log_price[k] - price.markup[d]) / unit) * unit
            continue
        residual = lines.log_price[k] - item.level[j] - price.markup[d] - own
        if abs(residual) > GROSS:
            continue
        error = OWN_TERM * OWN_TERM / (1.0 + pair.lines[p] + 4.0)
        deviation = np.sqrt(item.deviation[j] ** 2 + error)
        cut = min(max(residual, -3.0 * deviation), 3.0 * deviation)
        precision = 1.0 / (deviation * deviation)
        opened[d, lines.slot[k], 0] += precision * cut
        opened[d, lines.slot[k], 1] += precision
        opened[d, lines.slot[k], 2] += precision * residual
        mild = min(max(residual, -0.25), 0.25)
        price.day_surplus[d] += mild
        price.day_lines[d] += 1.0
        pair.late_surplus[p] += 0.7 * mild
        pair.late_lines[p] += 1.0
        vote = 1.0 - price.suspicion[d] if price.lines[d] > VOTE_MIN_LINES else 0.0
        cut = min(max(residual, -2.0 * deviation), 2.0 * deviation)
        votes.lines[j] += 1.0
        votes.votes[j] += np.rint(vote / unit) * unit
        votes.residuals[j] += np.rint(vote * cut / unit) * unit
        votes.all_residuals[j] += np.rint(cut / unit) * unit
        votes.deviations[j] += np.rint(min(abs(residual), 0.4) / unit) * unit


def mature(price: Price, rows: I64, first_day: I64, day: int | I64) -> Bool:
    """(k,) whether a dealer's prices are known well enough to judge; day: local, one or (k,)."""
    return np.asarray((day - first_day[rows] >= MIN_AGE_DAYS) & (price.lines[rows] > MIN_LINES))


def information(price: Price, rows: I64, ratio: float) -> F64:
    """(k,) mean nats a day that prices at `ratio` of the usual would earn, for usual lines."""
    lines_a_day = price.lines[rows] * (1.0 - KEEP)
    gain = 0.5 * np.log(ratio) ** 2 / NEW_DEVIATION**2
    return np.asarray(lines_a_day * min(gain, ev.MOST_PER_STEP))


def seen(
    price: Price, rows: I64, total: F64, precision: F64, now: float, drift: float, weight: F64
) -> ev.Seen:
    """The step of the evidence for dealers with lines in this tick; drift: latent variance.

    The lines of one visit share its terms (a discount for quantity, say), so a visit is as noisy as
    the latent even when it has a hundred lines.
    """
    latent = drift * np.exp(price.dispersion[rows])
    last = price.stepped[rows]
    elapsed = np.where(last < 0, 0.0, now - last)
    price.stepped[rows] = now
    return ev.Seen(
        rows=rows,
        value=total / precision,
        expected=1.0 / (1.0 / precision + latent),
        elapsed=elapsed,
        spread=np.sqrt(latent + OWN_TERM**2 / (1.0 + price.lines[rows])),
        fading=DRIFT_FADING * elapsed,
        weight=weight,
    )


def learn_day(
    price: Price, rows: I64, log_odds: F64, is_mature: Bool, month: F64, day: int, drift: float
) -> tuple[F64, Bool]:
    """Close a local day: (2, k) surplus and worth about the drift, and accepted levels.

    month: (k, 2) weighted residuals and precision of the last four weeks.
    """
    lesson = np.zeros((2, len(rows)))
    accepted = np.zeros(len(rows), np.bool_)
    _learn_day(price, rows, log_odds, is_mature, month, day, drift, lesson, accepted)
    return lesson, accepted


@compiled
def _learn_day(
    price: Price, rows: I64, log_odds: F64, is_mature: Bool, month: F64, day: int, drift: float,
    lesson: F64, accepted: Bool,
) -> None:  # fmt: skip
    for k in range(len(rows)):
        i = rows[k]
        if is_mature[k] and price.day_precision[i] > 0.0 and price.suspicion[i] < 0.9:
            _learn_drift(price, i, drift, lesson[:, k])
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


@compiled
def _learn_drift(price: Price, i: int, drift: float, lesson: F64) -> None:
    """Bounded stochastic approximation, as for the dispersion of orders."""
    mean = price.day_weighted[i] / price.day_precision[i]
    # all of it, slow and of the visit; the evidence allows for as much of each: better too careful
    latent = drift * np.exp(price.dispersion[i])
    noise = 1.0 / price.day_precision[i]
    error = OWN_TERM * OWN_TERM / (1.0 + price.lines[i])
    lesson[1] = latent / (latent + noise)
    lesson[0] = (min(mean * mean / (latent + error + noise), 6.0) - 0.97) * lesson[1]
    own = price.dispersion[i] + 0.08 * (lesson[0] - 0.12 * price.dispersion[i] * lesson[1])
    price.dispersion[i] = min(max(own, 0.0), 4.0)  # quiet dealers stay with the fleet


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
