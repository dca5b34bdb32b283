"""Order lines against the usual price of their article, when their tick closes.

Lines wait for the end of their tick. Then they vote: on where the network level of their article
is, and on whether it has jumped. Where most of the dealers that bought an article in one tick paid
clearly less (or more) than before, it is the article that has another price; the network says so in
the outlook of the same tick, and only then is each line weighed against the level in force. So a
promotion of the whole chain is nobody's cut, on its first day too.

A clearly low line waits for the end of its day: what others have paid until then, and in the days
before, shows whether it is the dealer's price or the article's (`_common`). Where nobody else has
bought, it counts for less by the share of all lines that have been low in common of late: nothing
to speak of as a rule, a third or a half in a week of clearance.

A line waits with 40 bytes; a tick of 100,000 lines is 4 MB, the low ones of a day of a million are
2 MB. What a dealer pays for an article takes 32 bytes and 16 to 28 to find them, for half a year
after its last line: 100,000 dealers with 100 articles each are 480 MB at most, or twice that until
the half that is forgotten makes room.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import lgamma
from typing import Final, NamedTuple

import numpy as np

from detectors.columns import F32, F64, I32, I64, Bool
from schemas.compiled import compiled

LEARN_LATE_DAYS: Final = 7
KEEP: Final = 0.5 ** (1 / 60.0)  # per day, of mark-up and article terms
FORGOTTEN_DAYS: Final = 180  # after the last line an eighth would be left of what was known
GROSS: Final = 1.6  # |log residual|: a factor of five, a slip of the keyboard
OWN_TERM: Final = 0.05  # standard deviation of mark-ups, and of dealer x article terms
NEW_DEVIATION: Final = 0.1  # of a line, for an article without history
VOTE_MIN_LINES: Final = 3.0
SIZE_CLASSES: Final = 64  # of quantities, from 2^-32 to 2^31: more than may be ordered
CLEARLY: Final = 2.0  # standard deviations of a line
BY_CHANCE: Final = 0.0228  # share of a normal law that is so far below its mean
# Per day, of what others have paid: a clearance lasts for weeks, and most articles have a buyer in
# a few days; in three days' memory too few are left to tell.
LATELY_KEEP: Final = 0.5 ** (1 / 10.0)
TO_DEVIATION: Final = 1.2533  # from mean absolute to standard deviation, for a normal


class Standing(NamedTuple):
    """What voting and weighing know of the dealers; arrays (n,)."""

    markup: F64  # log, over the network level
    lines: F64  # forgotten sum of lines
    suspicion: F64  # 0 to 1
    day_surplus: F64  # of the open local day: mild residuals …
    day_lines: F64  # … and lines


class Pair(NamedTuple):
    """What one dealer usually pays for one article, beyond level and mark-up."""

    surplus: F32  # (m,) forgotten sums as of `day`: residuals …
    lines: F32  # … and lines
    late_surplus: F32  # (m,) waiting to teach, since `late_day`
    late_lines: F32
    day: I32  # (m,) local day of the last line
    late_day: I32
    bought: F32  # (m,) the dealer's own share of Item.others, as of `day` …
    low: F32  # … and of Item.low


def empty_pairs(m: int) -> Pair:
    """Nothing known yet of m pairs of dealer and article."""
    return Pair(
        surplus=np.zeros(m, np.float32),
        lines=np.zeros(m, np.float32),
        late_surplus=np.zeros(m, np.float32),
        late_lines=np.zeros(m, np.float32),
        day=np.zeros(m, np.int32),
        late_day=np.zeros(m, np.int32),
        bought=np.zeros(m, np.float32),
        low=np.zeros(m, np.float32),
    )


class Item(NamedTuple):
    """An article in one currency, at quantities of one class, as the network last told."""

    level: F64  # (j,) log unit price, nan before it is known
    deviation: F64  # (j,) standard deviation of a line
    others: F64  # (j,) dealers that bought of late, at quantities of any class, fading …
    low: F64  # … of which clearly below the level …
    fallen: F64  # … and their mean residual


def empty_items(j: int) -> Item:
    """Articles the network has not spoken of."""
    return Item(
        level=np.full(j, np.nan),
        deviation=np.full(j, NEW_DEVIATION),
        others=np.zeros(j),
        low=np.zeros(j),
        fallen=np.zeros(j),
    )


class ItemVotes(NamedTuple):
    """What this partition's lines say about articles since the last census (sums, scaled later)."""

    lines: F64  # (j,)
    votes: F64
    residuals: F64
    all_residuals: F64
    deviations: F64
    unknown_lines: F64
    unknown_logs: F64
    settled: F64  # lines that `deviations` are of: those weighed after the last census
    dealers: F64  # one vote each, of those that bought in the tick …
    low: F64  # … of which clearly below the level, and the sum of their residuals
    low_residuals: F64
    high: F64  # … and above it
    high_residuals: F64


