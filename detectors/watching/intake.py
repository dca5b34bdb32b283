"""From records to counts: refuse by time, drop repeats, then count into the open ticks.

Runs between ticks, cut by cut. Nothing here weighs evidence; what a record changes is a sum, a
table of identities, or a name, so that the state after a cut does not depend on how its records
were sliced.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import numpy as np

from detectors.baselines import bulk, case_rate, order_size, price_lines, worth
from detectors.baselines.common_factor import SCALE
from detectors.baselines.price_lines import Lines
from detectors.columns import F64, I64, Bool
from detectors.setup import Setup
from detectors.timeline import DAY
from detectors.watching import effects
from detectors.watching.dealers import NEVER
from detectors.watching.fleet import (
    COMPLAINTS,
    LINES,
    ORDERS,
    RETURN_UNITS,
    RETURNS,
    UNITS,
    Fleet,
    OpenTicks,
)
from detectors.watching.ids import key_of
from detectors.watching.orders import Cancelled, OrderLines, Placing
from detectors.watching.tally import EXACT, Tally, products, whole
from detectors.watching.tally import SCALE as WHOLE
from schemas.batch import Batch, Source
from schemas.compiled import compiled
from schemas.dead_letter import DeadLetter, Reason, Refusal
from schemas.instant import format_instant
from schemas.texts import Texts

MOST_AHEAD: Final = DAY  # of the clock


class Intake:
    """Counts records into a fleet."""

    def __init__(self, setup: Setup, fleet: Fleet) -> None:
        self._fleet = fleet
        self._setup, self._timeline = setup, setup.timeline
        self._late_limit = int(setup.settings.late_limit)
        self._currency = setup.settings.currency
        self.repeats = 0  # dropped since the start of this process

    def take(self, batch: Batch, at: int, oldest: int) -> list[DeadLetter]:
        """Count a batch at the clock `at`, with `oldest` the oldest open tick; what was refused."""
        refused, timely = self._judge(batch, at, oldest)
        forget = self._timeline.start(oldest) - 2 * self._late_limit - DAY
        fresh = np.flatnonzero(timely)
        new = self._fleet.seen.admit(batch.event[fresh], batch.ts[fresh], self._late_limit, forget)
        self.repeats += len(fresh) - int(new.sum())
        if new.any():
            self._count(batch, fresh[new], at, oldest)
        return refused

    def _judge(self, batch: Batch, at: int, oldest: int) -> tuple[list[DeadLetter], Bool]:
        earliest = self._timeline.start(oldest) - self._late_limit
        latest = at + MOST_AHEAD
        ahead, old = batch.ts > latest, batch.ts < earliest
        letters = []
        for row in np.flatnonzero(ahead | old):
            refusal = _refusal(int(batch.ts[row]), earliest, latest)
            place = (batch.topic, batch.partition, int(batch.position[row]))
            letters.append(DeadLetter.of(refusal, place, batch.raw[row]).dated(at))
        return letters, ~(ahead | old)

    def _count(self, batch: Batch, rows: I64, at: int, oldest: int) -> None:
        fleet = self._fleet
        source = str(batch.source)
        fleet.records[source] = fleet.records.get(source, 0) + len(rows)
        part = _Part(batch, rows)
        dealers = fleet.dealers.rows(part.texts(batch.dealer))
        fleet.dealers.tell(dealers, part.texts(batch.region), part.texts(batch.tier))
        fleet.make_room()
        ticks = self._ticks(part.ts, oldest, at)
        today = self._setup.locales.at(oldest).day[fleet.dealers.standing.locale[dealers]]
        standing = fleet.dealers.standing
        standing.first_day[dealers] = np.where(
            standing.first_day[dealers] == NEVER, today, standing.first_day[dealers]
        )
        if batch.source is Source.ORDERS:
            self._wake(dealers, today)
            articles = effects.articles(self._setup, oldest)
            orders = _OrderIntake(fleet, self._currency, today, articles, oldest)
            orders.take(part, dealers, ticks)
        else:
            _CaseIntake(fleet, oldest).take(part, dealers, ticks)

    def _ticks(self, ts: I64, oldest: int, at: int) -> I64:
        """(k,) the tick each record counts in: its own while that is open, else the oldest open.

        After the clock has stood still, records of many ticks come at once. Those beyond the open
        ticks count too early, and until their own tick has closed nothing is judged.
        """
        own = ts // self._timeline.tick
        last = oldest + self._timeline.open_ticks - 1
        is_open = (own >= oldest) & (own <= last)
        early = own[(own > last) & (own <= self._timeline.number(at))]
        self._fleet.blurred_until = max(self._fleet.blurred_until, int(early.max(initial=-1)))
        return np.where(is_open, own, oldest)

    def _wake(self, dealers: I64, today: I64) -> None:
        standing = self._fleet.dealers.standing
        lines = np.flatnonzero(standing.dormant[dealers])
        if len(lines):
            asleep, first = np.unique(dealers[lines], return_index=True)
            self._fleet.start_over(asleep)
            standing.dormant[asleep] = False
            standing.first_day[asleep] = today[lines[first]]
        standing.last_order_day[dealers] = today


class _Part:
    """The rows of a batch that count."""

    def __init__(self, batch: Batch, rows: I64) -> None:
        self.batch, self.rows = batch, rows
        self._all = len(rows) == len(batch)
        self.ts = batch.ts[rows]
        self.days = self.ts // DAY

    def texts(self, column: Texts) -> Texts:
        """The counting rows of a column of texts."""
        return column if self._all else column.take(self.rows)


class _OrderIntake:
    def __init__(
        self, fleet: Fleet, currency: str, today: I64, articles: list[frozenset[str]], oldest: int
    ) -> None:
        self._fleet, self._currency, self._today = fleet, currency, today
        self._articles = articles  # by locale, whose prices are planned
        self._oldest = oldest

    def take(self, part: _Part, dealers: I64, ticks: I64) -> None:
        fleet, batch = self._fleet, part.batch
        quantity, price = batch.quantity[part.rows], batch.unit_price[part.rows]
        value = quantity * price
        skus = fleet.known.skus.codes_of(part.texts(batch.sku))
        fleet.make_room()
        usual = self._usual(dealers, skus, quantity, price > 0)
        lines = OrderLines(part.ts, ticks, dealers, quantity, value, usual)
        placing = fleet.book.place(batch.order[part.rows], lines)
        is_order = placing.is_order
        promoted = batch.promo[part.rows] | self._in_calendar(dealers, skus)
        self._size(dealers, placing, promoted)
        currency = fleet.currencies.codes_of(part.texts(batch.currency), self._currency)
        self._tally(part, dealers, is_order, quantity)
        self._bank(part, dealers, currency, quantity, price)
        worth.count(fleet.worth, dealers, currency, value, is_order)
        slots = ticks % fleet.open.orders.shape[1]
        self._expose(dealers, slots, skus, is_order)
        as_planned = np.flatnonzero(is_order & promoted)
        np.add.at(fleet.open.promoted[:, :, 0], (dealers[as_planned], slots[as_planned]), 1.0)
        size = price_lines.size_class(quantity)
        self._price(dealers, ticks, (currency, skus, size), price, (price > 0) & ~promoted)

    def _in_calendar(self, dealers: I64, skus: I64) -> Bool:
        """(k,) lines whose prices a known window has planned."""
        planned = np.zeros(len(dealers), np.bool_)
        names, locale = self._fleet.known.skus, self._fleet.dealers.standing.locale
        for number, articles in enumerate(self._articles):
            if articles:
                codes = [code for sku in articles if (code := names.find(sku)) is not None]
                planned |= (locale[dealers] == number) & np.isin(skus, codes)
        return planned

    def _usual(self, dealers: I64, skus: I64, quantity: F64, priced: Bool) -> F64:
        """(k,) lines in usual lines of their articles; free lines are no trade."""
        fleet = self._fleet
        usual = np.empty(len(dealers))
        order_size.in_usual_lines(
            fleet.size, dealers, skus, quantity, priced, fleet.known.quantities,
            fleet.quantity_votes, 1 / SCALE, usual,
        )  # fmt: skip
        return usual

    def _size(self, dealers: I64, placing: Placing, promoted: Bool) -> None:
        """Count the sizes of orders whose tick is still open."""
        still, opened = placing.tick >= self._oldest, self._fleet.open
        sizes = order_size.Sizes(
            dealers[still],
            placing.tick[still] % opened.orders.shape[1],
            placing.before[still],
            placing.after[still],
            promoted[still],
        )
        order_size.count(self._fleet.size, sizes, 1.0, opened.size, opened.promoted)

    def _tally(self, part: _Part, dealers: I64, is_order: Bool, quantity: F64) -> None:
        tally, days = self._fleet.tally, part.days
        tally.add(dealers[is_order], ORDERS, np.full(int(is_order.sum()), WHOLE), days[is_order])
        tally.add(dealers, LINES, np.full(len(dealers), WHOLE), days)
        _add_units(tally, dealers, UNITS, quantity, days)

    def _bank(self, part: _Part, dealers: I64, currency: I64, quantity: F64, price: F64) -> None:
        fleet = self._fleet
        accounts = fleet.accounts.rows(key_of(dealers, currency))
        fleet.make_room()
        amounts, exact = products(quantity, price)
        fleet.money.add(accounts[exact], 0, amounts[exact], part.days[exact])
        for row in np.flatnonzero(~exact):
            amount = EXACT.multiply(_decimal(quantity[row]), _decimal(price[row]))
            fleet.money.add_odd(int(accounts[row]), 0, int(part.days[row]), amount)

    def _expose(self, dealers: I64, slots: I64, skus: I64, is_order: Bool) -> None:
        fleet = self._fleet
        fleet.make_room()
        tier = fleet.dealers.standing.tier
        for which in range(2):
            name = ("complaints", "returns")[which]
            cases = fleet.cases(which)
            pools = fleet.known.case_pools(name, fleet.dealers.tiers)
            rates = case_rate.rate(cases, dealers, tier, pools) * (1 - cases.suspicion[dealers])
            rounded = np.rint(rates * SCALE) / SCALE
            _count_exposure(
                fleet.open, which, dealers, slots, skus, fleet.known.factors[which, :, 0],
                rounded, fleet.case_votes[which],
            )  # fmt: skip
        _count_orders(fleet.open, dealers, slots, is_order)

    def _price(
        self, dealers: I64, ticks: I64, bought: tuple[I64, I64, I64], price: F64, usable: Bool
    ) -> None:
        """Compare prices; bought: currency, article and class of quantity of each line."""
        fleet = self._fleet
        rows = np.flatnonzero(usable)
        if len(rows) == 0:
            return
        currency, skus, size = (column[rows] for column in bought)
        items = fleet.articles.items(currency, skus, size, fleet.currencies, fleet.known)
        pairs = fleet.pairs.rows(key_of(dealers[rows], skus))
        fleet.make_room()
        fleet.lines.append(Lines(dealers[rows], items, pairs, ticks[rows], np.log(price[rows])))


class _CaseIntake:
    def __init__(self, fleet: Fleet, oldest: int) -> None:
        self._fleet, self._oldest = fleet, oldest

    def take(self, part: _Part, dealers: I64, ticks: I64) -> None:
        if part.batch.source is Source.COMPLAINTS:
            self._complaints(part, dealers, ticks)
        else:
            self._returns(part, dealers, ticks)

    def _complaints(self, part: _Part, dealers: I64, ticks: I64) -> None:
        notes = part.batch.issue
        is_case = np.ones(len(dealers), np.bool_)
        for place, row in enumerate(part.rows.tolist()) if notes else ():
            if (note := notes.get(row)) is not None:
                is_case[place] = not note.resolved
                if note.issue_id:  # a resolved complaint that names no issue closes none
                    self._fleet.issues.note(int(dealers[place]), int(part.ts[place]), note)
        count = np.full(int(is_case.sum()), WHOLE)
        self._fleet.tally.add(dealers[is_case], COMPLAINTS, count, part.days[is_case])
        self._count(0, part, dealers, ticks, is_case)

    def _returns(self, part: _Part, dealers: I64, ticks: I64) -> None:
        fleet, batch = self._fleet, part.batch
        quantity = batch.quantity[part.rows]
        fleet.tally.add(dealers, RETURNS, np.full(len(dealers), WHOLE), part.days)
        _add_units(fleet.tally, dealers, RETURN_UNITS, quantity, part.days)
        order = batch.order[part.rows]
        is_case, cancelled = fleet.book.take_back(order, part.ts, ticks, quantity)
        self._net(cancelled)
        slots = ticks % fleet.open.orders.shape[1]
        bulk.count(fleet.bulk, fleet.returned, dealers, slots, part.ts, quantity, is_case)
        self._count(1, part, dealers, ticks, is_case)

    def _count(self, which: int, part: _Part, dealers: I64, ticks: I64, is_case: Bool) -> None:
        fleet = self._fleet
        skus = fleet.known.skus.codes_of(part.texts(part.batch.sku))
        fleet.make_room()
        trust = 1 - fleet.cases(which).suspicion[dealers]
        _count_cases(
            fleet.open, which, dealers, ticks % fleet.open.orders.shape[1], skus,
            fleet.known.factors[which, :, 1], np.rint(trust * SCALE) / SCALE, is_case,
            fleet.case_votes[which],
        )  # fmt: skip

    def _net(self, cancelled: Cancelled) -> None:
        """Take cancelled orders out of the counts of ticks still open, and out of what teaches."""
        fleet = self._fleet
        slots = cancelled.tick % fleet.open.orders.shape[1]
        still = cancelled.tick >= self._oldest
        _count_back(fleet.open.orders, cancelled.dealer[still], slots[still])
        nothing = np.full(int(still.sum()), np.nan)
        sizes = order_size.Sizes(
            cancelled.dealer[still], slots[still], nothing, cancelled.size[still], nothing > 0
        )
        order_size.count(fleet.size, sizes, -1.0, fleet.open.size, fleet.open.promoted)
        past = cancelled.dealer[~still]
        np.add.at(fleet.volume.day_orders, past, -1.0)
        case = cancelled.case_tick >= self._oldest
        slots = cancelled.case_tick[case] % fleet.open.orders.shape[1]
        _count_back(fleet.open.cases[:, :, 1], cancelled.dealer[case], slots)
        worth.take_back(fleet.worth, cancelled.dealer, cancelled.value)


def _add_units(tally: Tally, rows: I64, column: int, quantity: F64, days: I64) -> None:
    amounts, exact = whole(quantity)
    tally.add(rows[exact], column, amounts[exact], days[exact])
    for row in np.flatnonzero(~exact):
        amount = _decimal(quantity[row])
        tally.add_odd(int(rows[row]), column, int(days[row]), amount)


def _decimal(number: float) -> Decimal:
    """The number as it was written: the shortest text that reads as this float."""
    return Decimal(repr(float(number)))


def _refusal(ts: int, earliest: int, latest: int) -> Refusal:
    found = format_instant(ts)
    if ts > latest:
        limit = f"at most 24 hours ahead of the clock, {format_instant(latest)}"
        return Refusal(Reason.FUTURE_TIMESTAMP, f"ts is {found}, allowed is {limit}")
    limit = f"not before {format_instant(earliest)} (late_limit before the oldest open tick)"
    return Refusal(Reason.TOO_OLD, f"ts is {found}, allowed is {limit}")


@compiled
def _count_back(counts: F64, dealers: I64, slots: I64) -> None:
    for k in range(len(dealers)):
        counts[dealers[k], slots[k]] -= 1.0


@compiled
def _count_orders(opened: OpenTicks, dealers: I64, slots: I64, is_order: Bool) -> None:
    for k in range(len(dealers)):
        if is_order[k]:
            opened.orders[dealers[k], slots[k]] += 1.0


@compiled
def _count_exposure(
    opened: OpenTicks, which: int, dealers: I64, slots: I64, skus: I64, factor: F64, rates: F64,
    votes: F64,
) -> None:  # fmt: skip
    for k in range(len(dealers)):
        opened.exposure[dealers[k], slots[k], which] += factor[skus[k]]
        votes[skus[k], 0] += rates[k]


@compiled
def _count_cases(
    opened: OpenTicks, which: int, dealers: I64, slots: I64, skus: I64, excess: F64, trust: F64,
    is_case: Bool, votes: F64,
) -> None:  # fmt: skip
    for k in range(len(dealers)):
        if is_case[k]:
            opened.cases[dealers[k], slots[k], which] += 1.0 / max(excess[skus[k]], 1.0)
            votes[skus[k], 1] += trust[k]