def empty_votes(j: int) -> ItemVotes:
    """No lines since the last census."""
    return ItemVotes(*(np.zeros(j) for _ in ItemVotes._fields))


class Lines(NamedTuple):
    """Priced order lines; all arrays (k,)."""

    dealer: I64
    item: I64
    pair: I64
    tick: I64  # it belongs to
    log_price: F64


def size_class(quantity: F64) -> I64:
    """(k,) 0 to SIZE_CLASSES - 1: the power of two a quantity has reached, 32 at one unit."""
    power = np.clip(np.floor(np.log2(quantity)), -32, SIZE_CLASSES - 33)
    return power.astype(np.int64) + 32


def no_lines(k: int = 0) -> Lines:
    """Room for k lines."""
    zeros = np.zeros(k, np.int64)
    return Lines(zeros, zeros.copy(), zeros.copy(), zeros.copy(), np.zeros(k))


def joined(parts: Iterable[Lines]) -> Lines:
    """All of them, in their order."""
    return Lines._make(map(np.concatenate, zip(no_lines(), *parts, strict=True)))


@compiled
def _bring_up_to_date(pair: Pair, p: int, day: int, suspicion: float) -> None:
    """Forget by days; what has waited a week teaches now."""
    past = max(day - pair.day[p], 0)
    if past > FORGOTTEN_DAYS:
        pair.surplus[p], pair.lines[p] = 0.0, 0.0
        pair.late_surplus[p], pair.late_lines[p] = 0.0, 0.0
        pair.bought[p], pair.low[p] = 0.0, 0.0
    fade = KEEP**past
    pair.surplus[p] *= fade
    pair.lines[p] *= fade
    pair.bought[p] *= LATELY_KEEP**past
    pair.low[p] *= LATELY_KEEP**past
    pair.day[p] = max(pair.day[p], day)
    if pair.late_lines[p] > 0.0 and (
        pair.late_day[p] <= day - LEARN_LATE_DAYS or pair.lines[p] < 4
    ):
        pair.surplus[p] += (1.0 - suspicion) * pair.late_surplus[p]
        pair.lines[p] += (1.0 - suspicion) * pair.late_lines[p]
        pair.late_surplus[p], pair.late_lines[p] = 0.0, 0.0
    if pair.late_lines[p] == 0.0:
        pair.late_day[p] = day


@compiled
def _residual(price: Standing, pair: Pair, item: Item, lines: Lines, k: int) -> float:
    d, p = lines.dealer[k], lines.pair[k]
    own = pair.surplus[p] / (pair.lines[p] + 4.0)
    return float(lines.log_price[k] - item.level[lines.item[k]] - price.markup[d] - own)


@compiled
def _deviation(pair: Pair, item: Item, lines: Lines, k: int) -> float:
    error = OWN_TERM * OWN_TERM / (pair.lines[lines.pair[k]] + 5.0)
    return float(np.sqrt(item.deviation[lines.item[k]] ** 2 + error))


@compiled
def vote(
    price: Standing, pair: Pair, item: Item, votes: ItemVotes, lines: Lines, order: I64, day: I64,
    unit: float, known: Bool,
) -> None:  # fmt: skip
    """The lines of a tick vote on the levels of their articles.

    order: (k,) lines by article, then dealer, then as they came; day: (k,) local one of the dealer;
    known: (k,) filled with whether the article has a level. Votes are rounded to whole multiples of
    `unit`, so that their sums do not depend on the order of dealers.
    """
    item_before, dealer_before = -1, -1
    for k in order:
        d, j = lines.dealer[k], lines.item[k]
        _bring_up_to_date(pair, lines.pair[k], day[k], price.suspicion[d])
        known[k] = not np.isnan(item.level[j])
        if not known[k]:
            votes.unknown_lines[j] += 1.0
            votes.unknown_logs[j] += np.rint((lines.log_price[k] - price.markup[d]) / unit) * unit
            continue
        residual = _residual(price, pair, item, lines, k)
        if abs(residual) > GROSS:
            continue
        deviation = _deviation(pair, item, lines, k)
        trust = 1.0 - price.suspicion[d] if price.lines[d] > VOTE_MIN_LINES else 0.0
        cut = min(max(residual, -2.0 * deviation), 2.0 * deviation)
        votes.lines[j] += 1.0
        votes.votes[j] += np.rint(trust / unit) * unit
        votes.residuals[j] += np.rint(trust * cut / unit) * unit
        votes.all_residuals[j] += np.rint(cut / unit) * unit
        if j == item_before and d == dealer_before:
            continue
        item_before, dealer_before = j, d
        side = 0.0 if abs(residual) <= CLEARLY * deviation else residual
        _vote_as_dealer(pair, lines.pair[k], votes, j, trust, side, unit)


@compiled
def _vote_as_dealer(
    pair: Pair, p: int, votes: ItemVotes, j: int, trust: float, side: float, unit: float
) -> None:
    """Whether a dealer has paid clearly less or more; side: residual of the line, 0 if neither."""
    vote, residual = np.rint(trust / unit) * unit, np.rint(trust * side / unit) * unit
    votes.dealers[j] += vote
    pair.bought[p] += vote
    if side < 0.0:
        pair.low[p] += vote
        votes.low[j] += vote
        votes.low_residuals[j] += residual
    elif side > 0.0:
        votes.high[j] += vote
        votes.high_residuals[j] += residual


@compiled
def _common(others: float, low: float, usual: float) -> float:
    """Probability that the price of an article is low for all, by what others have paid of late.

    Either as many of them are low as by chance, or any share q of them (with density 2 q), as where
    a list has changed, for everybody or in a zone. usual: the probability where nobody has bought.
    """
    any_share = np.log(2.0) + lgamma(low + 2.0) + lgamma(others - low + 1.0) - lgamma(others + 3.0)
    by_chance = low * np.log(BY_CHANCE) + (others - low) * np.log(1.0 - BY_CHANCE)
    odds = np.log(usual / (1.0 - usual)) + any_share - by_chance
    return float(1.0 / (1.0 + np.exp(-min(max(odds, -30.0), 30.0))))


@compiled
def _of_all(
    pair: Pair, item: Item, p: int, j: int, residual: float, is_low: bool, usual: float, sums: F64
) -> float:
    """The part of a low residual that everybody has."""
    others = max(item.others[j] - pair.bought[p], 0.0)
    comparable = others / (1.0 + others)
    sums[5] += comparable
    if not is_low:
        return 0.0
    low = min(max(item.low[j] - pair.low[p], 0.0), others)
    common = _common(others, low, usual)
    sums[6] += common * comparable
    return common * (max(residual, item.fallen[j]) if item.low[j] > 0.0 else residual)


@compiled
def _add(sums: F64, residual: float, deviation: float) -> None:
    cut = min(max(residual, -3.0 * deviation), 3.0 * deviation)
    precision = 1.0 / (deviation * deviation)
    sums[0] += precision * cut
    sums[1] += precision
    sums[2] += precision * residual
    if cut > residual:
        sums[3] += precision * cut
        sums[4] += precision


@compiled
def weigh(
    price: Standing, pair: Pair, item: Item, votes: ItemVotes, lines: Lines, known: Bool,
    place: I64, unit: float, usual: float, sums: F64, waits: Bool,
) -> None:  # fmt: skip
    """Weigh lines against the levels in force; they begin to teach.

    place: (k,) row of sums (m, 7), to which are added: precision times cut residual, precision,
    precision times residual; of lines cut from below the first two again; how many lines could be
    compared with others', and how many of them were low in common.
    waits: (k,) filled with which lines are clearly low and shall wait; none where it is empty.
    """
    for k in range(len(lines.dealer)):
        d, j, p = lines.dealer[k], lines.item[k], lines.pair[k]
        if not known[k]:
            continue
        residual = _residual(price, pair, item, lines, k)
        if abs(residual) > GROSS:
            continue
        deviation = _deviation(pair, item, lines, k)
        is_low = residual < -CLEARLY * deviation
        if is_low and len(waits) > 0:
            waits[k] = True
            continue
        residual -= _of_all(pair, item, p, j, residual, is_low, usual, sums[place[k]])
        _add(sums[place[k]], residual, deviation)
        votes.settled[j] += 1.0
        votes.deviations[j] += np.rint(min(abs(residual), 0.4) / unit) * unit
        mild = min(max(residual, -0.25), 0.25)
        price.day_surplus[d] += mild
        price.day_lines[d] += 1.0
        pair.late_surplus[p] += 0.7 * mild
        pair.late_lines[p] += 1.0
